"""qsb_hw: from a device file to a checked verdict on quantum synchronization blockade.

``import qsb_hw as qh`` is quick: every public name is loaded when it is first used. The names are in ``__init__.pyi``.
"""

import lazy_loader

from qsb_hw._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

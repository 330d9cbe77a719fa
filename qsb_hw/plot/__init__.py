"""Pictures of results. Every function returns ``(fig, ax)``, or an array of axes, and shows nothing.

A picture is drawn on the `ax` or `figure` given, else on a new one. matplotlib is imported when the first is drawn;
figures are made without pyplot, so nothing global changes and no window opens. Every name is loaded when it is first
used; the names are in ``__init__.pyi``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

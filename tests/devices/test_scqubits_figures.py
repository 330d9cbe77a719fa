"""What the import of scqubits does to the figures of a notebook is undone."""

import subprocess
import sys

import pytest

CODE = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
import builtins
from matplotlib.figure import Figure

shell = InteractiveShell.instance()
builtins.get_ipython = lambda: shell
type(shell).__name__ = "ZMQInteractiveShell"
select_figure_formats(shell, {"png"})
import qsb_hw as qh

qh.to_scqubits(qh.load_device("transmon_squid"))
formatters = shell.display_formatter.formatters
print(sorted(kind for kind in formatters if Figure in formatters[kind].type_printers))
"""


def test_figures_of_a_notebook_stay_what_they_were():
    pytest.importorskip("IPython", reason="needs the extra docs, which .ci/run has")
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['image/png']"

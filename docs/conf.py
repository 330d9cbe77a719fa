"""Settings of Sphinx: everything is made from the package and from what is recorded; nothing is fetched or run."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from qsb_hw import __version__  # noqa: E402

project = "qsb_hw"
author = "The qsb_hw developers"
copyright = author  # noqa: A001
version = release = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "mathml", "reference"]
exclude_patterns = ["_build", "recorded", "figures"]
nitpicky = True
default_role = "literal"
suppress_warnings = ["config.cache"]

nb_execution_mode = "off"  # notebooks ship with what their cells give
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_typehints = "none"  # docstrings say it with shapes and units
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]  # what an attribute is, not one more object

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_math_renderer = "mathml"
html_theme = "furo"
html_title = f"qsb_hw {release}"
html_static_path = ["_static"]
html_css_files = ["qsb.css"]
html_show_sourcelink = False
html_copy_source = False

NOTEBOOKS = HERE / "notebooks"
"""Copies of the notebooks, which Sphinx wants to have in its own folder."""


def copy_notebooks() -> None:
    """Copy what is in ``notebooks/`` of the repository, less the tour that pages here replace."""
    shutil.rmtree(NOTEBOOKS, ignore_errors=True)
    NOTEBOOKS.mkdir()
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        shutil.copy(path, NOTEBOOKS / path.name)


copy_notebooks()

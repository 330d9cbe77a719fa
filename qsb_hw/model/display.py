"""Tables of results for notebooks."""

from __future__ import annotations

from importlib import import_module


def html_tables(result: object) -> str:
    """HTML tables of a result, from its description in `qsb_hw.show`."""
    show = import_module("qsb_hw.show.html")  # by name, when a notebook asks: data know nothing of how they are shown
    return str(show.to_html(result))

"""Figures as files that say where they come from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from qsb_hw._version import __version__
from qsb_hw.errors import require
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.plot.style import name_figure
from qsb_hw.spec.base import Section as Spec
from qsb_hw.spec.paths import prepared

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg", ".jpg", ".jpeg")
"""Endings of the files that figures are written to."""
MADE_BY = "qsb-hw"
"""What every figure says it was made by."""
DOTS = 200
"""Per inch, of files made of dots."""
_KEPT = ("version", "date", "command", "input")


def save(
    figure: Figure, file: str | os.PathLike[str] | IO[bytes], of: Any = None, *,
    source: Mapping[str, Any] | None = None, kind: str | None = None, dpi: int = DOTS,
) -> None:  # fmt: skip
    """Write a figure with its provenance: in text chunks of PNG, in the metadata of SVG and PDF, as comment of JPEG.

    A title without the name of the device or chip gets it.

    Parameters
    ----------
    figure : Figure
        As a function of this module returns it.
    file : path or binary file
        Ends in .png, .pdf, .svg, .jpg or .jpeg; of an open file `kind` says which, without the dot.
    of : result, Device or Chip, optional
        What is drawn: its device or chip gives the title its name and the metadata the hash of its input.
    source : mapping, optional
        Provenance in place of that: `version`, `date`, `command` and `input`, as JSON has them.
    kind : str, optional
        Format, in place of the ending.
    dpi : int
        Dots per inch of PNG and JPEG.

    Raises
    ------
    ArgumentError
        If no such format is known.

    Examples
    --------
    >>> import io
    >>> import qsb_hw as qh
    >>> from qsb_hw.plot import plot_levels, save
    >>> device = qh.load_device("transmon_squid")
    >>> figure, _ = plot_levels(device)
    >>> file = io.BytesIO()
    >>> save(figure, file, device, kind="png")
    >>> b"qsb-hw" in file.getvalue()
    True
    """
    ending = kind or (Path(file).suffix.lower().removeprefix(".") if isinstance(file, str | os.PathLike) else "")
    must = f"A figure must be written as {', '.join(SUFFIXES)}"
    require(f".{ending}" in SUFFIXES, must, repr(ending or str(file)), "Change the suffix.")
    drawn = subject_of(of)
    source = _source(drawn) if source is None else source
    values = (source.get("input") or {}).get("values") or {}
    name_figure(figure, str(getattr(drawn, "name", "") or values.get("name", "")))
    words = description(source)
    made, title = f"{MADE_BY} {__version__}", title_of(figure)
    named = {
        "png": {"Software": made, "Title": title, "Description": words},
        "pdf": {"Creator": made, "Title": title, "Subject": words},
        "svg": {"Creator": made, "Title": title, "Description": words},
    }
    if ending in named:
        _print(figure, file, ending, dpi, metadata=named[ending])
    else:
        comment = f"{made}\n{title}\n{words}".encode()
        _print(figure, file, "jpg", dpi, pil_kwargs={"comment": comment, "quality": 92})


def _print(figure: Figure, file: str | os.PathLike[str] | IO[bytes], kind: str, dpi: int, **more: Any) -> None:
    """As `Figure.savefig`, which draws a figure twice: once for the layout, and then anew."""
    from matplotlib.backend_bases import get_registered_canvas_class

    canvas, before = figure.canvas, figure.dpi
    figure.dpi = dpi
    try:
        getattr(get_registered_canvas_class(kind)(figure), f"print_{kind}")(file, **more)
    finally:
        figure.dpi = before
        figure.set_canvas(canvas)


def description(source: Mapping[str, Any]) -> str:
    """Version, date, command and input of a provenance as one line of JSON; the values of the input stay away."""
    kept = {key: source[key] for key in _KEPT if source.get(key) is not None}
    if isinstance(given := kept.get("input"), Mapping):
        kept["input"] = {key: value for key, value in given.items() if key != "values" and value is not None}
    return json.dumps(kept, ensure_ascii=True)


def title_of(figure: Figure) -> str:
    """Title of a figure, else the first of its axes."""
    titles = [figure.get_suptitle()]
    for ax in figure.axes:
        titles += [ax.get_title(loc="left"), ax.get_title()]
    return next((" ".join(title.split()).replace("\\$", "$") for title in titles if title), "")


def subject_of(of: Any) -> Any:
    """Device or chip of a result, or what is one itself; None where there is none."""
    return next((found for key in ("device", "chip") if (found := getattr(of, key, None)) is not None), of)


def _source(drawn: Any) -> dict[str, Any]:
    spec = getattr(drawn, "spec", None)
    given = {"hash": Subject(prepared(spec), "spec").digest} if isinstance(spec, Spec) else None
    return {"version": __version__, "date": datetime.now(UTC).isoformat(timespec="seconds"), "input": given}

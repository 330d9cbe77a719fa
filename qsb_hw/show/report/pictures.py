"""Figures inside a page: SVG that follows the page's colours, with a title and a description, and its data as CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from qsb_hw.show.blocks import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_FONTS = ["DejaVu Sans", "Verdana", "sans-serif"]
"""Of the same widths, so that a page looks alike where the first is missing."""
_DIGITS = 7
"""Of the numbers in the data of a figure."""
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
Row = tuple[str, str, Any, Any]
"""Panel, series, x and y of one point."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure ready for a page.

    `svg` has its title and description inside; `width` is its natural one in CSS pixels; a figure with a `plate` keeps
    its light colours in the dark; `data` is CSV, "" for a drawing without any.
    """

    key: str
    title: str
    description: str
    svg: str
    width: int
    plate: bool
    data: str


def drawn(figure: Figure, key: str, title: str, description: str, *, themed: bool, plate: bool, data: bool) -> Drawn:
    """A figure as SVG; `themed` leaves its colours to the page's style sheet, which a printer does not know."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none" if themed else "path", "svg.hashsalt": key, "font.sans-serif": _FONTS}):
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None}, facecolor="none")
    root = ElementTree.fromstring(written.getvalue())
    images = root.find(f".//{SVG}image") is not None
    _tidy(root, key, themed)
    width = round(figure.get_figwidth() * 96)
    _name(root, key, title, description)
    points = _csv(figure) if data else ""
    svg = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return Drawn(key, title, description, svg, width, plate or images, points)


def _tidy(root: ElementTree.Element, key: str, themed: bool) -> None:
    """Drop what a page does not need; names unlike those of other figures; colours by name where `themed`."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    used = {match for element in root.iter() for value in element.attrib.values() for match in _used(value)}
    for element in root.iter():
        for name, value in [*element.attrib.items()]:
            if name == "id" and value not in used:
                del element.attrib["id"]
            elif name == "id":
                element.set("id", f"{key}-{value}")
            elif name == LINK and value.startswith("#"):
                del element.attrib[LINK]
                element.set("href", f"#{key}-{value[1:]}")
            elif name == LINK:
                del element.attrib[LINK]
                element.set("href", value)
            else:
                renamed = _REFERENCE.sub(rf"url(#{key}-\1)", value)
                element.set(name, _themed(renamed) if themed and name in ("style", "fill", "stroke") else renamed)


def _used(value: str) -> list[str]:
    return [*_REFERENCE.findall(value), *([value[1:]] if value.startswith("#") else [])]


def _themed(style: str) -> str:
    names = {"#000000": "var(--ink)", "#ffffff": "var(--paper)"}
    return _COLOUR.sub(lambda m: names.get(m[0].lower(), f"var(--c{m[0][1:].lower()},{m[0].lower()})"), style)


def _name(root: ElementTree.Element, key: str, title: str, description: str) -> None:
    """Title and description for who cannot see it."""
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-description")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(SVG + tag, {"id": f"{key}-{'title' if tag == 'title' else 'description'}"})
        element.text = clean(text)
        root.insert(place, element)


def _csv(figure: Figure) -> str:
    """Everything that is plotted, point by point: panel, series, x, y."""
    rows = [row for number, ax in enumerate(figure.axes) for row in _points(ax, number)]
    if not rows:
        return ""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("panel", "series", "x", "y"))
    for panel, series, x, y in rows:
        writer.writerow([_harmless(panel), _harmless(series), _shown(x), _shown(y)])
    return written.getvalue()


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = clean(text.replace("\n", " "))
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return _harmless(value)
    return f"{float(value):.{_DIGITS}g}" if math.isfinite(float(value)) else ""


def _points(ax: Axes, number: int) -> Iterator[Row]:
    title = ax.get_title(loc="left") or ax.get_title()
    head = f"{number + 1}: {title}".strip(": ") if title else str(number + 1)
    panel = f"{head} [{ax.get_xlabel() or 'x'}; {ax.get_ylabel() or 'y'}]"
    ticks = {axis: _ticks(getattr(ax, f"{axis}axis")) for axis in "xy"}
    for k, line in enumerate(ax.lines):
        if line.get_transform() == ax.transData:  # others mark places
            x, y = (np.asarray(v, dtype=float) for v in line.get_data(orig=False))
            yield from _series(panel, _label(line, f"line {k + 1}"), x, y, ticks)
    for k, container in enumerate(ax.containers):
        for patch in getattr(container, "patches", ()):
            middle = (patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2)
            flat = getattr(container, "orientation", "vertical") == "horizontal"
            ends = (patch.get_x() + patch.get_width(), middle[1]) if flat else (middle[0], patch.get_height())
            yield from _series(panel, _label(container, f"bars {k + 1}"), ends[:1], ends[1:], ticks)
    for k, collection in enumerate(ax.collections):
        name = _label(collection, f"points {k + 1}")
        offsets = np.asarray(collection.get_offsets(), dtype=float).reshape(-1, 2)
        if type(collection).__name__ == "PathCollection":
            yield from _series(panel, name, offsets[:, 0], offsets[:, 1], ticks)
        elif type(collection).__name__.endswith("PolyCollection"):
            for path in collection.get_paths():
                yield from _series(panel, name.replace("points", "area"), *path.vertices.T, ticks)
    for k, image in enumerate(ax.images):
        for (row, column), value in np.ndenumerate(np.ma.filled(image.get_array(), np.nan)):
            here = f"{ticks['y'].get(row, row)}, {ticks['x'].get(column, column)}"
            yield panel, f"image {k + 1} at row, column", here, value


def _series(panel: str, name: str, x: Any, y: Any, ticks: dict[str, dict[float, str]]) -> Iterator[Row]:
    for one, other in zip(x, y, strict=True):
        yield panel, name, _at(one, ticks["x"]), _at(other, ticks["y"])


def _at(value: float, ticks: dict[float, str]) -> float | str:
    """A place on an axis of words by its word."""
    near = min(ticks, key=lambda place: abs(place - value), default=math.nan)
    return ticks[near] if abs(near - value) < 0.5 else float(value)


def _ticks(axis: Any) -> dict[float, str]:
    """Words of an axis that was given them, by their places; nothing for an axis of numbers."""
    if type(axis.get_major_formatter()).__name__ != "FixedFormatter":
        return {}
    words = [str(text) for text in axis.get_major_formatter().seq]
    return dict(zip((float(p) for p in axis.get_majorticklocs()), words, strict=False))


def _label(artist: Any, otherwise: str) -> str:
    label = str(artist.get_label())
    return otherwise if not label or label.startswith("_") else label

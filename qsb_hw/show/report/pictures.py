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

from qsb_hw._typing import Floats
from qsb_hw.show.blocks import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPACE = "http://www.w3.org/2000/svg"
SVG, LINK = f"{{{SPACE}}}", "{http://www.w3.org/1999/xlink}href"
_FONTS = ["DejaVu Sans", "Verdana", "sans-serif"]
"""Of the same widths, so that a page looks alike where the first is missing."""
_PLACES = ("d", "x", "y")
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-\d+)?")
"""Coordinates finer than a hundredth of a point, which nobody sees."""
_PAINTED = ("style", "fill", "stroke")
_DIGITS = 6
"""Of the numbers in the data of a figure."""
MANY_POINTS = 1000
"""Points of a line from which on its data have only the ends of what is level, to the digits shown."""
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
Row = tuple[str, Any, Any]
"""Series, x and y of one point."""


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
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with rc_context({"svg.fonttype": "none" if themed else "path", "svg.hashsalt": key, "font.sans-serif": _FONTS}):
        written = io.BytesIO()
        figure.set_facecolor("none")
        FigureCanvasSVG(figure).print_svg(written, metadata={"Date": None, "Creator": None})  # `savefig` draws twice
    root = ElementTree.fromstring(written.getvalue())
    images = root.find(f".//{SVG}image") is not None
    _tidy(root, key, themed)
    width = round(figure.get_figwidth() * 96)
    _name(root, key, title, description)
    for element in root.iter():  # without prefixes, as a page has it
        element.tag = element.tag.removeprefix(SVG)
    if not themed:  # inside a page it goes without saying
        root.set("xmlns", SPACE)
    points = _csv(figure) if data else ""
    svg = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
    return Drawn(key, title, description, svg, width, plate or images, points)


def _tidy(root: ElementTree.Element, key: str, themed: bool) -> None:
    """Drop what a page does not need; names unlike those of other figures; colours by name where `themed`."""
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    for defined in root.findall(f".//{SVG}defs") if themed else ():
        for style in defined.findall(f"{SVG}style"):  # of every element of the page: its own style sheet has it
            defined.remove(style)
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
            elif name in _PLACES:
                element.set(name, _LONG.sub(lambda found: f"{float(found[0]):.2f}", value))
            else:
                renamed = _REFERENCE.sub(rf"url(#{key}-\1)", value)
                element.set(name, _themed(renamed, element.tag) if themed and name in _PAINTED else renamed)


def _used(value: str) -> list[str]:
    return [*_REFERENCE.findall(value), *([value[1:]] if value.startswith("#") else [])]


def _themed(style: str, tag: str) -> str:
    """Colours by name: black and white are those of the page, of others texts have a darker shade."""
    names = {"#000000": "var(--ink)", "#ffffff": "var(--paper)"}
    kind = "t" if tag in (f"{SVG}text", f"{SVG}tspan") else "c"
    return _COLOUR.sub(lambda m: names.get(m[0].lower(), f"var(--{kind}{m[0][1:].lower()},{m[0].lower()})"), style)


def _name(root: ElementTree.Element, key: str, title: str, description: str) -> None:
    """Title and description for who cannot see it."""
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-description")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(SVG + tag, {"id": f"{key}-{'title' if tag == 'title' else 'description'}"})
        element.text = clean(text)
        root.insert(place, element)


def _csv(figure: Figure) -> str:
    """Everything that is plotted, point by point; the panels, with what their axes show, are named at the end.

    Points that follow each other and do not differ in the digits shown are one.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("panel", "series", "x", "y"))
    rows, panels = 0, []
    for number, ax in enumerate(figure.axes, start=1):
        found = [(number, _harmless(series), _shown(x), _shown(y)) for series, x, y in _points(ax)]
        rows += len(found)
        writer.writerows(one for one, before in zip(found, [None, *found], strict=False) if one != before)
        title = ax.get_title(loc="left") or ax.get_title()
        panels.append((number, "axes of this panel", _harmless(ax.get_xlabel()), _harmless(ax.get_ylabel())))
        panels += [(number, "title of this panel", _harmless(title), "")] if title else []
    writer.writerows(panels)
    return written.getvalue() if rows else ""


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = clean(text.replace("\n", " "))
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return _harmless(value)
    return f"{float(value):.{_DIGITS}g}" if math.isfinite(float(value)) else ""


def _points(ax: Axes) -> Iterator[Row]:
    ticks = {axis: _ticks(getattr(ax, f"{axis}axis")) for axis in "xy"}
    for k, line in enumerate(ax.lines):
        if line.get_transform() == ax.transData:  # others mark places
            x, y = _without_level(*(np.asarray(v, dtype=float) for v in line.get_data(orig=False)))
            yield from _series(_label(line, f"line {k + 1}"), x, y, ticks)
    for k, container in enumerate(ax.containers):
        for patch in getattr(container, "patches", ()):
            flat = getattr(container, "orientation", "vertical") == "horizontal"
            middle = (patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2)
            ends = (patch.get_x() + patch.get_width(), middle[1]) if flat else (middle[0], patch.get_height())
            yield from _series(_label(container, f"bars {k + 1}"), ends[:1], ends[1:], ticks)
    for k, collection in enumerate(ax.collections):
        kind = type(collection).__name__
        if kind == "PathCollection":
            offsets = np.asarray(collection.get_offsets(), dtype=float).reshape(-1, 2)
            yield from _series(_label(collection, f"points {k + 1}"), offsets[:, 0], offsets[:, 1], ticks)
        elif kind.endswith("PolyCollection"):
            for path in collection.get_paths():
                yield from _series(_label(collection, f"area {k + 1}"), *_upper_edge(path), ticks)
    for k, image in enumerate(ax.images):
        shown: Any = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
        for (row, column), value in np.ndenumerate(shown):
            here = f"{ticks['y'].get(row, row)}, {ticks['x'].get(column, column)}"
            yield f"image {k + 1} at row, column", here, value


def _without_level(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A line of many points without those between two of the same height, which leaves it as it is."""
    if x.size < MANY_POINTS:
        return x, y
    shown = np.array([_shown(one) for one in y])
    same = shown[1:] == shown[:-1]
    kept = np.concatenate([[True], ~(same[1:] & same[:-1]), [True]])
    return x[kept], y[kept]


def _upper_edge(path: Any) -> tuple[Floats, Floats]:
    """Of an area under a curve: the curve, without its ends that lie on the line below."""
    corners = np.asarray(path.vertices, dtype=float)
    low, high = corners[:, 1].min(), corners[:, 1].max()
    kept = corners[corners[:, 1] > low + 1e-3 * (high - low)]
    return kept[:, 0], kept[:, 1]


def _series(name: str, x: Any, y: Any, ticks: dict[str, dict[float, str]]) -> Iterator[Row]:
    for one, other in zip(x, y, strict=True):
        yield name, _at(one, ticks["x"]), _at(other, ticks["y"])


def _at(value: float, ticks: dict[float, str]) -> float | str:
    """A place on an axis of words by its word."""
    near = min(ticks, key=lambda place: abs(place - value), default=math.nan)
    return ticks[near] if abs(near - value) < 0.5 else float(value)


def _ticks(axis: Any) -> dict[float, str]:
    """Words of an axis that was given them, by their places; nothing for an axis of numbers."""
    if type(axis.get_major_locator()).__name__ != "FixedLocator":
        return {}
    found = zip((float(p) for p in axis.get_majorticklocs()), axis.get_majorticklabels(), strict=False)
    words = {place: str(text.get_text()) for place, text in found}
    return words if any(re.search(r"[^\W\d]|↔", text) and "$" not in text for text in words.values()) else {}


def _label(artist: Any, otherwise: str) -> str:
    label = str(artist.get_label())
    return otherwise if not label or label.startswith("_") else label

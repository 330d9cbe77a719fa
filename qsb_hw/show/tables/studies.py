"""Tables of studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from qsb_hw.explore.sweep.run import RunSummary
from qsb_hw.show.studies import sweep_record
from qsb_hw.show.tables.style import WARNING, label, lines, table, value
from qsb_hw.show.tables.text import NONE, quantity

if TYPE_CHECKING:
    from xarray import Dataset

SHOWN_REASONS = 5


def measures_view(rows: Sequence[Mapping[str, str]]) -> RenderableType:
    """What ``qsb-hw sweep --list`` prints."""
    view = table("Measures", label("name"), label("what it is"), label("unit"))
    for row in rows:
        view.add_row(row["name"], row["what"], "" if row["unit"] == "1" else row["unit"])
    more = (
        "value:NAME and margin:NAME of a criterion, fact:NAME of a derived number: names as `qsb-hw check` has them.",
    )
    return Group(view, lines(more))


def sweep_view(store: Path | None, dataset: Dataset, summary: RunSummary) -> RenderableType:
    """What ``qsb-hw sweep`` prints."""
    record = sweep_record(store, dataset, summary)
    axes = table(
        dataset.attrs["title"], label("axis"), value("points"), value("from"), value("to"), label("unit"),
    )  # fmt: skip
    for axis in record["axes"]:
        axes.add_row(axis["name"], str(axis["points"]), _plain(axis["first"]), _plain(axis["last"]), axis["unit"])
    found = table("", label("measure"), value("least"), value("most"), label("largest at", ratio=1))
    for measure in record["measures"]:
        unit = "" if measure["unit"] in ("1", "SI") else measure["unit"]
        found.add_row(
            measure["name"], quantity(measure["least"], unit), quantity(measure["most"], unit), _place(measure["at"])
        )
    return Group(axes, found, *_accounts(record))


def _accounts(record: Mapping[str, Any]) -> Iterable[RenderableType]:
    status = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in record["status"].items())
    yield lines(
        (
            f"{record['points']} points: {status}; {record['computed']} computed in {record['seconds']:.3g} s, "
            f"{record['reused']} found in the store.",
        )
    )
    if record["damaged"]:
        yield Text(f"{record['damaged']} damaged records were found and their points worked out again.", WARNING)
    for reason, count in list(record["reasons"].items())[:SHOWN_REASONS]:
        yield Text(f"{count} × {reason}", WARNING)
    if (more := len(record["reasons"]) - SHOWN_REASONS) > 0:
        yield Text(f"and {more} other reasons", WARNING)


def _place(at: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_plain(number)}" for name, number in at.items()) or NONE


def _plain(number: float) -> str:
    return f"{number:.6g}".replace("-", "−")

"""Tables for notebooks: the terminal's, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from qsb_hw.elimination.compare import Comparison
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria, Criterion
from qsb_hw.model.device import Device
from qsb_hw.model.network import Network
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.chip import ChipAssessment, ChipSynchronization
from qsb_hw.questions.error_budget import ErrorBudget
from qsb_hw.questions.heterodyne import HeterodyneRecord
from qsb_hw.questions.noise import NoiseBudget
from qsb_hw.questions.records import Readout
from qsb_hw.questions.slips import PhaseSlips
from qsb_hw.questions.tomography import SynchronizationRecord
from qsb_hw.show.budget import noise_tables
from qsb_hw.show.chip import chip_assessment_view, chip_synchronization_view, chip_tables
from qsb_hw.show.criteria import criteria_tables
from qsb_hw.show.detail import Detail, Notes, Selection, Stack
from qsb_hw.show.device import device_view
from qsb_hw.show.effective import comparison_tables
from qsb_hw.show.error_budget import error_budget_tables
from qsb_hw.show.network import network_tables, solution_tables
from qsb_hw.show.record import assessment_view
from qsb_hw.show.records import heterodyne_tables, readout_tables, slip_tables, synchronization_tables
from qsb_hw.sync.solution import SyncSolution

_LEFT = "text-align:left"
VIEWS: Mapping[type, Callable[[Any], Any]] = {
    Assessment: assessment_view,
    Chip: chip_tables,
    ChipAssessment: chip_assessment_view,
    ChipSynchronization: chip_synchronization_view,
    Comparison: comparison_tables,
    Criteria: criteria_tables,
    Criterion: lambda criterion: criteria_tables([criterion]),
    Device: device_view,
    ErrorBudget: error_budget_tables,
    HeterodyneRecord: heterodyne_tables,
    Network: network_tables,
    NoiseBudget: noise_tables,
    PhaseSlips: slip_tables,
    Readout: readout_tables,
    SyncSolution: solution_tables,
    SynchronizationRecord: synchronization_tables,
}


def to_html(result: Any) -> str:
    """Tables of a result of one of the `VIEWS` as HTML."""
    return html_of(VIEWS[type(result)](result))


def html_of(view: Any, detail: Detail = Detail.NORMAL) -> str:
    """HTML of what a view shows up to a detail; every cell is escaped, colours are left out."""
    shown = Selection(detail).of(view)
    return "" if shown is None else _html(shown)


def _html(view: Any) -> str:
    if isinstance(view, Group | Stack):
        return "".join(map(_html, view.parts if isinstance(view, Stack) else view.renderables))
    if isinstance(view, Panel):
        return f"<p style='{_LEFT};font-weight:bold'>{_text(view.title or '')}</p>{_html(view.renderable)}"
    if isinstance(view, Padding):
        return _html(view.renderable)
    if not isinstance(view, Table):
        text = _text("\n".join(view.texts) if isinstance(view, Notes) else view)
        return f"<p style='{_LEFT}'>{text}</p>" if text else ""
    head = "".join(f"<th style='{_LEFT}'>{_text(column.header)}</th>" for column in view.columns)
    cells = zip(*(column.cells for column in view.columns), strict=True)
    body = "".join(
        "<tr>" + "".join(f"<td style='{_LEFT}'>{_text(cell)}</td>" for cell in row) + "</tr>" for row in cells
    )
    caption = f"<caption style='{_LEFT};font-weight:bold'>{_text(view.title or '')}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(cell: Any) -> str:
    return escape(cell.plain if isinstance(cell, Text) else str(cell)).replace("\n", "<br>")

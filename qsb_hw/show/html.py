"""Tables for notebooks: the terminal's, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from qsb_hw.elimination.compare import Comparison
from qsb_hw.explore.curves import Curves
from qsb_hw.explore.pump_table import PumpTable
from qsb_hw.explore.sensitivities import Sensitivities
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criteria, Criterion
from qsb_hw.model.device import Device
from qsb_hw.model.network import Network
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.budget import DeviceBudget
from qsb_hw.questions.chip import ChipAssessment, ChipSynchronization
from qsb_hw.questions.error_budget import ErrorBudget
from qsb_hw.questions.heterodyne import HeterodyneRecord
from qsb_hw.questions.noise import NoiseBudget
from qsb_hw.questions.records import Readout
from qsb_hw.questions.slips import PhaseSlips
from qsb_hw.questions.tomography import SynchronizationRecord
from qsb_hw.show.blocks import Block, Box, Cell, Listed, Paragraphs, blocks_of, pieces
from qsb_hw.show.budget import budget_view, noise_tables
from qsb_hw.show.chip import chip_assessment_view, chip_synchronization_view, chip_tables
from qsb_hw.show.criteria import criteria_tables
from qsb_hw.show.curves import curves_view, sensitivities_view
from qsb_hw.show.detail import Detail
from qsb_hw.show.device import device_view
from qsb_hw.show.effective import comparison_tables
from qsb_hw.show.error_budget import error_budget_tables
from qsb_hw.show.network import network_tables, solution_tables
from qsb_hw.show.pumps import pump_view
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
    Curves: curves_view,
    DeviceBudget: budget_view,
    ErrorBudget: error_budget_tables,
    HeterodyneRecord: heterodyne_tables,
    Network: network_tables,
    NoiseBudget: noise_tables,
    PhaseSlips: slip_tables,
    PumpTable: pump_view,
    Readout: readout_tables,
    Sensitivities: sensitivities_view,
    SyncSolution: solution_tables,
    SynchronizationRecord: synchronization_tables,
}


def to_html(result: Any) -> str:
    """Tables of a result of one of the `VIEWS` as HTML."""
    return html_of(VIEWS[type(result)](result))


def html_of(view: Any, detail: Detail = Detail.NORMAL) -> str:
    """HTML of what a view shows up to a detail; every cell is escaped, colours are left out."""
    return "".join(_html(block) for block in blocks_of(view, detail))


def _html(block: Block) -> str:
    if isinstance(block, Box):
        return "".join(_html(inside) for inside in block.blocks)
    if isinstance(block, Listed | Paragraphs):
        lines = block.items if isinstance(block, Listed) else block.lines
        return f"<p style='{_LEFT}'>{_text(lines)}</p>"
    head = "".join(f"<th style='{_LEFT}'>{escape(name)}</th>" for name in block.head)
    body = "".join(
        "<tr>" + "".join(f"<td style='{_LEFT}'>{_text(cell)}</td>" for cell in row) + "</tr>" for row in block.rows
    )
    caption = f"<caption style='{_LEFT};font-weight:bold'>{escape(block.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(lines: Cell) -> str:
    return "<br>".join("".join(_piece(*piece) for piece in pieces("".join(run.text for run in line))) for line in lines)


def _piece(text: str, is_code: bool) -> str:
    return f"<code>{escape(text)}</code>" if is_code else escape(text)

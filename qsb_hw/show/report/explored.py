"""Parts that vary the numbers of a file: settings with how far they may drift, and what each number changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import qsb_hw.plot as draw
from qsb_hw.errors import ArgumentError
from qsb_hw.explore.pump_table import PumpTable, pump_table
from qsb_hw.explore.sensitivities import Sensitivities, sensitivities
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.plot.style import new_figure
from qsb_hw.show.report.part import Absent, Picture, Work

SHOWN_NUMBERS = 8
"""Numbers of the file in the table of what each one changes."""
QUANTITIES = ("kerr", "gamma", "fidelity", "S_resonance", "contrast")
"""Of one device, baths eliminated; the first `RATES` of them take no Fock state."""
RATES = 2


def instruments(work: Work) -> PumpTable | Absent:
    """Settings of every tone; without limits in a brief report, and where no Fock state could be lost."""
    subject = _subject(work)
    nodes = subject.nodes if isinstance(subject, Chip) else (subject,)
    if reason := _unvaried(subject):
        return Absent(reason)
    if silent := [node.name for node in nodes if not node.instruments]:
        return Absent(f"The platform does not say what is set for {', '.join(silent)}.")
    known = work.chip_analysis.has_fock_states if work.is_chip else work.analysis.has_fock_state
    return pump_table(
        subject, limits=known and not work.brief, settings=_settings(work), progress=work.subject.progress
    )  # fmt: skip


def important(work: Work) -> Sensitivities | Absent:
    """∂ln x/∂ln p of one device by the numbers that matter most."""
    if reason := _unvaried(_subject(work)):
        return Absent(reason)
    asked = QUANTITIES if work.analysis.has_fock_state else QUANTITIES[:RATES]
    found = sensitivities(
        work.analysis.device, asked, settings=_settings(work), progress=work.subject.progress
    )  # fmt: skip
    return _columns(found, found.matter[:SHOWN_NUMBERS])


IMPORTANT = Picture(
    key="slopes", title="Relative slopes", plate=True,
    caption="∂ln x/∂ln p of each quantity by the numbers that matter most: purple falls, orange rises with the number. "
    "In brackets: not resolved; ±: the slopes on both sides differ.",
    draw=lambda one: draw.plot_sensitivities(one, new_figure(6.0, 4.2)), when=lambda one: bool(one.matter.size),
)  # fmt: skip


def _subject(work: Work) -> Device | Chip:
    return work.chip_analysis.chip if work.is_chip else work.analysis.device


def _unvaried(subject: Device | Chip) -> str:
    """Why the numbers of a device cannot be varied; "" where they can."""
    try:
        subject_of(subject)
    except ArgumentError as error:
        return str(error)
    return ""


def _settings(work: Work) -> Any:
    """What was requested, with baths eliminated, as everything that is varied."""
    return replace(work.subject.requested, complete=False)


def _columns(found: Sensitivities, kept: Sequence[Any] | np.ndarray[Any, Any]) -> Sensitivities:
    """The same for some numbers only."""
    names = (
        "logarithmic", "logarithmic_error", "derivative", "derivative_error", "contribution", "kink", "below", "above",
        "resolved",
    )  # fmt: skip
    cut = {name: getattr(found, name)[:, kept] for name in names}
    return replace(found, numbers=tuple(found.numbers[k] for k in kept), **cut)

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
from qsb_hw.show.report.part import Absent, Picture, Work, on_request

SHOWN_NUMBERS = 8
"""Numbers of the file in the table of what each one changes."""
QUANTITIES = ("kerr", "gamma", "P", "S_resonance", "contrast")
"""Of one device, baths eliminated; the first `RATES` of them take no Fock state."""
RATES = 2
MOST_NODES = 3
"""Unlike nodes of a chip up to which a report has what takes long of each without being asked for."""


def instruments(work: Work) -> PumpTable | Absent:
    """Settings of every tone; without limits in a brief report, and where no Fock state could be lost."""
    subject = _subject(work)
    nodes = subject.nodes if isinstance(subject, Chip) else (subject,)
    if reason := _unvaried(subject):
        return Absent(reason)
    if silent := [node.name for node in nodes if not node.instruments]:
        return Absent(f"The platform does not say what is set for {', '.join(silent)}.")
    known = work.chip_analysis.has_fock_states if work.is_chip else work.analysis.has_fock_state
    limits = known and not work.brief and not without_limits(work)
    return pump_table(
        subject, limits=limits, settings=_settings(work), progress=work.subject.progress
    )  # fmt: skip


def without_limits(work: Work) -> str:
    """Why the settings of a chip come without how far they may drift; "" where they come with it."""
    many = many_nodes(work)
    if not many or work.brief or "instruments" in work.asked:
        return ""
    return f"How far they may drift is left out: {many[0].lower()}{many[1:]} {on_request('instruments')}"


def many_nodes(work: Work) -> str:
    """Why what is found of every node takes too long unasked; "" for a device and a small chip."""
    unlike = len({id(node) for node in work.chip_analysis.nodes}) if work.is_chip else 1
    return f"Each unlike node takes several seconds, and there are {unlike}." if unlike > MOST_NODES else ""


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
    draw=draw.plot_sensitivities, when=lambda one: bool(one.matter.size),
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

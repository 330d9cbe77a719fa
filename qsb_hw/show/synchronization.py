"""What two such devices would do."""

from __future__ import annotations

import math

import numpy as np
from rich.console import RenderableType

from qsb_hw.analysis.conditions import Conditions
from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import label, lines, stacked, table, value, verbose
from qsb_hw.show.text import ket, number, transition
from qsb_hw.units import to_hertz

_MEANING = (
    "Δ = ω₁ − ω₂; S = 2π max P(φ) − 1, the height of the relative phase's distribution over a flat one.",
    "Measuring S takes joint tomography, or ⟨a₁†a₂⟩ of both outputs; populations do not contain it.",
)
ASSUMED = "true where the device file gives no V and 0.3 γ is assumed"


RESONANCE = Section(
    Field("detuning_hz", "Δ/2π"),
    Field("before", "resonant levels: (n1, n2) before the exchange", "levels"),
    Field("after", "and after it"),
)
SYNCHRONIZATION = Section(
    Field("coupling_hz", "V/2π"),
    Field("coupling_assumed", ASSUMED, "assumed"),
    Field("detuning_hz", "Δ/2π of the sweep, Δ = ω_1 − ω_2"),
    Field("S", "of the eliminated pair at `detuning_hz`; null where a solve failed"),
    Field("resonances_hz", "Δ/2π at which |n0, n0⟩ and |n0±1, n0∓1⟩ are resonant",
          lambda p: np.array([r.detuning for r in p.resonances])),
    Field("resonances", "the resonant levels", each=RESONANCE),
    Field("full_detuning_hz", "Δ/2π of `S_full` and `S_eliminated`: zero, then the resonances"),
    Field("S_full", "of the complete pair, every bath of both devices kept"),
    Field("S_eliminated", "of the eliminated pair with as many levels"),
    Field("blockade_contrast", "S(resonance)/S(0) of the complete pair, the weaker resonance", "contrast",
          symbol="Blockade contrast S(resonance)/S(0)", digits=3),
    Field("blockade_contrast_eliminated", "the same of the eliminated pair", "contrast_eliminated", digits=3),
    Field("full_dims", "dimensions of the complete pair: oscillator 1, its baths, oscillator 2, its baths",
          lambda p: p.full[0].steady.dims if p.full else None),
    Field("truncation_error", "effect of the levels left out of the eliminated pair"),
)  # fmt: skip


def synchronization_line(prediction: SyncPrediction) -> str:
    """The answer in a sentence: contrast, and S at the resonance and at zero detuning."""
    if not prediction.resonances or not math.isfinite(prediction.contrast):
        return f"S = {number(prediction.S_full[0], 3)} at equal frequencies; no resonance of the real ladder is known."
    contrast, eliminated = SYNCHRONIZATION.text(prediction, "blockade_contrast", "blockade_contrast_eliminated")
    k = 1 + int(np.argmin(prediction.S_full[1:]))
    where = transition(float(to_hertz(prediction.full_detuning[k])))
    return (
        f"Blockade contrast S(resonance)/S(0) = {contrast} ({eliminated} with the baths eliminated): "
        f"S = {number(prediction.S_full[k], 3)} at Δ/2π = {where}, {number(prediction.S_full[0], 3)} at equal "
        "frequencies."
    )


def synchronization_tables(prediction: SyncPrediction, conditions: Conditions) -> RenderableType:
    """S at zero detuning and at each resonance, complete and eliminated pair, with the blockade contrast."""
    coupling = conditions.coupling
    source = "" if coupling is None else f" ({coupling.origin.value})"
    rows = table(
        f"Two such devices coupled by V/2π = {SYNCHRONIZATION['coupling_hz'].text(prediction)}{source}",
        value("detuning Δ/2π"), label("resonant levels"), value("S, full model"), value("S, eliminated"),
        value("S/S(0), full"),
    )  # fmt: skip
    names = ["none", *(f"{ket(*r.levels)} ↔ {ket(*r.after)}" for r in prediction.resonances)]
    for k in np.argsort(prediction.full_detuning):
        full, contrast = prediction.S_full[k], prediction.S_full[k] / prediction.S_full[0]
        detuning = transition(float(to_hertz(prediction.full_detuning[k])))
        rows.add_row(detuning, names[k], number(full), number(prediction.S_eliminated[k]), number(contrast, 3))
    return stacked(rows, verbose(lines(_remarks(prediction))))


def _remarks(prediction: SyncPrediction) -> list[str]:
    remarks = []
    if math.isfinite(prediction.contrast):
        full, eliminated = SYNCHRONIZATION.text(prediction, "blockade_contrast", "blockade_contrast_eliminated")
        remarks.append(f"Blockade contrast S(resonance)/S(0): {full} (full model), {eliminated} (eliminated).")
    if prediction.full and (dims := prediction.full[0].steady.dims):
        product = " × ".join(map(str, dims))
        remarks.append(f"Full model: both oscillators with every bath, {product} = {math.prod(dims)} states.")
    return [*remarks, *_MEANING]

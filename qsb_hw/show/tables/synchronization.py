"""What two such devices would do."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table

from qsb_hw.analysis.pair import SyncPrediction
from qsb_hw.show.tables.style import label, lines, table, value
from qsb_hw.show.tables.text import ket, number, quantity
from qsb_hw.units import to_hertz

_MEANING = (
    "Δ = ω₁ − ω₂; S = 2π max P(φ) − 1, the height of the relative phase's distribution over a flat one.",
    "To measure S takes joint tomography, or ⟨a₁†a₂⟩ from both outputs; populations do not show it.",
)


def synchronization_tables(prediction: SyncPrediction, own_coupling: float) -> RenderableType:
    """S at zero detuning and at each resonance, complete and eliminated pair, with the blockade contrast.

    `own_coupling` is the device's V in rad/s, which tells whether the prediction's was asked for instead.
    """
    return Group(_measures(prediction, own_coupling), "", lines(_remarks(prediction)))


def _measures(prediction: SyncPrediction, own_coupling: float) -> Table:
    own = "from the device" if prediction.coupling == own_coupling else "given"
    source = "assumed: the device file names none" if prediction.assumed else own
    rows = table(
        f"Two such devices coupled by V/2π = {quantity(float(to_hertz(prediction.coupling)), 'Hz')} ({source})",
        value("detuning Δ/2π"), label("levels that meet"), value("S, full model"), value("S, eliminated"),
        value("S/S(0), full"),
    )  # fmt: skip
    meetings = ["none", *(f"{ket(*r.levels)} ↔ {ket(*r.after)}" for r in prediction.resonances)]
    for k in np.argsort(prediction.full_detuning):
        rows.add_row(
            quantity(float(to_hertz(prediction.full_detuning[k])), "Hz"),
            meetings[k],
            number(float(prediction.S_full[k])),
            number(float(prediction.S_eliminated[k])),
            number(float(prediction.S_full[k] / prediction.S_full[0]), 3),
        )
    return rows


def _remarks(prediction: SyncPrediction) -> list[str]:
    contrast, eliminated = prediction.contrast, prediction.contrast_eliminated
    remarks = []
    if math.isfinite(contrast):
        remarks.append(
            f"Blockade contrast S(resonance)/S(0): {number(contrast, 3)} (full model), "
            f"{number(eliminated, 3)} (eliminated)."
        )
    if prediction.full and prediction.full[0].steady.dims:
        dims = prediction.full[0].steady.dims
        product = " × ".join(map(str, dims))
        remarks.append(f"Full model: both oscillators with every bath, {product} = {math.prod(dims)} states.")
    return [*remarks, *_MEANING]

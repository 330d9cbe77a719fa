"""What many such devices would do."""

from __future__ import annotations

import math

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table

from qsb_hw.questions.ensemble import ABOVE
from qsb_hw.questions.ensemble_results import Arrangement, EnsemblePrediction
from qsb_hw.show.tables.style import label, lines, table, value
from qsb_hw.show.tables.text import NONE, ket, number, quantity
from qsb_hw.units import to_hertz


def ensemble_tables(prediction: EnsemblePrediction) -> RenderableType:
    """Reduction to three levels, what coupling it takes, coherence, and what neighbours do."""
    tables: list[RenderableType] = []
    for one in (_levels(prediction), _couplings(prediction), _coherence(prediction), _neighbours(prediction)):
        tables += [one, ""]
    return Group(*tables, lines(_remarks(prediction)))


def _hz(angular: float) -> str:
    return quantity(float(to_hertz(angular)), "Hz", 3) if math.isfinite(angular) else "never"


def _levels(prediction: EnsemblePrediction) -> Table:
    three, target = prediction.three_levels, prediction.effective.target or 1
    low, middle, high = (ket(n) for n in (target - 1, target, target + 1))
    rows = table(f"One device as three levels {low}, {middle}, {high}", label("quantity"), value("value"), label(""))
    lower, upper = three.elements[0]
    rows.add_row("gain γ₊", quantity(float(three.gain[0]), "1/s"), f"{low} → {middle}")
    rows.add_row("loss γ₋", quantity(float(three.loss[0]), "1/s"), f"{high} → {middle}")
    rows.add_row("asymmetry K/2π", _hz(float(three.asymmetry[0])), "upper less lower transition, −2K of the oscillator")
    rows.add_row("matrix elements a, b", f"{number(lower)}, {number(upper)}", "of a† on the two transitions")
    rows.add_row("γ₋a²/γ₊b²", number(prediction.interference), "1: both transitions cancel, the interference blockade")
    error = prediction.reduction
    rows.add_row(
        "V_c/2π of three levels",
        _hz(error.critical_coupling_reduced),
        f"{_hz(error.critical_coupling)} of all {prediction.effective.levels}; {number(error.outside, 2)} of the "
        "population lies outside",
    )
    return rows


def _couplings(prediction: EnsemblePrediction) -> Table:
    total = abs(prediction.devices * prediction.pair_coupling)
    shown = _shown(prediction)
    rows = table(
        f"{prediction.devices} devices, every pair coupled by v/2π = {_hz(prediction.pair_coupling)} "
        f"({prediction.source}): N|v|/2π = {_hz(total)}",
        label("quantity"), *(value(one.name) for one in shown),
    )  # fmt: skip
    v = abs(prediction.pair_coupling)
    rows.add_row("critical N|v|/2π", *(_hz(one.critical) for one in shown))
    rows.add_row("  at δ/2π", *(_hz(one.critical_detuning) if one.critical_detuning else NONE for one in shown))
    rows.add_row("devices needed at this v", *(_needed(one.critical / v) for one in shown))
    rows.add_row("the rest at N|v|/2π", *(_total(one) for one in shown))
    rows.add_row("  fastest at δ/2π", *(_hz(one.detuning) if one.detuning else NONE for one in shown))
    rows.add_row("|⟨a†⟩| of a device", *map(_amplitudes, shown))
    rows.add_row("relative phase", *map(_phase, shown))
    rows.add_row("scatter borne", *map(_spread, shown))
    return rows


def _needed(devices: float) -> str:
    return str(max(2, math.ceil(devices))) if math.isfinite(devices) else NONE


def _total(one: Arrangement) -> str:
    return NONE if one.cycle is None else _hz(one.total) + ("*" if one.assumed else "")


def _spread(one: Arrangement) -> str:
    return NONE if one.spread is None else f"{_hz(one.spread.spread)} ± {_hz(one.spread.scatter)}"


def _shown(prediction: EnsemblePrediction) -> list[Arrangement]:
    """Without the gentle halves where they are the halves."""
    both = [prediction.halves] if prediction.gentle is prediction.halves else [prediction.halves, prediction.gentle]
    return [prediction.equal, *both]


def _amplitudes(one: Arrangement) -> str:
    if one.cycle is None:
        return NONE
    if not one.cycle.synchronized:
        return "rest is stable" if one.cycle.stable else "no common wave"
    return ", ".join(number(float(a), 2) for a in one.cycle.amplitude) + ("" if one.cycle.stable else " unstable")


def _phase(one: Arrangement) -> str:
    if one.cycle is None or not one.cycle.synchronized or not one.detuning:
        return NONE
    return f"{one.cycle.relative_phase / math.pi:.2f} π".replace("-", "−")


def _coherence(prediction: EnsemblePrediction) -> Table:
    shown = [one for one in _shown(prediction) if one.lifetimes is not None]
    columns = [value(f"{one.name}\nlinear noise") for one in shown]
    if shown and shown[0] is prediction.equal:
        columns.insert(1, value("equal devices\ncumulants"))
    rows = table("How long the common phase lasts, to 1/e at fixed N|v|", value("N"), *columns)
    sizes = shown[0].lifetimes.sizes if shown and shown[0].lifetimes is not None else np.zeros(0, dtype=int)
    for k, n in enumerate(sizes):
        cells = []
        for one in shown:
            assert one.lifetimes is not None
            cells.append(quantity(float(one.lifetimes.linear_noise[k]), "s", 3))
            if one is prediction.equal:
                mark = "" if one.lifetimes.physical else "†"
                cells.append(quantity(float(one.lifetimes.cumulants[k]), "s", 3) + mark)
        rows.add_row(str(int(n)), *cells)
    uncoupled = [one.lifetimes for one in shown]
    cells = []
    for one, life in zip(shown, uncoupled, strict=True):
        assert life is not None
        cells += [quantity(life.uncoupled, "s", 3)] + ([""] if one is prediction.equal else [])
    if cells:
        rows.add_row("uncoupled", *cells)
    return rows


def _neighbours(prediction: EnsemblePrediction) -> Table:
    sites = prediction.neighbourhoods[0].sites
    rows = table(
        f"{sites} devices on a graph, detuned in turns by δ/2π = {_hz(prediction.gentle.critical_detuning)}",
        label("graph"), value("neighbours"), value("critical v/2π"), value("order"), value("local order"),
        value("amplitude"),
    )  # fmt: skip
    for one in prediction.neighbourhoods:
        rows.add_row(
            one.topology,
            number(one.neighbours, 3),
            _hz(one.critical),
            number(one.order, 2),
            number(one.local_order, 2),
            number(one.amplitude, 2),
        )
    return rows


def _remarks(prediction: EnsemblePrediction) -> list[str]:
    remarks = []
    if math.isfinite(prediction.contrast):
        remarks.append(
            f"Macroscopic blockade: equal devices need {number(prediction.contrast, 3)} times the coupling of halves "
            "detuned by about |K|."
        )
    elif math.isfinite(prediction.halves.critical):
        remarks.append("Macroscopic blockade: equal devices never synchronize, halves detuned by about |K| do.")
    if any(one.cycle is not None and not one.synchronizes for one in _shown(prediction)):
        remarks.append("No wave: the critical coupling is the lowest one; far above it devices may rest again.")
    if any(one.assumed for one in _shown(prediction)):
        remarks.append(f"* {ABOVE:g} times the critical coupling, not the devices' own.")
    if prediction.equal.lifetimes is not None and not prediction.equal.lifetimes.physical:
        remarks.append("† The cumulant closure gave negative probabilities; take the linear noise.")
    return [
        *remarks,
        "All-to-all, N devices are one group with V = N v, or two halves with V = V_AB = N v/2.",
        "Critical couplings, amplitudes and linear noise keep all levels; cumulants, scatter, graphs three.",
        "Scatter borne: standard deviation of the frequencies up to which most devices grow together.",
        "To measure: ⟨a⟩ of every output, averaged over the devices of a half; populations change with the",
        "mean field, but do not show its phase.",
    ]

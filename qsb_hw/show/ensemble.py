"""What many such devices would do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from qsb_hw.questions.chip_ensemble import ChipEnsemble
from qsb_hw.questions.ensemble import ABOVE
from qsb_hw.questions.ensemble_results import Arrangement, EnsemblePrediction
from qsb_hw.show.detail import Detail, HouseTable, Notes
from qsb_hw.show.device import DEVICE, heading
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.numerics import IN_FORCE, NUMERICS, conditions_table, in_force, numerics_table
from qsb_hw.show.style import (
    answer,
    at_terminal,
    brief,
    label,
    lines,
    named,
    skipped,
    stacked,
    table,
    until_verbose,
    value,
    verbose,
)
from qsb_hw.show.text import NONE, ket, number, plus_minus, quantity
from qsb_hw.units import to_hertz

REDUCTION = Section(
    Field("critical_coupling_error", "relative error of the critical coupling of three levels", "of_critical_coupling"),
    Field("amplitude_error", "relative error of their amplitude", "of_amplitude"),
    Field("outside", "population outside the three levels"),
)
ARRANGEMENT = Section(
    Field("name", "one group or two, and how the coupling is chosen"),
    Field("detuning_hz", "δ/2π between the sub-ensembles; 0 for one group"),
    Field("critical_detuning_hz", "δ/2π at which the least coupling is needed"),
    Field("critical_hz", "lowest N|v|/2π at which the unsynchronized state turns unstable; null where it never does"),
    Field("total_hz", "N|v|/2π of what follows"),
    Field("total_assumed", "true where that is not the devices' own", "assumed"),
    Field("amplitude", "|⟨a†⟩| of a device of every group", "cycle.amplitude"),
    Field("relative_phase", "between the sub-ensembles, in rad", "cycle.relative_phase"),
    Field("frequency_hz", "Ω/2π of the phase-locked state", lambda a: a.cycle and float(a.cycle.frequency[0])),
    Field("growth_rate", "fastest growth of a disturbance of that state", "cycle.growth"),
    Field("stable", "whether that state is stable", "cycle.stable"),
    Field("sizes", "N of the lifetimes", "lifetimes.sizes"),
    Field("lifetime_linear_noise_s", "of the common phase, linear noise", "lifetimes.linear_noise"),
    Field("lifetime_cumulants_s", "likewise, second-order cumulants of three levels", "lifetimes.cumulants"),
    Field("lifetime_uncoupled_s", "likewise, without any coupling", "lifetimes.uncoupled"),
    Field("cumulants_physical", "whether the cumulants kept all probabilities positive", "lifetimes.physical"),
    Field("spread_hz", "tolerated frequency disorder: standard deviation/2π", "spread.spread"),
    Field("spread_scatter_hz", "its uncertainty", "spread.scatter"),
)
NEIGHBOURHOOD = Section(
    Field("topology", "name of the graph", symbol="graph"),
    Field("sites", "devices on it"),
    Field("neighbours", "mean number of neighbours", digits=3),
    Field("critical_hz", "critical pair coupling v/2π", symbol="critical v/2π", digits=3),
    Field("order", "|⟨a†⟩| of the sublattices", digits=2),
    Field("local_order", "|⟨a†⟩| of neighbours", symbol="local order", digits=2),
    Field("amplitude", "|⟨a†⟩| of single devices", digits=2),
)
ENSEMBLE = Section(
    Field("devices", "N"),
    Field("pair_coupling_hz", "v/2π with its sign", digits=3),
    Field("pair_coupling_source", "given, from the device file, or assumed", "source"),
    Field("gain_rate", "rate into n0 from below", lambda p: float(p.three_levels.gain[0]), symbol="gain γ₊"),
    Field("loss_rate", "rate into n0 from above", lambda p: float(p.three_levels.loss[0]), symbol="loss γ₋"),
    Field("asymmetry_hz", "(E_{n0+1} − 2E_{n0} + E_{n0−1})/h, −2K of the oscillator",
          lambda p: float(p.three_levels.asymmetry[0]), symbol="asymmetry α/2π", digits=3),
    Field("elements", "of a† on the transitions into n0 and out of it", lambda p: p.three_levels.elements[0]),
    Field("interference", "1: both transitions cancel, the interference blockade", symbol="γ₋a²/γ₊b²"),
    Field("reduction", "error of the three levels", inside=REDUCTION),
    Field("blockade_contrast", "critical coupling of equal devices over that of detuned sub-ensembles; null where "
          "infinite", "contrast", digits=3),
    Field("detuning_hz", "δ/2π of `critical_hz`", "detunings"),
    Field("critical_hz", "N|v|/2π from which two sub-ensembles synchronize; null where never", "critical_couplings"),
    Field("arrangements", "one group, two sub-ensembles, and these near threshold",
          lambda p: (p.equal, p.detuned, p.near_threshold), each=ARRANGEMENT),
    Field("neighbourhoods", "devices on a graph", each=NEIGHBOURHOOD),
)  # fmt: skip
ENSEMBLE_DOCUMENT = Section(
    Field("device", "what the device is", inside=DEVICE),
    Field("ensemble", "null without a Fock state", "prediction", inside=ENSEMBLE),
    IN_FORCE,
    Field("numerics", "why there is no prediction; null otherwise", "skipped", inside=NUMERICS),
)


def ensemble_tables(prediction: EnsemblePrediction) -> RenderableType:
    """Reduction to three levels, critical couplings, coherence, and devices on graphs."""
    found = prediction.neighbourhoods
    graphs = NEIGHBOURHOOD.table(
        f"{found[0].sites} devices on a graph, detuned alternately by "
        f"δ/2π = {_hz(prediction.near_threshold.critical_detuning)}", found, "topology", "neighbours",
        (value("critical v/2π"), lambda one: _hz(one.critical)), "order", "local_order", "amplitude",
    )  # fmt: skip
    tables = (_couplings(prediction), verbose(_levels(prediction)), verbose(_coherence(prediction)), verbose(graphs))
    return stacked(
        *tables, lines(_answers(prediction)), until_verbose(lines(_assumed(prediction))),
        verbose(lines(_remarks(prediction))),
    )  # fmt: skip


def _hz(angular: float) -> str:
    return quantity(float(to_hertz(angular)), "Hz", 3) if math.isfinite(angular) else "never"


def _levels(prediction: EnsemblePrediction) -> HouseTable:
    target, error = prediction.effective.target or 1, prediction.reduction
    low, middle, high = (ket(n) for n in (target - 1, target, target + 1))
    rows = table(f"One device as three levels {low}, {middle}, {high}", label("quantity"), value("value"), label(""))
    ENSEMBLE.add_rows(rows, prediction, "gain_rate", "loss_rate", "asymmetry_hz")
    lower, upper = prediction.three_levels.elements[0]
    rows.add_row("matrix elements a, b", f"{number(lower)}, {number(upper)}", ENSEMBLE["elements"].meaning)
    ENSEMBLE.add_rows(rows, prediction, "interference")
    note = f"{_hz(error.critical_coupling)} of all {prediction.effective.levels}; {number(error.outside, 2)} of the "
    rows.add_row(
        "V_c/2π of three levels", _hz(error.critical_coupling_reduced), f"{note}population lies outside"
    )  # fmt: skip
    return rows


def _couplings(prediction: EnsemblePrediction) -> HouseTable:
    shown, v = _shown(prediction), abs(prediction.pair_coupling)
    rows = table(
        f"{prediction.devices} devices, every pair coupled by v/2π = {_hz(prediction.pair_coupling)} "
        f"({prediction.source}): N|v|/2π = {_hz(prediction.devices * v)}",
        label("quantity"), *(value(_head(one)) for one in shown),
    )  # fmt: skip
    cells: dict[str, Callable[[Arrangement], str]] = {
        "critical N|v|/2π": lambda one: _hz(one.critical),
        "  at δ/2π": lambda one: _hz(one.critical_detuning) if one.critical_detuning else NONE,
        "devices needed at this v": lambda one: _needed(one.critical / v) if math.isfinite(one.critical / v) else NONE,
        "N|v|/2π of what follows": lambda one: NONE if one.cycle is None else _hz(one.total) + "*" * one.assumed,
        "  fastest growth at δ/2π": lambda one: _hz(one.detuning) if one.detuning else NONE,
        "|⟨a†⟩| of a device": _amplitudes,
        "relative phase": _phase,
        "tolerated frequency disorder": _disorder,
    }
    for name, cell in cells.items():
        rows.add_row(name, *map(cell, shown))
    return rows


def _head(one: Arrangement) -> str:
    return one.name.replace(", ", "\n")


def _shown(prediction: EnsemblePrediction) -> list[Arrangement]:
    """Without those near threshold where they are the same."""
    return list(dict.fromkeys((prediction.equal, prediction.detuned, prediction.near_threshold)))


def _amplitudes(one: Arrangement) -> str:
    if one.cycle is None:
        return NONE
    if not one.cycle.synchronized:
        return "unsynchronized,\nstable" if one.cycle.stable else "no phase-locked\nstate"
    return ", ".join(number(float(a), 2) for a in one.cycle.amplitude) + ("" if one.cycle.stable else " unstable")


def _phase(one: Arrangement) -> str:
    if one.cycle is None or not one.cycle.synchronized or not one.detuning:
        return NONE
    return f"{one.cycle.relative_phase / math.pi:.2f} π".replace("-", "−")


def _disorder(one: Arrangement) -> str:
    if one.spread is None:
        return NONE
    return plus_minus(float(to_hertz(one.spread.spread)), float(to_hertz(one.spread.scatter)), "Hz")


def _coherence(prediction: EnsemblePrediction) -> HouseTable:
    shown = [(one, one.lifetimes) for one in _shown(prediction) if one.lifetimes is not None]
    heads, columns = [], []
    for one, life in shown:
        heads.append(f"{_head(one)}\nlinear noise")
        columns.append([*(quantity(float(t), "s", 3) for t in life.linear_noise), quantity(life.uncoupled, "s", 3)])
        if one is prediction.equal:
            mark = "" if life.physical else "†"
            heads.append(f"{_head(one)}\ncumulants")
            columns.append([*(quantity(float(t), "s", 3) + mark for t in life.cumulants), ""])
    rows = table("Lifetime of the common phase, to 1/e at fixed N|v|", value("N"), *map(value, heads))
    sizes = [*(str(int(n)) for n in shown[0][1].sizes), "uncoupled"] if shown else []
    for row in zip(sizes, *columns, strict=True):
        rows.add_row(*row)
    return rows


def _assumed(prediction: EnsemblePrediction) -> list[str]:
    """What the mark of a coupling means, where there is one."""
    said = f"* {ABOVE:g} times the critical coupling, not the devices' own."
    return [said] if any(one.assumed for one in _shown(prediction)) else []


def _remarks(prediction: EnsemblePrediction) -> list[str]:
    again = any(one.cycle is not None and not one.synchronizes for one in _shown(prediction))
    far = "The critical coupling is the lowest one; far above it an ensemble may desynchronize again."
    life = prediction.equal.lifetimes
    negative = "† The cumulant closure gave negative probabilities; use the linear noise."
    return [
        *([far] if again else []), *_assumed(prediction), *([] if life is None or life.physical else [negative]),
        "All-to-all: N devices are one group with V = N v, or two sub-ensembles with V = V_AB = N v/2.",
        "Couplings, amplitudes and linear noise are of all levels; cumulants, disorder and graphs of three.",
        "Tolerated disorder: standard deviation of the frequencies up to which most devices synchronize.",
        "To measure: ⟨a⟩ of every output, averaged over a sub-ensemble; populations do not contain its phase.",
    ]  # fmt: skip


def _answers(prediction: EnsemblePrediction) -> Iterator[str]:
    """Whether there is a blockade, and how many devices it takes."""
    contrast, v = prediction.contrast, abs(prediction.pair_coupling)
    if math.isfinite(contrast):
        yield (
            f"Macroscopic blockade: equal devices need {number(contrast, 3)} times the coupling of two sub-ensembles "
            "detuned by about |α|."
        )
    elif math.isfinite(prediction.detuned.critical):
        yield "Macroscopic blockade: equal devices never synchronize, sub-ensembles detuned by about |α| do."
    else:
        yield "No blockade: neither equal devices nor detuned sub-ensembles synchronize at any coupling."
    needed = (
        f"{_needed(one.critical / v)} {name}"
        for name, one in (("equal devices", prediction.equal), ("in detuned sub-ensembles", prediction.detuned))
    )
    yield f"Devices needed at v/2π = {_hz(prediction.pair_coupling)} ({prediction.source}): {', '.join(needed)}."


def _needed(ratio: float) -> str:
    return str(max(2, math.ceil(ratio))) if math.isfinite(ratio) else "no number of"


def ensemble_view(found: Any) -> RenderableType:
    """What ``qsb-hw ensemble`` prints: the prediction, or the reason why there is none."""
    title = "Is there a blockade of many such devices?"
    if found.prediction is None:
        said = answer(title, Text("Not known: there is no Fock state."))
        return stacked(heading(found.device), said, skipped(found.skipped.skipped), numerics_table(found.skipped))
    return stacked(
        heading(found.device), answer(title, Notes(tuple(_answers(found.prediction)))),
        ensemble_tables(found.prediction), until_verbose(lines([in_force(found.conditions)])),
        verbose(conditions_table(found.conditions)))  # fmt: skip


ONSET = Section(
    Field("name", "nodes that are copied", lambda x: "-".join(x.nodes), symbol="nodes"),
    Field(
        "critical_copies", "N from which on they synchronize, the lowest; null for none", symbol="critical N", digits=3
    ),
    Field("error", "change of it by the highest level of each ladder; null where it cannot be told", digits=2),
)
CHIP_ENSEMBLE = Section(
    Field("chip", "its name", "chip.name"),
    Field("copies", "N of every node; those of one are coupled to those of another, not to each other"),
    Field("levels", "of each ladder"),
    Field("whole", "all nodes together", inside=ONSET),
    Field("links", "the two nodes of every link by themselves", each=ONSET),
    Field("synchronizes", "whether the unsynchronized state of N copies is unstable"),
    Field("growth_rate", "of the fastest growing disturbance of N copies; negative where all decay"),
    Field("frequency_hz", "it starts with, /2π, over the mean of the nodes' transitions below n0"),
)  # fmt: skip


def chip_ensemble_view(found: ChipEnsemble) -> RenderableType:
    """What ``qsb-hw ensemble`` prints of a chip: from how many copies on its nodes synchronize."""
    onsets = [found.whole, *(found.links if len(found.links) > 1 else ())]
    rows = ONSET.table(
        "Copies of the nodes", onsets, "name", "critical_copies", (value("±"), ONSET["error"].text),
        detail=Detail.BRIEF,
    )  # fmt: skip
    growth = quantity(found.growth_rate, "1/s", 3)
    said = "synchronize" if found.synchronizes else "do not synchronize"
    first = Text(f"{found.copies} copies of every node {said}: disturbances grow at {growth}.")
    return stacked(
        named(found.chip.name, found.chip.description),
        answer("From how many copies of its nodes on do they synchronize?", first), brief(rows),
        lines((
            "Mean field, baths eliminated. Each copy of one node is coupled to each copy of another by the chip's V of "
            "the two; copies of one node are not coupled.",
        )),
        at_terminal(["One node with copies of its own: `--node NAME`."]),
    )  # fmt: skip

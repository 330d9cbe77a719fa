"""What limits a device, worst first, with the remedy in the row."""

from __future__ import annotations

import math
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qsb_hw.analysis.conditions import chosen
from qsb_hw.questions.budget import DetectionEstimate, DeviceBudget
from qsb_hw.questions.noise import NoiseBudget, NoiseRow
from qsb_hw.questions.tones import ToneAdvice, ToneVariant
from qsb_hw.result import Status
from qsb_hw.show.tables.device import heading
from qsb_hw.show.tables.numerics import numerics_table
from qsb_hw.show.tables.style import BAD, GOOD, QUIET, WARNING, label, lines, table, value
from qsb_hw.show.tables.text import NONE, number, quantity
from qsb_hw.units import to_hertz

NOTICEABLE, SERIOUS = 1e-3, 1e-2
"""Shares of P(n0) or of the contrast from which a noise is marked."""
TELLING = 1e-3
"""Truncation error from which the tables say that it limits what they can tell."""


def budget_view(budget: DeviceBudget) -> RenderableType:
    """Everything `budget` has to say, the answers last."""
    parts: list[RenderableType] = [heading(budget.device)]
    if budget.noise is not None:
        parts += [noise_tables(budget.noise, budget.numerics.truncation_error), ""]
    if budget.tones is not None:
        parts += [tones_tables(budget.tones), ""]
    if budget.detection:
        parts += [measurement_tables(budget), ""]
    return Group(*parts, numerics_table(budget.numerics))


def noise_tables(noise: NoiseBudget, truncation: float = 0.0) -> RenderableType:
    """What each noise takes from P(n0) and from the contrast; `truncation` is the error of the levels left out."""
    given = [row for row in noise.rows if row.given]
    missing = [row for row in noise.rows if not row.given]
    n0 = noise.conditions.target
    rows = table(
        f"What each noise takes: P({n0}) = {noise.nominal.fidelity:.4f}, contrast {number(noise.nominal.contrast, 3)}",
        label("noise", max_width=19), value(f"of P({n0})"), value("of contrast"), label("", min_width=2),
        label("how large, and the remedy", ratio=1),
    )  # fmt: skip
    for row in given:
        bound = "" if row.contrast_resolved else "≥ "
        rows.add_row(row.name, _loss(row.fidelity_loss), bound + _share(row.contrast_loss), *_told(row))
    remarks = [
        "Each row: the same device with and without that noise, two certified solutions. A minus: it helps.",
        "P(n0): one device with every bath. Contrast S(resonance)/S(0): the complete pair of "
        f"{int(chosen(noise.conditions.pair_levels))} levels each.",
        "1/f noise and offset charge are averages over runs, not rates; they and the cavity Kerr are put in,",
        "not in the numbers of the title.",
    ]
    if not all(row.contrast_resolved for row in given):
        remarks.append("≥: the noise is wider than the resonance; the average over runs gives a lower bound.")
    if truncation > TELLING:
        remarks.append(
            f"The levels above those kept change populations by about {number(truncation, 2)}, and the rows with them."
        )
    silent: list[RenderableType] = ["", _not_given(missing)] if missing else []
    return Group(rows, "", lines(remarks), *silent)


def _told(row: NoiseRow) -> tuple[Text, Text]:
    if row.status is not Status.CONVERGED:
        return Text("!", style=BAD), Text(row.status.value, style=BAD)
    worst = row.severity
    size = Text(row.size, style=QUIET)
    if worst < NOTICEABLE:
        return Text("ok", style=GOOD), size
    mark = Text("!!", style=BAD) if worst >= SERIOUS else Text("!", style=WARNING)
    return mark, Text.assemble(size, "\n", (f"→ {row.remedy}", WARNING))


def _not_given(missing: list[NoiseRow]) -> Table:
    rows = table("Not given", label("noise", max_width=40), label("how to give it", style=QUIET, ratio=1))
    for remedy, group in groupby(sorted(missing, key=lambda row: row.remedy), key=lambda row: row.remedy):
        rows.add_row("\n".join(row.name for row in group), Text(remedy))
    return rows


def tones_tables(tones: ToneAdvice) -> RenderableType:
    """P(n0) and contrast with other linewidths and more tones."""
    rows = table(
        f"Tones, at the same γ: P({tones.target}) with every tone kept",
        label("choice"), value("κ/2π"), value("σ"), value("tones"), value(f"P({tones.target})"), value("contrast"),
        value("weakest step/loss"), value("|X|g/κ"),
    )  # fmt: skip
    missing = [v for v in tones.variants if v.status is Status.SKIPPED]
    for variant in tones.variants:
        if variant.status is not None:
            rows.add_row(*_variant(variant))
    parts: list[RenderableType] = [rows]
    if tones.comb is not None:
        parts += ["", _comb(tones)]
    notes = ["Tones: amplifying + damping, each in an auxiliary mode of its own. Contrast —: pair too large."]
    if tones.optimum.at_edge:
        notes.append("The best κ is an end of the range searched: κ = 4γ, where g reaches κ/4, or σ = 1.")
    notes += [f"No {v.name}: {v.message}" for v in missing]
    return Group(*parts, "", lines(notes), Text(f"→ {tones.advice}", style="bold"))


def _variant(variant: ToneVariant) -> list[str]:
    converged = variant.status is Status.CONVERGED
    return [
        variant.name,
        quantity(float(to_hertz(variant.linewidth)), "Hz", 3),
        number(variant.sigma, 3),
        f"{variant.amplified} + {variant.damped}",
        f"{variant.fidelity:.4f}" if converged else NONE,
        number(variant.contrast, 3),
        number(variant.slowest_pumping, 3),
        number(variant.adiabaticity, 3),
    ]


def _comb(tones: ToneAdvice) -> Table:
    assert tones.comb is not None
    rows = table(
        "The comb, at the linewidth specified",
        label("transition"), label("role"), value("pump detuning δ/2π"), value("g/2π"), value("g/κ"),
    )  # fmt: skip
    for tone in (*tones.comb.amplification, *tones.comb.damping):
        t = tone.tone
        rows.add_row(
            f"{tone.level - 1} ↔ {tone.level}",
            t.role.value,
            quantity(float(to_hertz(t.detuning)), "Hz", 5),
            quantity(float(to_hertz(t.coupling)), "Hz", 3),
            number(t.coupling / t.linewidth, 3),
        )
    return rows


def measurement_tables(budget: DeviceBudget) -> RenderableType:
    """Repetitions at the resonance and at zero detuning, by protocol."""
    first = budget.detection[0].shots[0]
    rows = table(
        f"Repetitions for {first.sigmas:g} standard errors in {first.rate:.0%} of all experiments",
        value("Δ/2π"), value("S"), label("measurement"), value("signal"), value("repetitions"), value("time"),
        value("bias of max P"),
    )  # fmt: skip
    for sighting in budget.detection:
        _sighting(rows, sighting, budget.settling_time)
    source = "assumed" if budget.conditions.coupling_assumed else "from the device"
    assert budget.noise is not None
    slowest = math.log(100) / budget.noise.settling_rate
    v, wait = (
        quantity(float(to_hertz(chosen(budget.conditions.coupling))), "Hz"),
        quantity(budget.settling_time, "s", 3),
    )
    remarks = [
        f"V/2π = {v} ({source}). Every repetition waits {wait}, without readout: 1 % is left",
        f"then by the Liouvillian gap of the pair; one device with all its {budget.oscillator.levels} levels takes "
        f"{quantity(slowest, 's', 3)}.",
        "Phase readout: Fourier gates on levels n0−1, n0, n0+1 of both, then level readout. Joint tomography:",
        "the same levels, 16 local settings. Cross-correlation: |⟨a₁†a₂⟩|, heterodyne detection of both fields",
        "without loss; it needs fields to detect, which trapped ions do not emit.",
        "The maximum of a noisy P(φ) is biased upwards (last column, at that number of repetitions): take",
        "every repetition at the phase that all others find.",
        f"That S(0) lies below half of S(resonance) is seen after {_count(budget.repetitions_to_contrast)} "
        "repetitions (phase readout, Δ = 0).",
    ]
    return Group(rows, "", lines(remarks))


def _sighting(rows: Table, sighting: DetectionEstimate, settling: float) -> None:
    where = quantity(float(to_hertz(sighting.detuning)), "Hz")
    for k, one in enumerate(sighting.shots):
        rows.add_row(
            where if k == 0 else "",
            number(sighting.S) if k == 0 else "",
            one.protocol,
            number(one.signal, 3),
            _count(one.repetitions),
            _time(one.repetitions * settling),
            number(one.naive_bias, 2) if one.harmonics else NONE,
        )


def _count(repetitions: float) -> str:
    return number(repetitions, 3) if repetitions >= 1e5 or math.isinf(repetitions) else f"{repetitions:.0f}"


def _time(seconds: float) -> str:
    for size, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size and math.isfinite(seconds):
            return f"{seconds / size:.3g} {name}"
    return quantity(seconds, "s", 3)


def _loss(loss: float) -> str:
    return NONE if math.isnan(loss) else number(loss, 3)


def _share(share: float) -> str:
    if math.isnan(share):
        return NONE
    return f"{number(100 * share, 2)} %"

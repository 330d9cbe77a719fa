"""What limits a device, worst first, with the remedy in the row; which tones would do better; what detection takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text

from qsb_hw.model.noise import Noise
from qsb_hw.questions.budget import DeviceBudget
from qsb_hw.questions.chip_budget import ChipBudget
from qsb_hw.questions.noise import NoiseBudget, NoiseRow
from qsb_hw.questions.tones import ToneAdvice
from qsb_hw.result import Status
from qsb_hw.show.advice import tradeoffs
from qsb_hw.show.detail import HouseTable, Notes
from qsb_hw.show.device import DEVICE, OSCILLATOR, TONE, heading
from qsb_hw.show.error_budget import VISIBLE_TRUNCATION
from qsb_hw.show.fields import CERTIFICATE, Field, Section, With
from qsb_hw.show.numerics import NUMERICS, numerics_table
from qsb_hw.show.style import (
    BAD,
    GOOD,
    QUIET,
    WARNING,
    answer,
    at_terminal,
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
from qsb_hw.show.synchronization import ASSUMED
from qsb_hw.show.text import NONE, count, number, percent, quantity

NOTICEABLE, SERIOUS = 1e-3, 1e-2
"""Shares of P(n0) or of the contrast from which a noise is marked."""
NOISE_ROW = Section(
    Field("noise", "t1, dephasing, …"),
    Field("name", "as tables show it"),
    Field("given", "whether the device file has it"),
    Field("size", "how large it is"),
    Field("fidelity", "P(n0) with it"),
    Field("fidelity_without", "P(n0) without it"),
    Field("fidelity_loss", "reduction of P(n0); negative: an increase", digits=3),
    Field("fidelity_error", "of the average over a slow noise"),
    Field("contrast", "S(resonance)/S(0) with it"),
    Field("contrast_without", "without it"),
    Field("contrast_loss", "reduction of the contrast as a share of it; negative: an increase"),
    Field("contrast_error", "of the average over a slow noise"),
    Field("contrast_resolved", "false where the loss is a lower bound",
          lambda r: r.contrast_resolved if r.given else None),
    Field("status", "of both solutions; skipped where the noise is not given"),
    *CERTIFICATE,
    Field("remedy", "what to change, or how to give it"),
)  # fmt: skip
NOISE = Section(
    Field("fidelity", "P(n0) of the device as modelled: every Lindblad channel, no slow noise, linear baths",
          "nominal.fidelity"),
    Field("contrast", "S(resonance)/S(0) of the complete pair, likewise", "nominal.contrast", digits=3),
    Field("pair_levels", "levels per ladder in the pair; its auxiliary modes hold one quantum",
          "conditions.pair_levels.value"),
    Field("settling_rate", "slowest decay of one device with all levels kept"),
    Field("rows", "worst first, those not given last: with and without one noise", each=NOISE_ROW),
)  # fmt: skip
VARIANT = Section(
    Field("name", "as tables show it", symbol="choice"),
    Field("linewidth_hz", "κ/2π", symbol="κ/2π", digits=3),
    Field("sigma", "σ", symbol="σ", digits=3),
    Field("amplified", "amplifying tones"),
    Field("damped", "damping tones"),
    Field("fidelity", "P(n0), every tone kept"),
    Field("contrast", "S(resonance)/S(0); null where the pair is too large", digits=3),
    Field("slowest_pumping", "smallest ratio of a pumping rate below n0 to the loss of its level",
          symbol="slowest pumping\nrate/loss", digits=3),
    Field("adiabaticity", "largest |X|g/κ", symbol="|X|g/κ", digits=3),
    Field("status", "null or skipped where the variant does not exist"),
    *CERTIFICATE,
    Field("message", "why it does not exist"),
)  # fmt: skip
COMB_TONE = Section(
    Field("level", "upper level of its transition"),
    *(Field(key, TONE[key].meaning, f"tone.{stem}", symbol=TONE[key].symbol, digits=TONE[key].digits)
      for key, stem in {"role": "role", "detuning_hz": "detuning", "linewidth_hz": "linewidth",
                        "coupling_hz": "coupling"}.items()),
)  # fmt: skip
TONES = Section(
    Field("target", "n0"),
    Field("variants", "choices of the tones at the same γ", each=VARIANT),
    Field("best_linewidth_hz", "κ/2π at which P(n0) is largest with a single tone per bath at the same γ",
          "optimum.linewidth"),
    Field("at_edge", "true where that is an end of the range searched, κ = 4γ or σ = 1", "optimum.at_edge"),
    Field("scanned_linewidth_hz", "κ/2π tried", "optimum.scanned_linewidth"),
    Field("scanned_fidelity", "P(n0) there; null where a solve failed", "optimum.scanned_fidelity"),
    Field("comb", "at the linewidth specified; null where its tones would collide",
          lambda t: None if t.comb is None else (*t.comb.amplification, *t.comb.damping), each=COMB_TONE),
    Field("advice", "what to change, in a sentence"),
)  # fmt: skip


def _time(seconds: float) -> str:
    for size, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size and math.isfinite(seconds):
            return f"{seconds / size:.3g} {name}"
    return quantity(seconds, "s", 3)


SHOTS = Section(
    Field("protocol", "phase readout, joint tomography or cross-correlation", symbol="measurement"),
    Field("signal", "what is estimated", digits=3),
    Field("harmonics", "of the phase distribution that are read out"),
    Field("variance", "of the estimate in one repetition"),
    Field("phase_cost", "b: estimating the phase too costs b/2N of the signal"),
    Field("naive_bias", "of the maximum of a noisy P(φ) at that number of repetitions"),
    Field("repetitions", "number of shots", show=count),
    Field("duration_s", "measurement time", show=_time),
    Field("sigmas", "standard errors to be reached"),
    Field("rate", "share of experiments in which they are reached"),
)
DETECTION = Section(
    Field("detuning_hz", "Δ/2π", symbol="Δ/2π"),
    Field("resonance", "whether it is a resonance, or zero"),
    Field("S", "of the complete pair"),
    Field("shots", "one per protocol", each=SHOTS),
)


def _detection(budget: DeviceBudget) -> list[With]:
    return [
        With(one, shots=[With(shot, duration=shot.repetitions * budget.settling_time) for shot in one.shots])
        for one in budget.detection
    ]


MEASUREMENT = Section(
    Field("coupling_hz", "V/2π", "conditions.coupling.value"),
    Field("coupling_assumed", ASSUMED, "conditions.coupling_assumed"),
    Field("settling_time_s", "ln(100) over the Liouvillian gap of the pair: what one repetition waits", digits=3),
    Field("settling_rate", "that gap"),
    Field("readout_error", "probability to read a wrong level of one device, which the numbers of shots make up for"),
    Field("repetitions_to_contrast", "at Δ = 0, by phase readout, until S(0) is below half of S(resonance)"),
    Field("detection", "a resonance, then zero detuning; the other resonance is a mirror image", _detection,
          each=DETECTION),
)  # fmt: skip
BUDGET = Section(
    Field("device", "what the device is", inside=DEVICE),
    Field("oscillator", "with the levels kept", inside=OSCILLATOR),
    Field("noise", "reduction per noise channel; null without a Fock state", inside=NOISE),
    Field("tones", "choices of the tones; null likewise", inside=TONES),
    Field("measurement", "number of shots; null likewise", lambda b: b if b.detection else None, inside=MEASUREMENT),
    Field("numerics", "how far the numbers can be trusted", inside=NUMERICS),
)
CHIP_BUDGET = Section(
    Field("chip", "its name", "chip.name"),
    Field("nodes", "budget of each node, with a twin of its own", each=BUDGET),
)


ADDED = (Noise.CAVITY_KERR, Noise.CHARGE, Noise.FLUX, Noise.FREQUENCY)
"""Noises that the model of a device leaves out."""


def budget_view(budget: DeviceBudget) -> RenderableType:
    """Everything that `qsb-hw budget` prints, the answer first."""
    noise, tones = budget.noise, budget.tones
    return stacked(
        heading(budget.device), answer("What limits the device, and what does it take to see it?", *_answers(budget)),
        skipped(budget.numerics.skipped),
        None if noise is None else noise_tables(noise, budget.numerics.truncation_error),
        None if tones is None else tones_tables(tones),
        measurement_tables(budget) if budget.detection else None,
        numerics_table(budget.numerics))  # fmt: skip


def _answers(budget: DeviceBudget) -> Iterator[RenderableType]:
    """Worst noise, tones and shots, a line each."""
    if budget.noise is None:
        yield Text("Not known: there is no Fock state.")
        return
    n0, given = budget.noise.conditions.target, [row for row in budget.noise.rows if row.given]
    fidelity = NOISE["fidelity"].text(budget.noise)
    yield Text(f"P({n0}) = {fidelity}, contrast {NOISE['contrast'].text(budget.noise)}.")
    if given:
        worst = given[0]
        lost = f"{_fidelity_loss(worst)} of P({n0}), {_contrast_loss(worst)} of the contrast"
        yield Text.assemble(f"Largest noise: {worst.name} ({lost}). ", (f"→ {worst.remedy}", WARNING))
    if budget.tones is not None:
        yield Notes((budget.tones.advice,))
    yield from (Text(text, style=WARNING) for text in _torn(budget))
    if budget.detection:
        one = _detection(budget)[0]
        shot = min(one.shots, key=lambda s: s.repetitions)
        where = "the resonance" if one.resonance else "equal frequencies"
        yield Text(
            f"S at {where} is seen to {shot.sigmas:g} standard errors in {SHOTS['repetitions'].text(shot)} shots, "
            f"{SHOTS['duration_s'].text(shot)} ({shot.protocol})."
        )


def _torn(budget: DeviceBudget) -> list[str]:
    """What remedies of noises and the advice on tones would raise and lower."""
    rows = budget.noise.rows if budget.noise else ()
    advised = [(row.name, row.remedy) for row in rows if row.given and not row.severity < NOTICEABLE]
    return tradeoffs([*advised, *([("tones", budget.tones.advice)] if budget.tones else [])])


def chip_budget_view(budget: ChipBudget) -> RenderableType:
    """What `qsb-hw budget` prints of a chip: every node with its noises in one table, and the advice on its tones."""
    names = dict.fromkeys(
        row.name for node in budget.nodes for row in (node.noise.rows if node.noise else ()) if row.given
    )
    rows = table(
        "Noise, node by node", label("noise", ratio=1), *(value(node.device.name) for node in budget.nodes),
    )  # fmt: skip
    rows.add_row(
        "P(n0)", *(NONE if node.noise is None else NOISE["fidelity"].text(node.noise) for node in budget.nodes)
    )
    rows.add_row("contrast", *(NONE if n.noise is None else NOISE["contrast"].text(n.noise) for n in budget.nodes))
    for name in names:
        rows.add_row(name, *(_losses(node, name) for node in budget.nodes))
    notes = ["Each node with a twin of its own: reduction of P(n0), below it of the contrast; negative: an increase."]
    said = [Text(f"{n.device.name}: {n.tones.advice if n.tones else n.message}") for n in budget.nodes]
    reasons = [f"{n.device.name}: {why}" for n in budget.nodes for why in n.numerics.skipped]
    return stacked(
        named(budget.chip.name, budget.chip.description),
        answer("What limits the nodes?", *(_worst(node) for node in budget.nodes), *said), skipped(reasons), rows,
        lines(notes), at_terminal([f"The whole budget of one node: `--node {budget.chip.names[0]}`."]),
    )  # fmt: skip


def _worst(node: DeviceBudget) -> Text | None:
    row = next((r for r in (node.noise.rows if node.noise else ()) if r.given), None)
    if row is None:
        return None
    return Text(f"{node.device.name}: largest noise {row.name}, contrast {_contrast_loss(row)} less. → {row.remedy}")


def _losses(node: DeviceBudget, name: str) -> str:
    """Reduction of P(n0) and of the contrast by one noise, in per cent."""
    row = next((r for r in (node.noise.rows if node.noise else ()) if r.given and r.name == name), None)
    if row is None:
        return NONE
    return f"{_fidelity_loss(row)}\n{_contrast_loss(row)}"


def noise_tables(noise: NoiseBudget, truncation: float = 0.0) -> RenderableType:
    """Reduction of P(n0) and of the contrast per noise channel; `truncation` is the error of the levels left out."""
    given = [row for row in noise.rows if row.given]
    missing = [row for row in noise.rows if not row.given]
    n0, (fidelity, contrast) = noise.conditions.target, (noise.nominal.fidelity, NOISE["contrast"].text(noise))
    rows = NOISE_ROW.table(
        f"Reduction per noise channel: P({n0}) = {fidelity:.4f}, contrast {contrast}", given,
        (label("noise", max_width=19), lambda row: row.name),
        (value(f"of P({n0})"), _fidelity_loss),
        (value("of contrast"), _contrast_loss),
        (label("", min_width=2), _mark),
        (label("size, and the remedy", ratio=1), _size),
    )  # fmt: skip
    beside = [row.name for row in given if row.noise in ADDED]
    remarks = [
        "Each row: the same device with and without that noise, two certified solutions. Negative: an increase.",
        "P(n0): one device with every bath. Contrast S(resonance)/S(0): the complete pair of "
        f"{NOISE['pair_levels'].text(noise)} levels each.",
    ]
    if beside:
        remarks.append(f"Added to the device of the title, slow noise as an average over runs: {', '.join(beside)}.")
    if not all(row.contrast_resolved for row in given):
        remarks.append("≥: the noise is wider than the resonance; the average over runs gives a lower bound.")
    if truncation > VISIBLE_TRUNCATION:
        error = number(truncation, 2)
        remarks.append(f"The levels above those kept change populations, and the rows, by about {error}.")
    torn = lines(tradeoffs((row.name, row.remedy) for row in given if not row.severity < NOTICEABLE))
    marks = lines([f"!: at least {percent(NOTICEABLE, 1)} of P({n0}) or of the contrast; !!: {percent(SERIOUS)}."])
    return stacked(
        rows,
        marks,
        torn if torn.texts else None,
        verbose(lines(remarks)),
        verbose(_not_given(missing)) if missing else None,
    )


def _fidelity_loss(row: NoiseRow) -> str:
    return NONE if math.isnan(row.fidelity_loss) else f"{number(100 * row.fidelity_loss, 2)} %"


def _contrast_loss(row: NoiseRow) -> str:
    if math.isnan(row.contrast_loss):
        return NONE
    return f"{'' if row.contrast_resolved else '≥ '}{number(100 * row.contrast_loss, 2)} %"


def _mark(row: NoiseRow) -> Text:
    if row.status is not Status.CONVERGED:
        return Text("!", style=BAD)
    if row.severity < NOTICEABLE:
        return Text("ok", style=GOOD)
    return Text("!!", style=BAD) if row.severity >= SERIOUS else Text("!", style=WARNING)


def _size(row: NoiseRow) -> Text:
    if row.status is not Status.CONVERGED:
        return Text(row.status.value, style=BAD)
    size = Text(row.size, style=QUIET)
    return size if row.severity < NOTICEABLE else Text.assemble(size, "\n", (f"→ {row.remedy}", WARNING))


def _not_given(missing: list[NoiseRow]) -> HouseTable:
    rows = table("Not given", label("noise", max_width=40), label("how to give it", style=QUIET, ratio=1))
    for remedy, group in groupby(sorted(missing, key=lambda row: row.remedy), key=lambda row: row.remedy):
        rows.add_row("\n".join(row.name for row in group), Text(remedy))
    return rows


def tones_tables(tones: ToneAdvice) -> RenderableType:
    """P(n0) and contrast with other linewidths and more tones."""
    fidelity = f"P({tones.target})"
    variants = VARIANT.table(
        f"Tones, at the same γ: {fidelity} with every tone kept",
        [v for v in tones.variants if v.status is not Status.SKIPPED],
        "name", "linewidth_hz", "sigma", (value("tones"), lambda v: f"{v.amplified} + {v.damped}"),
        (value(fidelity), lambda v: f"{v.fidelity:.4f}" if v.status is Status.CONVERGED else NONE),
        "contrast", "slowest_pumping", "adiabaticity",
    )  # fmt: skip
    comb = None if tones.comb is None else COMB_TONE.table(
        "The comb, at the linewidth specified", (*tones.comb.amplification, *tones.comb.damping),
        (label("transition"), lambda t: f"{t.level - 1} ↔ {t.level}"), "role", "detuning_hz", "coupling_hz",
        (value("g/κ"), lambda t: number(t.tone.coupling / t.tone.linewidth, 3)),
    )  # fmt: skip
    notes = ["Tones: amplifying + damping, each in an auxiliary mode of its own. Contrast —: pair too large."]
    if tones.optimum.at_edge:
        notes.append("The best κ is an end of the range searched: κ = 4γ, where g reaches κ/4, or σ = 1.")
    notes += [f"No {v.name}: {v.message}" for v in tones.variants if v.status is Status.SKIPPED]
    return stacked(variants, lines([tones.advice]), None if comb is None else verbose(comb), verbose(lines(notes)))


def measurement_tables(budget: DeviceBudget) -> RenderableType:
    """Number of shots and measurement time at the resonance and at zero detuning, by protocol."""
    first = budget.detection[0].shots[0]
    rows = table(
        f"Detection: shots for {first.sigmas:g} standard errors in {percent(first.rate)} of all experiments",
        value("Δ/2π"), value("S"), label("measurement"), value("signal"), value("shots"), value("measurement\ntime"),
        value("bias of max P"),
    )  # fmt: skip
    for one in _detection(budget):
        where = DETECTION.text(one, "detuning_hz", "S")
        for k, shot in enumerate(one.shots):
            shown = SHOTS.text(shot, "protocol", "signal", "repetitions", "duration_s")
            rows.add_row(*(["", ""] if k else where), *shown, number(shot.naive_bias, 2) if shot.harmonics else NONE)
    assert budget.noise is not None
    v, wait = MEASUREMENT.text(budget, "coupling_hz", "settling_time_s")
    origin = "" if budget.conditions.coupling is None else budget.conditions.coupling.origin.value
    remarks = [
        f"V/2π = {v} ({origin}). Every shot waits {wait}, without readout: 1 % "
        f"is left then by the Liouvillian gap of the pair; one device with all its {budget.oscillator.levels} levels "
        f"takes {quantity(math.log(100) / budget.noise.settling_rate, 's', 3)}.",
        "Phase readout: Fourier gates on levels n0−1, n0, n0+1 of both, then level readout. Joint tomography: the same "
        "levels, 16 local settings. Cross-correlation: |⟨a₁†a₂⟩|, heterodyne detection of both outputs without loss. "
        f"{budget.device.vocabulary.observables}".strip(),
        "The maximum of a noisy P(φ) is biased upwards (last column, at that number of shots): evaluate every shot at "
        "the phase that all others find.",
        f"That S(0) lies below half of S(resonance) is seen after {count(budget.repetitions_to_contrast)} "
        "shots (phase readout, Δ = 0).",
    ]
    if budget.readout_error:
        remarks.append(f"Levels are read wrongly with probability {number(budget.readout_error, 3)}, which is undone.")
    return stacked(rows, until_verbose(lines(remarks[:1])), verbose(lines(remarks)))

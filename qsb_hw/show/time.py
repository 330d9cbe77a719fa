"""What an experiment shows before the steady state, and on a spectrum analyser."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Group, RenderableType

from qsb_hw.questions.lines import Emission, Pulling
from qsb_hw.questions.numerics import Numerics
from qsb_hw.questions.protocol import ProtocolRun
from qsb_hw.questions.turn_on import REACHED, TurnOn
from qsb_hw.show.device import DEVICE, OSCILLATOR, heading
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.numerics import IN_FORCE, NUMERICS, numerics_table
from qsb_hw.show.style import label, lines, stacked, table, value
from qsb_hw.show.text import ket, number, quantity
from qsb_hw.units import to_hertz

MOST_LINES = 8
"""Lines that a table shows."""

COURSE = Section(
    Field("times_s", "at which it was computed"),
    Field("values", "the number at those times; errors are below `error`"),
    Field("forever", "in the steady state", symbol="steady"),
    Field("wait_s", f"from which on it is within {REACHED:.0%} of the steady state (of one device: share of the "
                    "population that would still move)", symbol="wait", digits=3),
    Field("time_s", "duration asked about"),
    Field("at_time", "the number then"),
    Field("reached", "whether the steady state is reached by then"),
)  # fmt: skip
COUPLED = Section(
    Field("detuning_hz", "Δ/2π", symbol="detuning Δ/2π"),
    Field("before", "resonant levels: (n1, n2) before the exchange; null at zero detuning",
          lambda p: None if p.resonance is None else p.resonance.levels),
    Field("after", "and after it", lambda p: None if p.resonance is None else p.resonance.after),
    Field("S", "synchronization measure after the coupling is turned on, from two devices with their Fock states",
          inside=COURSE),
    Field("dims", "dimensions of the complete pair", "evolution.model.dims"),
    Field("error", "of the integration: bound on the trace norm of the error of every state", "evolution.error"),
)  # fmt: skip
TURN_ON = Section(
    Field("initial", '"ground" or "thermal"'),
    Field("time_s", "duration asked about", "time.value"),
    Field("time_origin", "where that comes from", "time.origin"),
    Field("target", "n0"),
    Field("fidelity", "P(n0) of one complete device after the pumps are turned on", inside=COURSE),
    Field("populations", "of its levels at the times of `fidelity`"),
    Field("error", "of the integration: bound on the trace norm of the error of every state", "evolution.error"),
    Field("pairs", "two complete devices, coupled: at zero detuning and at the first resonance", each=COUPLED),
)
STAGE = Section(
    Field("name", "of the stage", symbol="stage"),
    Field("duration_s", "how long it takes", symbol="duration"),
    Field("pumps", "share of every pump amplitude at its end", symbol="pumps"),
    Field("coupling", "share of V at its end", symbol="coupling"),
    Field("detuning_hz", "Δ/2π at its end", symbol="Δ/2π"),
    Field("ramp", "whether these are reached linearly"),
)
PROTOCOL = Section(
    Field("stages", "what is on, one after the other", "protocol.stages", each=STAGE),
    Field("times_s", "since the beginning; those at which stages meet twice", "times"),
    Field("stage", "number of the stage at each time, from 0", lambda run: run.stage.astype(int)),
    Field("fidelity", "P(n0) of each device at those times",
          lambda run: [run.populations(k)[:, run.target] for k in range(run.devices)]),
    Field("S", "synchronization measure of two devices at those times; null for one",
          lambda run: run.synchronization(0, 1) if run.devices > 1 else None),
    Field("error", "bound on the trace norm of the error at the end, with what the steps of ramps leave"),
)  # fmt: skip
LINE = Section(
    Field("position_hz", "of the emitted quantum, over 2π", symbol="position", digits=7),
    Field("width_hz", "full width at half maximum, over 2π", symbol="width", digits=3),
    Field("weight", "quanta in the line; negative for a dip in another line", symbol="weight", digits=3),
    Field("dispersion", "of the antisymmetric part"),
    Field("levels", "level of the oscillator before and after", symbol="transition",
          show=lambda pair: f"{ket(pair[0])} → {ket(pair[1])}"),
    Field("error_hz", "residual of the eigenvalue, over 2π"),
)  # fmt: skip
SPECTRUM = Section(
    Field("peaks", "lines, the strongest first", each=LINE),
    Field("frequencies_hz", "ω/2π"),
    Field("power", "P(ω) = 2 Re ∫₀^∞ ⟨a†(0)a(τ)⟩ exp(iωτ) dτ in s; ∫ P dω/2π = `total`"),
    Field("total", "mean number of quanta, less the coherent part"),
    Field("coherent", "quanta in the coherent part, a line without width"),
    Field("error", "bound on the error of P over its highest value: residual, steady state, rounding"),
)
PORT = Section(
    Field("name", "of the bath", lambda port: port[0]),
    Field("spectrum", "of its mode c, in the frame of its pump; its output is κ P", lambda port: port[1],
          inside=SPECTRUM),
)  # fmt: skip
PULLED = Section(
    Field("detuning_hz", "Δ/2π"),
    Field("first", "visible lines of the detuned device, positions relative to the undetuned one's transition",
          each=LINE),
    Field("second", "visible lines of the other device", each=LINE),
    Field("uncoupled_hz", "position of the strongest line of either without coupling"),
    Field("shift_hz", "by which the coupling moves the mean position of the strongest transition's lines"),
)  # fmt: skip
EMISSION = Section(
    Field("target", "n0"),
    Field("spectrum", "of the oscillator of one complete device", inside=SPECTRUM),
    Field("ports", "of the mode of every bath", lambda e: list(e.ports.items()), each=PORT),
    Field("coupling_hz", "V/2π of the pair"),
    Field("pulling", "lines of two devices, baths eliminated, over their detuning; null where not asked for",
          lambda e: None if e.pulling is None else list(_pulled(e.pulling)), each=PULLED),
    Field("pulling_levels", "that each ladder of the pair keeps; null where not asked for", "pulling.levels"),
    Field("pulling_error_hz", "largest change of a position by one more level, at zero detuning and at the resonances; "
                              "null where the ladder has no more", "pulling.error", symbol="error"),
)  # fmt: skip
_HEAD = (
    Field("device", "what the device is", inside=DEVICE),
    Field("oscillator", "with the levels kept", inside=OSCILLATOR),
)
EVOLVED = Section(
    *_HEAD,
    Field("evolution", "in the course of time; null without a Fock state, and with a protocol", inside=TURN_ON),
    Field("protocol", "the file's own stages; null where it gives none", "staged", inside=PROTOCOL),
    Field("numerics", "how far the numbers can be trusted, and what was skipped", inside=NUMERICS),
)
EMITTED = Section(
    *_HEAD,
    Field("emission", "what a spectrum analyser shows; null without a Fock state", inside=EMISSION),
    Field("numerics", "how far the numbers of one device can be trusted, and what was skipped", inside=NUMERICS),
    IN_FORCE,
)


def evolution_view(found: Any) -> RenderableType:
    """What ``qsb-hw evolve`` prints."""
    shown = None if found.evolution is None else turn_on_tables(found.evolution, found.numerics)
    shown = shown if found.staged is None else stages_table(found.staged, found.numerics)
    return Group(heading(found.device), stacked(shown, numerics_table(found.numerics)))


def emission_view(found: Any) -> RenderableType:
    """What ``qsb-hw spectrum`` prints."""
    shown = () if found.emission is None else emission_tables(found.emission)
    return Group(heading(found.device), stacked(*shown, numerics_table(found.numerics)))


def turn_on_tables(found: TurnOn, numerics: Numerics) -> RenderableType:
    when = quantity(found.time.value, "s", 3)
    rows = table(
        f"Turned on from the {found.initial} state",
        label("what"), value("steady"), value("wait"), value(f"after {when}"), value("integration error"),
    )  # fmt: skip
    named: list[tuple[str, Any, float]] = [(f"P({found.target}), pumps on", found.fidelity, found.evolution.error)]
    for pair in found.pairs:
        levels = "" if pair.resonance is None else f", {ket(*pair.resonance.levels)} ↔ {ket(*pair.resonance.after)}"
        where = f"S, coupling on, Δ/2π = {COUPLED['detuning_hz'].text(pair)}{levels}"
        named.append((where, pair.S, pair.evolution.error))
    for name, course, error in named:
        forever, wait = COURSE.text(course, "forever", "wait_s")
        rows.add_row(name, forever, wait, number(course.at_time), number(error, 2))
    left_out = _left_out(numerics, found.target, bool(found.pairs))
    return stacked(rows, lines([*_remarks(found, when), *left_out]))


def _left_out(numerics: Numerics, target: int, paired: bool) -> Iterator[str]:
    """What levels and Fock states that are not kept change in the steady state, as far as that is known."""
    of_S = f"{numerics.pair_error:.1%} of S" if not math.isnan(numerics.pair_error) else "S not known"
    of_P = "not known" if math.isnan(numerics.truncation_error) else number(numerics.truncation_error, 2)
    more = f", {of_S}" if paired else ""
    yield f"Truncation error, by levels and Fock states left out: P({target}) {of_P}{more}."


def stages_table(run: Any, numerics: Numerics) -> RenderableType:
    fidelity = [run.populations(k)[:, run.target] for k in range(run.devices)]
    S = run.synchronization(0, 1) if run.devices > 1 else None
    ends = [int(np.flatnonzero(run.stage == k)[-1]) for k in range(len(run.protocol.stages))]
    rows = table(
        "Protocol: at the end of every stage", label("stage"), value("duration"), value("pumps"), value("coupling"),
        value("Δ/2π"), *(value(f"P({run.target}) of {k + 1}") for k in range(run.devices)), value("S"),
    )  # fmt: skip
    for stage, end in zip(run.protocol.stages, ends, strict=True):
        on = STAGE.text(stage, "name", "duration_s", "pumps", "coupling", "detuning_hz")
        rows.add_row(*on, *(number(float(f[end])) for f in fidelity), number(None if S is None else float(S[end])))
    error = f"Integration error at the end at most {number(run.error, 2)} (trace norm)."
    return stacked(rows, lines([error, *_left_out(numerics, run.target, run.devices > 1)]))


def _remarks(found: TurnOn, when: str) -> Iterator[str]:
    courses = [found.fidelity, *(pair.S for pair in found.pairs)]
    total = quantity(found.fidelity.wait + max((c.wait for c in courses[1:]), default=0.0), "s", 3)
    yield f"Wait {total} in all: from then on everything is within {REACHED:.0%} of the steady state."
    slow = [c for c in courses if not c.reached]
    if slow:
        yield f"{len(slow)} of these take longer than the {when} asked about: what is seen then is no steady state."
    origin = found.time.origin.value
    yield f"{when}: duration of an experiment, {origin}. The integration error bounds the trace norm of every state."


def emission_tables(found: Emission) -> Iterator[RenderableType]:
    for name, spectrum in (("Oscillator", found.spectrum), *found.ports.items()):
        title = f"{name}: lines" if name == "Oscillator" else f"Mode of {name}: lines, from its pump"
        peaks = spectrum.peaks[:MOST_LINES]
        yield LINE.table(title, peaks, "levels", "position_hz", "width_hz", "weight")
    if found.pulling is not None:
        yield _pulling_table(found, found.pulling)


def _pulling_table(found: Emission, pulling: Pulling) -> RenderableType:
    shift = pulling.shift
    rows = table(
        f"Two devices coupled by V/2π = {EMISSION['coupling_hz'].text(found)}, baths eliminated: strongest lines",
        value("detuning Δ/2π"), value("first"), value("second"), value("shift of first"), value("of second"),
    )  # fmt: skip
    chosen = np.unique(np.linspace(0, pulling.detuning.size - 1, 9).astype(int))
    for k in chosen:
        strongest = [quantity(float(to_hertz(one[0].position)), "Hz") for one in pulling.lines[k]]
        moved = [quantity(float(to_hertz(s)), "Hz", 3) for s in shift[k]]
        rows.add_row(quantity(float(to_hertz(pulling.detuning[k])), "Hz"), *strongest, *moved)
    change = EMISSION["pulling_error_hz"].text(found)
    words = (
        f"{pulling.levels} levels of each ladder; one more moves lines by up to {change} at Δ = 0 and at resonances."
        if not math.isnan(pulling.error)
        else f"All {pulling.levels} levels of each ladder are kept.",
        "Positions relative to the undetuned device; shifts are of the mean of the strongest transition's lines.",
        "On resonance lines split: `--plot` shows all of them.",
    )
    return stacked(rows, lines(words))


def _pulled(pulling: Pulling) -> Iterator[dict[str, Any]]:
    for detuning, pair, bare, shift in zip(
        pulling.detuning.tolist(), pulling.lines, pulling.uncoupled, pulling.shift, strict=True
    ):
        first, second = pair
        yield {"detuning": detuning, "first": first, "second": second, "uncoupled": bare, "shift": shift}


def is_fine(found: TurnOn | Emission | ProtocolRun | None) -> bool:
    """Whether there is a result that converged."""
    return found is not None and found.ok and not math.isnan(found.certificate.error_bound)

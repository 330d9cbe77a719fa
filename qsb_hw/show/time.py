"""What an experiment shows before the steady state, and on a spectrum analyser."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from qsb_hw.model.vocabulary import NEUTRAL
from qsb_hw.questions.chip_lines import ChipEmission
from qsb_hw.questions.chip_time import ChipTurnOn
from qsb_hw.questions.lines import Emission, Pulling
from qsb_hw.questions.numerics import Numerics
from qsb_hw.questions.protocol import ProtocolRun
from qsb_hw.questions.turn_on import REACHED, TurnOn
from qsb_hw.result import Result
from qsb_hw.show.chip import CHIP, chip_heading, signed
from qsb_hw.show.detail import Detail, Notes
from qsb_hw.show.device import DEVICE, OSCILLATOR, heading
from qsb_hw.show.fields import Field, Section, With
from qsb_hw.show.numerics import IN_FORCE, NUMERICS, numerics_table
from qsb_hw.show.style import BAD, answer, at_terminal, label, lines, skipped, stacked, table, value, verbose
from qsb_hw.show.text import NONE, ket, number, percent, position, quantity, transition
from qsb_hw.sync.spectrum import Spectrum
from qsb_hw.units import FLUX_QUANTUM, to_hertz

MOST_LINES = 8
"""Lines that a table shows."""

COURSE = Section(
    Field("times_s", "at which it was computed"),
    Field("values", "the number at those times; errors are below `error`"),
    Field("forever", "in the steady state", symbol="steady"),
    Field("wait_s", f"from which on it is within {percent(REACHED)} of the steady state (of one device: share of the "
                    "population that would still move)", symbol="wait", digits=3),
    Field("time_s", "duration asked about"),
    Field("at_time", "the number then"),
    Field("reached", "whether the steady state is reached by then"),
)  # fmt: skip
COUPLED = Section(
    Field("detuning_hz", "Δ/2π", symbol="detuning Δ/2π", show=transition),
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


def _over(setting: Any, by: float) -> Any:
    """One number or several by name, times a factor."""
    return {k: by * v for k, v in setting.items()} if isinstance(setting, Mapping) else by * setting


def _flux(setting: Any) -> str:
    """In flux quanta, as device files have it."""
    found = _over(setting, 1 / FLUX_QUANTUM)
    if isinstance(found, Mapping):
        return ", ".join(f"{name} {number(float(one), 4)} Φ0" for name, one in found.items())
    return f"{number(float(found), 4)} Φ0"


def _setting(setting: Any, unit: str = "") -> str:
    if isinstance(setting, Mapping):
        return ", ".join(f"{name} {quantity(float(one), unit, 4)}" for name, one in setting.items())
    return quantity(float(setting), unit, 4)


STAGE = Section(
    Field("name", "of the stage", symbol="stage"),
    Field("duration_s", "how long it takes", symbol="duration"),
    Field("pumps", "share of pump amplitudes at its end, of all nodes or by node", symbol="pumps", show=_setting),
    Field("coupling", "share of V at its end, of all links or by link", symbol="coupling", show=_setting),
    Field(
        "detuning_hz",
        "by which spacings are raised at its end, over 2π, of the first node or by node",
        lambda s: s.detuning,
        symbol="detuning/2π",
        show=lambda d: _setting(d, "Hz"),
    ),
    Field(
        "flux_wb",
        "flux bias at its end, of the first node or by node; null where the file's stays",
        lambda s: s.flux,
        symbol="flux",
        unit="Wb",
        show=_flux,
    ),
    Field("ramp", "whether these are reached linearly"),
)


def _two(run: ProtocolRun) -> list[tuple[int, int]]:
    return [(j, k) for j in range(run.size) for k in range(j + 1, run.size)]


STAGED_PAIR = Section(
    Field("between", "names of the nodes", lambda x: [x.names[k] for k in x.pair]),
    Field("S", "synchronization measure at the times of the run", lambda x: x.synchronization(*x.pair)),
)
PROTOCOL = Section(
    Field("stages", "what is on, one after the other", "protocol.stages", each=STAGE),
    Field("times_s", "since the beginning; those at which stages meet twice", "times"),
    Field("stage", "number of the stage at each time, from 0", lambda run: run.stage.astype(int)),
    Field("names", "of the nodes; A and its twin B of the file of one device"),
    Field("eliminated", "whether baths are eliminated at every moment"),
    Field("fidelity", "P(n0) of each node at those times",
          lambda run: [run.fidelity(k) for k in range(run.size)]),
    Field("S", "synchronization measure of two nodes at those times; null unless there are two",
          lambda run: run.synchronization(0, 1) if run.size == 2 else None),
    Field("pairs", "every two nodes", lambda run: [With(run, pair=pair) for pair in _two(run)], each=STAGED_PAIR),
    Field("steps", "that each stage is cut into; 1 where nothing changes", lambda run: [s.steps for s in run.stages]),
    Field("error", "bound on the trace norm of the error at the end, with what the steps of ramps leave"),
)  # fmt: skip
NODE_ON = Section(
    Field("name", "of the node", symbol="node"),
    Field("target", "n0"),
    Field("fidelity", "P(n0)", inside=COURSE),
)
LINK_ON = Section(
    Field("name", "both names, joined", symbol="link"),
    Field("S", "synchronization measure after the coupling is turned on", inside=COURSE),
)
CHIP_TURN_ON = Section(
    Field("initial", '"ground" or "thermal"'),
    Field("time_s", "duration asked about", "time.value"),
    Field("time_origin", "where that comes from", "time.origin"),
    Field("wait_s", "until everything stands: pumps first, then the couplings"),
    Field("nodes", "each complete node alone after the pumps are turned on", each=Section(
        *NODE_ON.fields.values(),
        Field("populations", "of its levels at the times of `fidelity`"),
        Field("error", "bound on the trace norm of the error of every state", "evolution.error"),
    )),
    Field("links", "each judged link by itself, every bath kept, where the nodes stand", each=Section(
        *LINK_ON.fields.values(),
        Field("S_error", "relative, of the steady S, by levels and Fock states left out; null where not known"),
        Field("dims", "dimensions of the complete pair", "evolution.model.dims"),
        Field("error", "bound on the trace norm of the error of every state", "evolution.error"),
    )),
    Field("networks", "nodes that couplings join, baths eliminated, after all couplings are turned on", each=Section(
        Field("nodes", "P(n0) of each", each=NODE_ON),
        Field("pairs", "S of every two", each=LINK_ON),
        Field("dims", "dimensions of the network", "evolution.model.dims"),
        Field("shortened", "whether ladders are shorter than in the steady state"),
        Field("error", "bound on the trace norm of the error of every state", "evolution.error"),
        Field("accuracy", "bound on it that was asked for"),
    )),
    Field("truncation_error", "largest error of a steady S of the networks by levels left out; null where not known"),
)  # fmt: skip
LINE = Section(
    Field("position_hz", "of the emitted quantum, over 2π", symbol="position", show=position),
    Field("width_hz", "full width at half maximum, over 2π", symbol="width", digits=3),
    Field("weight", "quanta in the line; negative for a dip in another line", symbol="quanta", digits=3),
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
    Field("at", "what was varied instead of Δ, in its unit; null where it was Δ"),
    Field("first", "visible lines of the detuned device, positions relative to the undetuned one's transition",
          each=LINE),
    Field("second", "visible lines of the other device", each=LINE),
    Field("uncoupled_hz", "position of the strongest line of either without coupling"),
    Field("shift_hz", "by which the coupling moves the mean position of the strongest transition's lines"),
)  # fmt: skip
LINK_LINES = Section(
    Field("between", "names of the nodes; the first one is detuned"),
    Field("name", "both names, joined", symbol="link"),
    Field("coupling_hz", "V/2π with its sign; |V|/2π where V is complex", lambda x: signed(x.coupling), symbol="V/2π"),
    Field("detuning_hz", "Δ/2π where the nodes stand", symbol="Δ/2π"),
    Field("along", "path of what was varied; empty for Δ", "pulling.along"),
    Field("unit", "of `pulling[].at`", "pulling.unit"),
    Field("pulling", "lines of both nodes, baths eliminated", lambda x: list(_pulled(x.pulling)), each=PULLED),
    Field("levels", "that each ladder keeps", "pulling.levels"),
    Field("error_hz", "largest change of a position by one more level; null where the ladders have no more",
          "pulling.error"),
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
CHIP_EMISSION = Section(
    Field("nodes", "every complete node by itself, without coupling", lambda e: [
        With(one, name=name) for name, one in zip(e.chip.names, e.nodes, strict=True)
    ], each=Section(
        Field("name", "of the node"), Field("target", "n0"),
        Field("spectrum", "of the oscillator", inside=SPECTRUM),
        Field("ports", "of the mode of every bath", lambda e: list(e.ports.items()), each=PORT),
    )),
    Field("links", "two nodes each with their coupling", each=LINK_LINES),
)  # fmt: skip
CHIP_EMITTED = Section(
    Field("chip", "what the chip is", inside=CHIP),
    Field("emission", "what a spectrum analyser shows; null without Fock states", inside=CHIP_EMISSION),
    Field("skipped", "what was not computed, and why"),
)
CHIP_EVOLVED = Section(
    Field("chip", "what the chip is", inside=CHIP),
    Field("evolution", "in the course of time; null without Fock states, and with a protocol", inside=CHIP_TURN_ON),
    Field("protocol", "the file's own stages; null where it gives none", "staged", inside=PROTOCOL),
    Field("skipped", "what was not computed, and why"),
)
EMITTED = Section(
    *_HEAD,
    Field("emission", "what a spectrum analyser shows; null without a Fock state", inside=EMISSION),
    Field("numerics", "how far the numbers of one device can be trusted, and what was skipped", inside=NUMERICS),
    IN_FORCE,
)


_THEN = f"from then on everything is within {percent(REACHED)} of the steady state."


def evolution_view(found: Any) -> RenderableType:
    """What ``qsb-hw evolve`` prints."""
    run = found.evolution if found.staged is None else found.staged
    shown, said = None, ["Not known: there is no Fock state."]
    if found.evolution is not None:
        shown = turn_on_tables(found.evolution, found.numerics, found.device.vocabulary.drives)
        said = [*_waits(found.evolution, quantity(found.evolution.time.value, "s", 3))]
    elif found.staged is not None:
        drives = found.device.vocabulary.drives
        shown, said = stages_table(found.staged, found.numerics, drives), [_at_the_end(found.staged)]
    return stacked(
        heading(found.device), answer("How long must one wait?", Notes(tuple(said)), _unsure(run)),
        skipped(found.numerics.skipped), shown, numerics_table(found.numerics))  # fmt: skip


def emission_view(found: Any) -> RenderableType:
    """What ``qsb-hw spectrum`` prints."""
    shown: Iterable[RenderableType] = ()
    said = "Not known: there is no Fock state."
    if found.emission is not None:
        shown, said = emission_tables(found.emission), _strongest(found.emission)
    return stacked(
        heading(found.device), answer("What does a spectrum analyser show?", Text(said), _unsure(found.emission)),
        skipped(found.numerics.skipped), *shown, numerics_table(found.numerics))  # fmt: skip


def _unsure(found: Result | None) -> Text | None:
    """Why a result did not converge, and what to do."""
    return None if found is None or found.ok else Text(f"Not converged: {found.message}", style=BAD)


def _strongest(found: Emission) -> str:
    """Position and width of the strongest line, and how far the coupling pulls."""
    if not found.spectrum.peaks:
        return "No line."
    levels, position, width, weight = LINE.text(found.spectrum.peaks[0], "levels", "position_hz", "width_hz", "weight")
    said = f"Strongest line {levels} at {position}, {width} wide, {weight} quanta."
    if found.pulling is not None and found.pulling.shift.size:
        largest = quantity(float(to_hertz(np.nanmax(np.abs(found.pulling.shift)))), "Hz", 3)
        said += f" Two devices coupled by V/2π = {EMISSION['coupling_hz'].text(found)} pull lines by up to {largest}."
    return said


def _at_the_end(run: ProtocolRun) -> str:
    """P(n0) and S at the end of the last stage."""
    held = [f"P({n}) of {name} = {number(float(run.fidelity(k)[-1]))}"
            for k, (n, name) in enumerate(zip(run.targets, run.names, strict=True))]  # fmt: skip
    S = [f"S of {run.names[j]}-{run.names[k]} = {number(float(run.synchronization(j, k)[-1]))}" for j, k in _two(run)]
    return f"At the end of the protocol: {', '.join([*held, *S])}."


def turn_on_tables(found: TurnOn, numerics: Numerics, drives: str = NEUTRAL.drives) -> RenderableType:
    """P(n0) and S in the steady state and at the end, how long to wait, and how to read it.

    `drives` is what the platform calls them.
    """
    when = quantity(found.time.value, "s", 3)
    rows = table(
        f"Turned on from the {found.initial} state",
        label("what"), value("steady"), value("wait"), value(f"after {when}"), value("integration error"),
    )  # fmt: skip
    named: list[tuple[str, Any, float]] = [(f"P({found.target}), {drives} on", found.fidelity, found.evolution.error)]
    for pair in found.pairs:
        levels = "" if pair.resonance is None else f", {ket(*pair.resonance.levels)} ↔ {ket(*pair.resonance.after)}"
        where = f"S, coupling on, Δ/2π = {COUPLED['detuning_hz'].text(pair)}{levels}"
        named.append((where, pair.S, pair.evolution.error))
    for name, course, error in named:
        forever, wait = COURSE.text(course, "forever", "wait_s")
        rows.add_row(name, forever, wait, number(course.at_time), number(error, 2))
    left_out = _left_out(numerics, found.target, bool(found.pairs))
    return stacked(rows, lines(_waits(found, when)), verbose(lines([*_remarks(found, when), *left_out])))


def _left_out(numerics: Numerics, target: int, paired: bool) -> Iterator[str]:
    """What levels and Fock states that are not kept change in the steady state, as far as that is known."""
    of_S = f"{percent(numerics.pair_error, 1)} of S" if not math.isnan(numerics.pair_error) else "S not known"
    of_P = "not known" if math.isnan(numerics.truncation_error) else number(numerics.truncation_error, 2)
    more = f", {of_S}" if paired else ""
    yield f"Truncation error, by levels and Fock states left out: P({target}) {of_P}{more}."


def stages_table(run: ProtocolRun, numerics: Numerics | None = None, drives: str = NEUTRAL.drives) -> RenderableType:
    """What is on and what is reached at the end of every stage; what is left out where `numerics` are given."""
    left_out = () if numerics is None else _left_out(numerics, run.targets[0] or 0, run.size > 1)
    ends = [int(np.flatnonzero(run.stage == k)[-1]) for k in range(len(run.protocol.stages))]
    pairs = _two(run)
    rows = table(
        "Protocol: at the end of every stage", label("stage"), value("duration"), value(drives), value("coupling"),
        value("detuning/2π"), value("flux"), *(value(f"P({n}) of {name}") for n, name in zip(run.targets, run.names,
        strict=True)), *(value(f"S {run.names[j]}-{run.names[k]}") for j, k in pairs),
    )  # fmt: skip
    for stage, end in zip(run.protocol.stages, ends, strict=True):
        on = STAGE.text(stage, "name", "duration_s", "pumps", "coupling", "detuning_hz", "flux_wb")
        fidelity = (number(float(run.fidelity(k)[end])) for k in range(run.size))
        rows.add_row(*on, *fidelity, *(number(float(run.synchronization(*p)[end])) for p in pairs))
    steps = [s.steps for s, stage in zip(run.stages, run.protocol.stages, strict=True) if stage.ramp]
    ramps = f" Ramps are cut into {', '.join(map(str, steps))} steps." if steps else ""
    return stacked(rows, lines([
        f"Integration error at the end at most {number(run.error, 2)} (trace norm).{ramps}",
        *(["Baths are eliminated at every moment: what is faster than κ is not resolved."] if run.eliminated else []),
        *([] if run.ok else [run.message]), *left_out,
    ]))  # fmt: skip


def chip_evolution_view(found: Any) -> RenderableType:
    """What ``qsb-hw evolve`` prints of a chip."""
    run = found.evolution if found.staged is None else found.staged
    shown, said = None, ["Not known: there is no Fock state."]
    if found.evolution is not None:
        shown, said = _chip_turn_on_table(found.evolution), [*_chip_waits(found.evolution)]
    elif found.staged is not None:
        drives = found.chip.drives
        shown, said = stages_table(found.staged, drives=drives), [_at_the_end(found.staged)]
    return stacked(
        chip_heading(found.chip), answer("How long must one wait?", Notes(tuple(said)), _unsure(run)),
        skipped(found.skipped), shown)  # fmt: skip


def _chip_turn_on_table(found: ChipTurnOn) -> RenderableType:
    when = quantity(found.time.value, "s", 3)
    rows = table(
        f"Turned on from the {found.initial} state", label("what"), value("steady"), value("wait"),
        value(f"after {when}"), value("integration error"),
    )  # fmt: skip
    named: list[tuple[str, Any, float]] = [
        *((f"P({n.target}) of {n.name}, {found.chip.drives} on", n.fidelity, n.evolution.error) for n in found.nodes),
        *((f"S of {x.name}, this coupling on", x.S, x.evolution.error) for x in found.links),
        *((f"S of {p.name}, all on, eliminated", p.S, w.evolution.error) for w in found.networks for p in w.pairs),
        *((f"P({n.target}) of {n.name}, all on, eliminated", n.fidelity, w.evolution.error)
          for w in found.networks for n in w.nodes),
    ]  # fmt: skip
    for name, course, error in named:
        forever, wait = COURSE.text(course, "forever", "wait_s")
        rows.add_row(name, forever, wait, number(course.at_time), number(error, 2))
    when = quantity(found.time.value, "s", 3)
    left = "" if math.isnan(found.truncation_error) else (
        f"Truncation error of S among all nodes: {number(found.truncation_error, 2)}.")  # fmt: skip
    notes = [
        (w.shortened,
         f"{', '.join(n.name for n in w.nodes)} together: ladders of {_several(w.evolution.model.dims)} levels in time"
         f"{', fewer than in the steady state' if w.shortened else ''}; integration error at most "
         f"{number(w.accuracy, 2)}.")
        for w in found.networks
    ]  # fmt: skip
    options = ["`--time-states` allows longer ladders."] if any(w.shortened for w in found.networks) else []
    options += (
        ["`--time-accuracy` sets the integration error."] if any(len(w.nodes) > 2 for w in found.networks) else []
    )
    return stacked(
        rows, lines([text for shortened, text in notes if shortened]), at_terminal(options) if options else None,
        verbose(lines([
            *(text for shortened, text in notes if not shortened), *([left] if left else []),
            f"{when}: duration of an experiment, {found.time.origin.value}. Couplings are turned on once the Fock "
            "states are reached.",
        ])),
    )  # fmt: skip


def _chip_waits(found: ChipTurnOn) -> Iterator[str]:
    """The answer for a chip: how long until nothing changes any more, and whether that is reached."""
    yield f"Wait {quantity(found.wait, 's', 3)} in all: {_THEN}"
    yield from _late(sum(not course.reached for course in found.courses), quantity(found.time.value, "s", 3))


def _waits(found: TurnOn, when: str) -> Iterator[str]:
    """The answer: how long until nothing changes any more, and whether that is reached."""
    courses = [found.fidelity, *(pair.S for pair in found.pairs)]
    total = quantity(found.fidelity.wait + max((c.wait for c in courses[1:]), default=0.0), "s", 3)
    yield f"Wait {total} in all: {_THEN}"
    yield from _late(sum(not c.reached for c in courses), when)


def _late(slow: int, when: str) -> Iterator[str]:
    if slow:
        yield f"{slow} of these take longer than the {when} asked about: what is seen then is no steady state."


def _several(levels: Sequence[int]) -> str:
    """Numbers of levels, once where they are the same."""
    return " · ".join(str(n) for n in (levels[:1] if len(set(levels)) == 1 else levels))


def _remarks(found: TurnOn, when: str) -> Iterator[str]:
    origin = found.time.origin.value
    yield f"{when}: duration of an experiment, {origin}. The integration error bounds the trace norm of every state."


def emission_tables(found: Emission) -> Iterator[RenderableType]:
    """Lines of a device and of its modes, and how two devices pull them."""
    for name, spectrum in (("Oscillator", found.spectrum), *found.ports.items()):
        title = f"{name}: lines" if name == "Oscillator" else f"Mode of {name}: lines, from its pump"
        peaks = spectrum.peaks[:MOST_LINES]
        detail = Detail.NORMAL if name == "Oscillator" else Detail.VERBOSE
        yield LINE.table(title, peaks, "levels", "position_hz", "width_hz", "weight", detail=detail)
    yield from _dips((found.spectrum,))
    if found.pulling is not None:
        yield _pulling_table(found, found.pulling)


def _dips(spectra: Iterable[Spectrum]) -> Iterator[RenderableType]:
    """What negative quanta are, where a table has some."""
    if any(line.weight < 0 for spectrum in spectra for line in spectrum.peaks[:MOST_LINES]):
        yield lines(["Negative quanta: a dip in another line at the same place."])


def _pulling_table(found: Emission, pulling: Pulling) -> RenderableType:
    title = f"Two devices coupled by V/2π = {EMISSION['coupling_hz'].text(found)}, baths eliminated: strongest lines"
    return pulling_table(title, pulling, ("first", "second"))


def pulling_table(title: str, pulling: Pulling, names: Sequence[str]) -> RenderableType:
    """Strongest lines of two devices over their detuning, or over what was varied, and how far coupling moves them."""
    shift = pulling.shift
    varied = [] if pulling.at is None else [value(f"{pulling.along.rpartition('.')[2]} ({pulling.unit})")]
    rows = table(
        title, *varied, value("detuning Δ/2π"), *(value(name) for name in names),
        *(value(f"shift of {name}") for name in names), detail=Detail.VERBOSE if pulling.at is None else None,
    )  # fmt: skip
    for k in np.unique(np.linspace(0, pulling.detuning.size - 1, 9).astype(int)):
        strongest = [transition(float(to_hertz(one[0].position))) if one else NONE for one in pulling.lines[k]]
        moved = [quantity(float(to_hertz(s)), "Hz", 3) for s in shift[k]]
        at = [] if pulling.at is None else [number(float(pulling.at[k]), 6)]
        rows.add_row(*at, transition(float(to_hertz(pulling.detuning[k]))), *strongest, *moved)
    change = quantity(float(to_hertz(pulling.error)), "Hz", 3)
    where = "at Δ = 0 and at resonances" if pulling.at is None else "at either end"
    words = (
        f"{pulling.levels} levels of each ladder; one more moves lines by up to {change} {where}."
        if not math.isnan(pulling.error)
        else f"All {pulling.levels} levels of each ladder are kept.",
        f"Positions relative to the transition of {names[1]}; shifts are of the mean of the strongest transition's "
        "lines.",
        "On resonance lines split; the figure shows all of them.",
    )
    return stacked(rows, verbose(lines(words)), verbose(at_terminal(["The figure: `--plot FILE`."])))


def chip_emission_view(found: Any) -> RenderableType:
    """What ``qsb-hw spectrum`` prints of a chip."""
    shown: list[RenderableType] = []
    said = ["Not known: there is no Fock state."]
    if found.emission is not None:
        said = [*_chip_pulls(found.emission)]
        for name, one in zip(found.chip.names, found.emission.nodes, strict=True):
            peaks = one.spectrum.peaks[:MOST_LINES]
            shown.append(LINE.table(f"{name} without coupling: lines", peaks, "levels", "position_hz", "width_hz",
                                    "weight"))  # fmt: skip
        shown += _dips(one.spectrum for one in found.emission.nodes)
        for link in found.emission.links:
            V, here = LINK_LINES.text(link, "coupling_hz", "detuning_hz")
            title = f"{link.name}, V/2π = {V}, Δ/2π = {here} where they stand, baths eliminated: strongest lines"
            shown.append(pulling_table(title, link.pulling, link.between))
    seen = answer("What does a spectrum analyser show?", Notes(tuple(said)), _unsure(found.emission))
    return stacked(
        chip_heading(found.chip), seen, skipped(found.skipped), *shown)  # fmt: skip


def _chip_pulls(found: ChipEmission) -> Iterator[str]:
    """The strongest line of every node, and how far every coupling moves lines, at most."""
    for name, one in zip(found.chip.names, found.nodes, strict=True):
        strongest = _strongest(one)
        yield f"{name}: {strongest[0].lower()}{strongest[1:]}"
    for link in found.links:
        shift = np.abs(link.pulling.shift)
        if shift.size and not np.isnan(shift).all():
            V = LINK_LINES["coupling_hz"].text(link)
            most = quantity(float(to_hertz(np.nanmax(shift))), "Hz", 3)
            yield f"{link.name}: V/2π = {V} pulls lines by up to {most}."
    if not found.links:
        yield "No two nodes are coupled."


def _pulled(pulling: Pulling) -> Iterator[dict[str, Any]]:
    at = [None] * pulling.detuning.size if pulling.at is None else pulling.at.tolist()
    for number_, detuning, pair, bare, shift in zip(
        at, pulling.detuning.tolist(), pulling.lines, pulling.uncoupled, pulling.shift, strict=True
    ):
        first, second = pair
        yield {
            "detuning": detuning, "at": number_, "first": first, "second": second, "uncoupled": bare, "shift": shift
        }  # fmt: skip


def is_fine(found: TurnOn | ChipTurnOn | Emission | ChipEmission | ProtocolRun | None) -> bool:
    """Whether there is a result that converged."""
    return found is not None and found.ok and not math.isnan(found.certificate.error_bound)

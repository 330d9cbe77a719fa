"""A chip: its verdict first, then nodes, links, and the network of all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from qsb_hw.analysis.chip import ChipNetwork, DirectLink, Mediation
from qsb_hw.elimination.compare import Comparison
from qsb_hw.model.chip import Chip
from qsb_hw.model.criterion import Criterion, CriterionKind
from qsb_hw.model.device import gamma_of
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.chip import ChipAssessment, ChipSynchronization, LinkAssessment, UnwantedCoupling
from qsb_hw.questions.criteria import Verdict
from qsb_hw.show.advice import tradeoffs
from qsb_hw.show.criteria import (
    COLOURS,
    CRITERION,
    LASTING,
    bound_text,
    criteria_tables,
    is_fine,
    margin_text,
    not_checked,
    rule_part,
    standing,
    stated,
    value_text,
    verdict_colour,
    worst_first,
)
from qsb_hw.show.detail import Detail, HouseTable, Part
from qsb_hw.show.device import DERIVED, DEVICE, OSCILLATOR
from qsb_hw.show.effective import COMPARISON, EFFECTIVE, LEFT, RIGHT
from qsb_hw.show.fields import CERTIFICATE, Cell, Field, Section
from qsb_hw.show.network import s_matrix
from qsb_hw.show.numerics import NUMERICS
from qsb_hw.show.style import (
    BAD,
    GOOD,
    QUIET,
    WARNING,
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
from qsb_hw.show.synchronization import RESONANCE
from qsb_hw.show.text import NONE, ket, number, quantity, transition, with_error
from qsb_hw.units import to_hertz

MOST_PAIRS = 10
"""Pairs of nodes whose S stands in the answer."""


def signed(coupling: complex) -> float:
    """V as one real number: with its sign where it has one, else |V|."""
    return coupling.real if coupling.imag == 0 else abs(coupling)


def _fidelity(node: Assessment) -> float:
    return math.nan if node.comparison is None else node.comparison.fock_fidelity(node.comparison.populations_full)


NODE = Section(
    Field("name", "of the node", "device.name", symbol="node"),
    Field("verdict", "on the device by itself", symbol="verdict"),
    Field("frequency_hz", "0→1 transition, ω/2π", lambda n: n.oscillator.ladder.transition_frequencies[0],
          symbol="ω/2π", show=transition),
    Field("gamma_hz", "γ/2π of the weakest tone", lambda n: gamma_of(n.device), symbol="γ/2π"),
    Field("fidelity", "P(n0) of the full model; null without a Fock state", _fidelity, symbol="P(n0)", digits=3),
    Field("device", "what the node is", inside=DEVICE),
    Field("oscillator", "with the levels kept", inside=OSCILLATOR),
    Field("effective", "baths eliminated", lambda n: n, inside=EFFECTIVE),
    Field("criteria", "requirements, approximation checks, numerical checks", each=CRITERION),
    Field("comparison", "full model against eliminated; null without a Fock state", inside=COMPARISON),
    Field("lasting", "populations in the course of time; null without a steady state", inside=LASTING),
    Field("numerics", "how far the numbers can be trusted, and what was skipped", inside=NUMERICS),
)  # fmt: skip
LINK = Section(
    Field("between", "names of the nodes, in the order of the chip"),
    Field("name", "both names, joined", symbol="link"),
    Field("coupling_hz", "V/2π with its sign; |V|/2π where V is complex", lambda x: signed(x.coupling), symbol="V/2π"),
    Field("coupling_phase", "arg V in rad", lambda x: float(np.angle(x.coupling))),
    Field("gammas_hz", "γ/2π of the weakest tone of either node", lambda x: np.array(x.gammas)),
    Field("detuning_hz", "Δ/2π where the nodes stand, Δ = ω_1 − ω_2 of the 0–1 transitions with the baths' shifts",
          lambda x: x.link.detuning if x.prediction else None, symbol="Δ/2π", show=transition),
    Field("blockade_hz", "Δ/2π midway between the resonances, where the mean frequencies around n0 coincide",
          lambda x: x.link.blockade if x.prediction else None, symbol="blockade Δ/2π"),
    Field("resonances_hz", "Δ/2π of |n_1, n_2⟩ ↔ |n_1 ∓ 1, n_2 ± 1⟩ of the two real ladders",
          lambda x: np.array([r.detuning for r in x.link.resonances]) if x.prediction else None),
    Field("resonances", "the resonant levels", lambda x: x.link.resonances if x.prediction else None, each=RESONANCE),
    Field("half_width_hz", "half the width of a line of S(Δ)/2π: rates around n0 and V",
          lambda x: x.pair.half_width if x.prediction else None, symbol="half-width", digits=3),
    Field("to_resonance", "from where the nodes stand to the nearest resonance, in half-widths",
          lambda x: x.pair.to_resonance if x.prediction else None, symbol="to resonance", digits=3),
    Field("to_blockade", "from where the nodes stand to the blockade point, in half-widths",
          lambda x: x.pair.to_blockade if x.prediction else None, symbol="to blockade", digits=3),
    Field("working_point", '"at a resonance", "blockaded" or "off resonance": where the nodes stand',
          symbol="the nodes stand"),
    Field("S", "of the complete pair where the nodes stand", "prediction.S_working", symbol="S here", digits=3),
    Field("S_error", "relative, of `S`, by levels and Fock states left out; null where it is not known", digits=2),
    Field("S_resonance", "at the weaker resonance", "prediction.S_resonance", symbol="S, resonance", digits=3),
    Field("S_blockade", "at the blockade point", "prediction.S_blockade", symbol="S, blockade", digits=3),
    Field("contrast", "S(resonance)/S(blockade) of the complete pair, wherever the nodes stand", symbol="contrast",
          digits=3),
    Field("contrast_eliminated", "the same of the eliminated pair", "prediction.contrast_eliminated", digits=3),
    Field("S_network", "among all nodes as they stand, baths eliminated", symbol="S, network", digits=3),
    Field("verdict", "on the link by its own criteria", symbol="verdict"),
    Field("criteria", "of the link", each=CRITERION),
    Field("pair_levels", "levels of either ladder of the complete pair",
          lambda x: list(x.pair.size.both) if x.prediction else None),
    Field("pair_bath_levels", "Fock states of each auxiliary mode of it; null where no bath is a mode",
          lambda x: int(x.pair.size.bath_levels.value) if x.prediction and x.pair.size.bath_levels else None),
    Field("pair_error", "relative change of `S_resonance` and `S_blockade` by more levels and one more Fock state",
          lambda x: x.pair.size.total_error if x.prediction else None),
    Field("contrast_error", "relative change of the contrast likewise",
          lambda x: x.pair.size.total_contrast_error if x.prediction else None),
    Field("status", '"converged" if every solve of the pair was'),
)  # fmt: skip
UNWANTED = Section(
    Field("between", "names of the nodes"),
    Field("name", "both names, joined", lambda x: "-".join(x.between), symbol="nodes"),
    Field("coupling_hz", "V/2π with its sign; |V|/2π where V is complex", lambda x: signed(x.coupling), symbol="V/2π"),
    Field("ratio", "|V| over the smaller γ", symbol="|V|/γ", digits=3),
)
MEDIATION = Section(
    Field("between", "names of the nodes"),
    Field("name", "both names, joined", lambda x: "-".join(x.between), symbol="nodes"),
    Field("through", "nodes that judged links join to both"),
    Field("coupling_hz", "V/2π of the direct coupling with its sign; |V|/2π where V is complex",
          lambda x: signed(x.coupling), symbol="direct V/2π"),
    Field("S", "with all couplings", symbol="S, all", digits=3),
    Field("S_mediated", "without the direct coupling", symbol="S, mediated", digits=3),
    Field("S_direct", "with the direct coupling alone", symbol="S, direct", digits=3),
    Field("S_reversed", "with the sign of the direct coupling turned", symbol="S, −V", digits=3),
    Field("error", "of S − S_mediated, by the levels left out; null where it cannot be told", digits=2),
    Field("direct_link", "what the direct coupling does to S: helps, hinders, or why that is not said",
          symbol="the direct coupling"),
)  # fmt: skip
SOLVED = Section(
    Field("S", "of every two nodes, by row and column in the order of the nodes; null on the diagonal"),
    Field("levels", "of each ladder", lambda n: [int(c.value) for c in n.levels]),
    Field("populations", "of each node's levels"),
    Field("truncation_error", "largest error of a population or S by the levels left out; null where not known"),
    Field("status", '"converged" if every part was'),
    *CERTIFICATE,
)
NETWORK = Section(
    Field("eliminated", "all nodes as they stand, baths eliminated; null where not solved", "network", inside=SOLVED),
    Field("complete", "with every bath; null where not solved", "complete_network", inside=SOLVED),
    Field("complete_states", "states of the complete network, of the largest part that couplings join",
          "estimate.states"),
    Field("complete_memory_bytes", "it takes about so much", "estimate.memory", unit="B"),
    Field("complete_time_s", "and so long", "estimate.seconds"),
    Field("mediation", "nodes that are coupled through a third one", each=MEDIATION),
    Field("unwanted", "couplings that are not judged as links", each=UNWANTED),
)  # fmt: skip
CHIP = Section(
    *(Field(key, "from the chip file") for key in ("name", "platform", "description")),
    Field("nodes", "their names in order", "names"),
    Field("coupling_hz", "V/2π of every two nodes with its sign, by row and column; |V|/2π where V is complex",
          lambda c: np.vectorize(signed, otypes=[float])(c.coupling)),
    Field("derived_quantities", "of the chip as a whole", each=DERIVED),
)  # fmt: skip
CHIP_NUMERICS = Section(
    Field("status", '"converged" if every solve was, else that of the first that was not'),
    *CERTIFICATE,
    Field("truncation_error", "of the eliminated network; null where not known"),
    Field("skipped", "what was not computed, and why"),
)
CHIP_CHECK = Section(
    Field("chip", "what the chip is", inside=CHIP),
    Field("verdict", '"feasible", "borderline", "infeasible", or "undecided"; the worst of nodes, links and chip'),
    Field("limited_by", 'names of nodes and links with that verdict, and "chip" where its own criteria have it'),
    Field("nodes", "each device by itself", each=NODE),
    Field("links", "couplings that are judged", each=LINK),
    Field("criteria", "of the chip as a whole", each=CRITERION),
    Field("network", "all nodes together, as they stand", lambda a: a, inside=NETWORK),
    Field("numerics", "how far the numbers can be trusted, and what was skipped", lambda a: a, inside=CHIP_NUMERICS),
)


def chip_assessment_view(assessment: ChipAssessment) -> RenderableType:
    """Everything that `check` prints of a chip: the verdict first."""
    a = assessment
    return stacked(
        chip_heading(a.chip), chip_verdict_panel(a), skipped(a.skipped), not_checked(a.criteria),
        brief(nodes_table(a.nodes)), *links_tables(a.links), unwanted_table(a.unwanted), *network_tables(a),
        weak_points(a), criteria_tables(a.criteria, left_out=False), chip_numerics_table(a),
        verbose(at_terminal([
            "Everything about one node: `check CHIP --node NAME`; its error budget: `compare CHIP --node NAME "
            "--hierarchy`, its noise: `budget CHIP --node NAME`."
        ])))  # fmt: skip


def chip_tables(chip: Chip) -> RenderableType:
    """A chip as it is: its nodes, V of every two of them, and what is derived of it."""
    rows = table("Nodes", label("node"), value("n0"), value("ω/2π"), value("K/2π"), value("γ/2π"))
    for node in chip.nodes:
        ladder = node.complete.ladder
        kerr = to_hertz(ladder.kerr_at(node.target)) if 1 <= node.target <= ladder.levels - 2 else None
        gamma = float(to_hertz(gamma_of(node)))
        frequency = float(to_hertz(ladder.transition_frequencies[0]))
        rows.add_row(node.name, str(node.target), transition(frequency), quantity(kerr, "Hz"),
                     quantity(gamma, "Hz"))  # fmt: skip
    couplings = table("Couplings", label("nodes"), value("V/2π"))
    for one, other in chip.links:
        V = to_hertz(signed(chip.coupling_between(one, other)))
        couplings.add_row(f"{one}-{other}", quantity(float(V), "Hz"))
    more = [one for one in chip.derived_quantities if not one.key.startswith("coupling_")]  # these have a table
    derived = DERIVED.table(
        "Chip", more, "name", (value("value"), lambda one: quantity(one.value, one.unit)),
        (label("", style=QUIET), lambda one: one.note),
    ) if more else None  # fmt: skip
    return stacked(chip_heading(chip), rows, couplings if chip.links else None, derived)


def chip_heading(chip: Chip) -> Part:
    """Name and description in one line."""
    return named(chip.name, chip.description)


def nodes_table(nodes: Sequence[Assessment]) -> HouseTable:
    """One row per node: what it is, P(n0), and the verdict."""
    return NODE.table(
        "Nodes, each by itself", nodes, "name", (value("n0"), lambda n: str(n.device.target)), "frequency_hz",
        (value("K/2π"), lambda n: OSCILLATOR["kerr_hz"].text(n.oscillator)), "gamma_hz",
        (value("P(n0)"), lambda n: with_error(NODE["fidelity"].value(n), n.numerics.truncation_error)),
        (label("verdict"), lambda n: _word(n.verdict)), detail=Detail.BRIEF,
    )  # fmt: skip


def links_tables(links: Sequence[LinkAssessment], judged: bool = True) -> list[RenderableType]:
    """V and frequencies of every link, then S where the nodes stand, at the resonances and at the blockade point.

    The verdict on each only where they are `judged`.
    """
    if not links:
        return [lines(["No link is judged: no two nodes couple."])]
    first = LINK.table(
        "Links: couplings and frequencies", links, "name", "coupling_hz",
        (value("|V|/γ"), _ratios), "detuning_hz",
        (value("resonances\nΔ/2π"), _resonances), (label("resonant\nlevels", no_wrap=True), _levels),
        (value("half\nwidth"), LINK["half_width_hz"].text),
    )  # fmt: skip
    second = LINK.table(
        "Links: synchronization of the complete pair", links, "name",
        (label("the nodes\nstand", min_width=9), LINK["working_point"].text),
        (value("to\nresonance", min_width=9), LINK["to_resonance"].text),
        _with_error("S", "S_error"), _with_error("S_resonance", "pair_error"), _with_error("S_blockade", "pair_error"),
        _with_error("contrast", "contrast_error"),
        *([(label("verdict", min_width=8), lambda x: _word(x.verdict))] if judged else []),
    )  # fmt: skip
    meaning = [
        "Δ = ω₁ − ω₂ of the first node over the second, with the baths' level shifts; distances in half-widths of a "
        "line. The contrast is S(resonance)/S(blockade), wherever the nodes stand. In brackets: error of the last "
        "digits, by levels and Fock states left out; where it is not known there is none.",
        *(f"{x.name}: {_advice(x)}" for x in links if x.prediction is not None),
    ]
    return [first, stacked(second, verbose(lines(meaning)))]


def _with_error(key: str, error: str) -> Cell:
    """A column of a number of links with its relative error."""

    def text(x: LinkAssessment) -> str:
        number, relative = LINK[key].value(x), LINK[error].value(x)
        return with_error(number, None if number is None or relative is None else abs(number) * relative)

    return value(LINK[key].symbol.replace(", ", ",\n")), text


def _advice(x: LinkAssessment) -> str:
    nearest = min(x.link.resonances, key=lambda r: abs(r.detuning - x.link.detuning), default=None)
    if nearest is None:
        return "there is no resonance."
    there = f"{_moved(x, nearest.detuning)} for the resonance {ket(*nearest.levels)} ↔ {ket(*nearest.after)}"
    return f"{there}; {_moved(x, x.link.blockade)} for the blockade point."


def _moved(x: LinkAssessment, place: float) -> str:
    """How the first node would have to move to get to a Δ."""
    by = float(to_hertz(place - x.link.detuning))
    return f"{'raise' if by >= 0 else 'lower'} {x.between[0]} by {transition(abs(by))}"


def _ratios(x: LinkAssessment) -> str:
    found = dict.fromkeys(number(abs(x.coupling) / gamma, 3) if gamma else NONE for gamma in x.gammas)
    return ", ".join(found)


def _resonances(x: LinkAssessment) -> str:
    if x.prediction is None:
        return NONE
    return "\n".join(transition(float(to_hertz(r.detuning))) for r in x.link.resonances)


def _levels(x: LinkAssessment) -> str:
    if x.prediction is None:
        return NONE
    return "\n".join(f"{ket(*r.levels)} ↔ {ket(*r.after)}" for r in x.link.resonances)


def unwanted_table(unwanted: Sequence[UnwantedCoupling]) -> HouseTable | None:
    """Couplings that are not judged as links; None without any."""
    title = "Other couplings"
    return UNWANTED.table(title, unwanted, "name", "coupling_hz", "ratio") if unwanted else None


def network_tables(a: ChipSynchronization) -> list[RenderableType]:
    """S of every two nodes, and mediation; the complete network beside the eliminated one where it was solved."""
    shown: list[RenderableType] = []
    for found, what in ((a.network, "baths eliminated"), (a.complete_network, "baths kept")):
        if found is not None:
            shown.append(stacked(s_matrix(found.S, found.names, f"S, {what}"),
                                 lines([_sizes(found)])))  # fmt: skip
    if a.mediation:
        shown.append(mediation_table(a.mediation))
    return shown


def _sizes(network: ChipNetwork) -> str:
    levels = ", ".join(f"{name} {c.value:.0f}" for name, c in zip(network.names, network.levels, strict=True))
    error = "not known" if math.isnan(network.truncation_error) else number(network.truncation_error, 2)
    status = network.status.value
    return f"Nodes as they stand. Levels: {levels}; truncation error of populations and S: {error}; {status}."


def mediation_table(mediation: Sequence[Mediation]) -> RenderableType:
    """S with all couplings, without the direct one, with it alone, and with its sign turned."""
    rows = MEDIATION.table(
        "Mediation: two nodes that couple through a third one", mediation, "name",
        (label("through"), lambda m: ", ".join(m.through)), "coupling_hz", "S", "S_mediated", "S_direct",
        "S_reversed", (label("direct coupling"), _direct),
    )  # fmt: skip
    return stacked(rows, lines(["mediated: without the direct coupling; −V: with its sign turned."]))


def _direct(m: Mediation) -> Text:
    colours = {DirectLink.HELPS: GOOD, DirectLink.HINDERS: WARNING}
    return Text(m.direct_link.value, style=colours.get(m.direct_link, QUIET))


def _word(verdict: Verdict) -> Text:
    return Text(verdict.value, style=COLOURS.get(verdict, BAD))


def weak_points(a: ChipAssessment) -> RenderableType | None:
    """What nodes and links fail, or meet without their margin."""
    found = [(n.device.name, c) for n in a.nodes for c in _weak(n.criteria)]
    found += [(x.name, c) for x in a.links for c in _weak(x.criteria)]
    if not found:
        return None
    rows = table(
        "Checks of nodes and links that fail or lack their margin", label("of"), label("criterion", max_width=26),
        value("value"), value("bound"), value("margin"), label("", min_width=8), label("what to change", ratio=1),
    )  # fmt: skip
    for who, c in found:
        remedy = Text(f"→ {c.remedy}", style=WARNING)
        rows.add_row(
            who, c.name, value_text(c), bound_text(c), margin_text(c.margin, c.required_margin), standing(c), remedy
        )
    torn = lines(tradeoffs((f"{c.name} of {who}", c.remedy) for who, c in found))
    return stacked(rows, torn if torn.texts else None)


def _weak(criteria: Sequence[Criterion]) -> list[Criterion]:
    return [c for c in worst_first(c for c in criteria if c.margin is not None) if not is_fine(c)]


def chip_verdict_panel(a: ChipAssessment) -> Part:
    """Verdict, what decided it, what to change, where the links stand, and the rule it follows."""
    colour = verdict_colour(a.verdict)
    word = "UNDECIDED: not converged, no verdict" if a.verdict is Verdict.UNDECIDED else a.verdict.value.upper()
    parts: list[RenderableType] = [Text(word, style=f"bold {colour}")]
    parts += [Text(f"Limited by {', '.join(a.limited_by)}.")] if a.limited_by else []
    parts += _reasons(a)
    if a.links:
        parts += [Text("; ".join(_standing_of(x) for x in a.links) + ".")]
    judged = {x.between for x in a.links}
    direct = [
        f"{'-'.join(m.between)} {m.direct_link.value}"
        for m in a.mediation
        if m.direct_link is DirectLink.HINDERS or (m.direct_link is DirectLink.HELPS and m.between not in judged)
    ]
    parts += [Text(f"Direct coupling beside the mediated one: {', '.join(direct)}.")] if direct else []
    if a.network is None:
        parts.append(Text("S among all nodes is missing: their network was not solved, see what was skipped."))
    return answer(f"Can synchronization blockade be reached on {a.chip.name}?", *parts, rule_part(a.rule), style=colour)


def _standing_of(x: LinkAssessment) -> str:
    where = "not solved" if x.working_point is None else x.working_point.value
    return f"{x.name}: {where}, contrast {number(x.contrast, 3)}"


def _reasons(a: ChipAssessment) -> list[RenderableType]:
    """Criteria behind the verdict, with their remedies."""
    of = {n.device.name: n.criteria for n in a.nodes} | {x.name: x.criteria for x in a.links} | {"chip": a.criteria}
    kinds = (CriterionKind.NUMERICS,) if a.verdict is Verdict.UNDECIDED else (CriterionKind.REQUIREMENT,)
    found = [(who, c) for who in a.limited_by for c in _weak(of[who]) if c.kind in kinds]
    if a.verdict is Verdict.INFEASIBLE:
        found = [(who, c) for who, c in found if not c.passed and not c.lasting]
    torn = tradeoffs((f"{c.name} of {who}", c.remedy) for who, c in found)
    return [
        *(Padding(Text.assemble(f"{who}: ", (stated(c), COLOURS.get(a.verdict, BAD)), f" → {c.remedy}"), (0, 0, 0, 2))
          for who, c in found),
        *(Text(text, style=WARNING) for text in torn),
    ]  # fmt: skip


def chip_numerics_table(a: ChipSynchronization) -> RenderableType:
    """In one line whether the numbers of a chip hold; for the longest output every error."""
    bound, gap = CHIP_NUMERICS.text(a, "error_bound", "gap")
    short = f"Numbers: {a.status.value}; error bound {bound}, slowest relaxation {gap}."
    rows = table("Numerics", label(""), label(""), label("", style=QUIET), detail=Detail.VERBOSE)
    rows.show_header = False
    rows.add_row("steady states", Text(a.status.value, style=GOOD if a.ok else BAD), "every solve")
    CHIP_NUMERICS.add_rows(rows, a, "error_bound", "residual", "gap")
    return Group(until_verbose(lines([short])), rows)


_BY_NODE = (CHIP_CHECK["chip"], Field("nodes", "each by itself", each=Section(
    *(NODE[key] for key in ("name", "device", "oscillator", "effective")),
)))  # fmt: skip
CHIP_ELIMINATED = Section(*_BY_NODE)
"""What `effective` prints of a chip."""
CHIP_COMPARED = Section(
    CHIP_CHECK["chip"],
    Field("rotating_wave_approximation", "of both models", "rwa"),
    Field("nodes", "each by itself", each=Section(
        *(NODE[key] for key in ("name", "device", "oscillator", "effective", "comparison", "numerics")),
    )),
)  # fmt: skip
"""What `compare` prints of a chip."""


_ONE_NODE = at_terminal(["Everything about one node: `--node NAME`."])


def chip_effective_view(found: Any) -> RenderableType:
    """γ, σ, n± of every node, and the rates around n0."""
    rows = EFFECTIVE.table(
        "Nodes with their baths eliminated", found.nodes, (label("node"), lambda n: n.device.name),
        (value("n0"), lambda n: str(n.device.target)), "gamma_hz", "sigma", "n_plus", "n_minus",
        (value("into n0, 1/s"), lambda n: _into(n.effective, up=True)),
        (value("back to n0, 1/s"), lambda n: _into(n.effective, up=False)), detail=Detail.BRIEF,
    )  # fmt: skip
    note = "into n0: rate of n0−1 → n0; back to n0: of n0+1 → n0."
    gammas = [to_hertz(n.effective.gamma) for n in found.nodes]
    least, most = (quantity(float(x), "Hz") for x in (min(gammas), max(gammas)))
    widest = max(found.nodes, key=lambda n: n.effective.sigma)
    said = (
        f"{len(gammas)} nodes: γ/2π {f'= {least}' if least == most else f'from {least} to {most}'}, σ up to "
        f"{number(widest.effective.sigma)} ({widest.device.name})."
    )
    return stacked(chip_heading(found.chip), answer(LEFT, Text(said)), brief(rows), lines([note]), _ONE_NODE)


def _into(effective: EffectiveOscillator, up: bool) -> str:
    n0 = effective.target
    if n0 is None or not 1 <= n0 <= effective.levels - 2:
        return NONE
    return number(float(effective.up_rates[n0 - 1] if up else effective.down_rates[n0]))


def chip_comparison_view(found: Any) -> RenderableType:
    """Full model against the eliminated one, a row per node."""
    rows = table(
        "Full model against the eliminated one", label("node"), value("P(n0),\nfull"), value("P(n0),\neliminated"),
        value("P(n0),\npublished"), value("trace\ndistance"), label("supported\nconvention"), label("status"),
        detail=Detail.BRIEF,
    )  # fmt: skip
    for node in found.nodes:
        numbers = [NONE] * 5
        if node.comparison is not None:
            keys = ("fock_fidelity_full", "fock_fidelity_eliminated", "fock_fidelity_published", "trace_distance")
            numbers = COMPARISON.text(node.comparison, *keys, "supported_convention")
        rows.add_row(node.device.name, *numbers, node.numerics.status.value)
    reasons = [f"{node.device.name}: {reason}" for node in found.nodes for reason in node.numerics.skipped]
    terms = "without the counter-rotating terms" if found.rwa else "with all counter-rotating terms"
    compared = [(n.device.name, n.comparison) for n in found.nodes if n.comparison is not None]
    said = answer(RIGHT, *map(Text, _worst_elimination(compared)), Text(f"Both models {terms}."))
    return stacked(chip_heading(found.chip), said, skipped(reasons), brief(rows), _ONE_NODE)


def _worst_elimination(compared: Sequence[tuple[str, Comparison]]) -> Iterator[str]:
    """Largest error of the elimination, and which convention the full models support."""
    if not compared:
        yield "Not known: there is no Fock state to compare."
        return
    name, worst = max(compared, key=lambda one: one[1].trace_distance)
    yield f"Largest trace distance of full and eliminated model: {number(worst.trace_distance, 3)} ({name})."
    by: dict[str, list[str]] = {}
    for node, one in compared:
        by.setdefault(one.supported_convention, []).append(node)
    supported = "; ".join(f"{convention} ({', '.join(names)})" for convention, names in by.items())
    yield f"Convention that the full model supports: {next(iter(by)) if len(by) == 1 else supported}."


CHIP_SYNC_LINK = Section(*(LINK[key] for key in LINK.fields if key not in ("verdict", "criteria")))
CHIP_SYNC = Section(
    CHIP_CHECK["chip"],
    Field("links", "couplings that are judged", each=CHIP_SYNC_LINK),
    CHIP_CHECK["network"],
    CHIP_CHECK["numerics"],
)
"""What `sync` prints of a chip."""


def chip_synchronization_view(found: ChipSynchronization) -> RenderableType:
    """Links and the network of a chip, without a verdict."""
    standing = "; ".join(_standing_of(x) for x in found.links) or "no two nodes couple"
    said = [Text(f"{standing}.")]
    if found.network is not None:
        S, names = found.network.S, found.network.names
        pairs = [(number(float(S[k, j]), 3), f"{names[k]}-{names[j]}") for j in range(len(names)) for k in range(j)]
        shown = ", ".join(f"{name} {s}" for s, name in pairs[:MOST_PAIRS])
        said.append(Text(f"S among all nodes as they stand: {shown}{', …' if len(pairs) > MOST_PAIRS else ''}."))
    return stacked(
        chip_heading(found.chip), answer("Where do the nodes synchronize?", *said), skipped(found.skipped),
        *links_tables(found.links, judged=False), unwanted_table(found.unwanted), *network_tables(found),
        chip_numerics_table(found))  # fmt: skip

"""Parts of the report on a chip, in their order: one `Part` for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import qsb_hw.plot as draw
from qsb_hw.plot.chip import unlike_links, verdict_colours
from qsb_hw.questions.chip import ChipAssessment
from qsb_hw.questions.chip_budget import ChipBudget, chip_budgeted
from qsb_hw.questions.chip_ensemble import chip_ensemble
from qsb_hw.questions.chip_lines import chip_emission_of
from qsb_hw.questions.chip_time import turned_on_chip
from qsb_hw.questions.pair_records import Receivers, recorded
from qsb_hw.questions.protocol import MOST_STEPS, staged_setup
from qsb_hw.questions.setup import chip_setup
from qsb_hw.show.budget import CHIP_BUDGET, chip_budget_view
from qsb_hw.show.chip import (
    CHIP_CHECK,
    chip_comparison_view,
    chip_effective_view,
    chip_numerics_table,
    chip_tables,
    chip_verdict_panel,
    links_tables,
    network_tables,
    nodes_table,
    unwanted_table,
    weak_points,
)
from qsb_hw.show.criteria import criteria_tables
from qsb_hw.show.device import device_view
from qsb_hw.show.ensemble import CHIP_ENSEMBLE, chip_ensemble_view
from qsb_hw.show.fields import With
from qsb_hw.show.pumps import PUMPS, pump_view
from qsb_hw.show.records import CHIP_RECORDED, chip_records_view
from qsb_hw.show.report.conventions import conventions_view
from qsb_hw.show.report.explored import instruments, many_nodes, without_limits
from qsb_hw.show.report.part import Absent, Part, Picture, Work
from qsb_hw.show.report.parts import RECORDS, margin_caption, records_picture
from qsb_hw.show.report.sources import SOURCES, of_chip, sources_view
from qsb_hw.show.style import stacked
from qsb_hw.show.time import CHIP_EMITTED, CHIP_EVOLVED, chip_emission_view, chip_evolution_view
from qsb_hw.spec.protocol import protocol_of

MOST_LINKS = 3
"""Links up to which spectra are there without being asked for."""
OF_ONE_NODE = 12
"""Rows of a table of the chip that stands open: those of a node are longer, and there are as many as nodes."""
_WITHOUT = "A node has no Fock state: the verdict says which requirements fail and what to change."


def _judged(work: Work) -> ChipAssessment:
    return work.chip_assessment


def _verdict_view(a: ChipAssessment) -> Any:
    return stacked(chip_verdict_panel(a), nodes_table(a.nodes), weak_points(a), criteria_tables(a.criteria))


def _with_nodes(a: ChipAssessment) -> Any:
    return With(a, chip=a.chip, nodes=a.nodes)


def _compared(work: Work) -> Any:
    a = work.chip_assessment
    if all(node.comparison is None for node in a.nodes):
        return Absent("No node stabilises a Fock state: the verdict says which requirements fail.")
    return With(a, chip=a.chip, nodes=a.nodes, rwa=work.chip_analysis.requested.rwa)


def _verdict_pictures(a: ChipAssessment) -> Iterable[Picture]:
    yield Picture(
        key="margins", title="Margins", caption=margin_caption(a.criteria),
        draw=lambda one: draw.plot_criteria(one.criteria),
        when=lambda one: any(c.margin is not None for c in one.criteria),
    )  # fmt: skip


def _chip_pictures(a: ChipAssessment) -> Iterable[Picture]:
    colours = verdict_colours(a)
    yield Picture(
        key="graph", title="Nodes and links", plate=True, data=False,
        caption=f"Nodes with their frequency and n0, coloured by their verdict ({_listed(a)}); links with V/2π and S "
        "where the nodes stand: green at a resonance, orange where blockaded, grey elsewhere; dashed: other couplings.",
        draw=lambda one: draw.plot_graph(one.chip, one.links, colours=colours),
    )  # fmt: skip
    schemes = {id(node.complete): node for node in a.chip.nodes}
    for k, node in enumerate(schemes.values()):
        alike = [other.name for other in a.chip.nodes if other.complete is node.complete]
        if node.circuit is not None:
            yield Picture(
                key=f"circuit-{k}", title=f"Circuit of {', '.join(alike)}", data=False,
                caption="The oscillator in the middle, a damping and an amplifying mode beside it, each with its pump.",
                draw=partial(_drawn, draw.plot_circuit, node),
            )  # fmt: skip
        yield Picture(
            key=f"scheme-{k}", title=f"Levels and {node.vocabulary.drives} of {', '.join(alike)}", data=False,
            caption=f"Levels with the tones on them, not to scale. Level {node.target} is held.",
            draw=partial(_drawn, draw.plot_scheme, node),
        )  # fmt: skip


def _listed(a: ChipAssessment) -> str:
    return ", ".join(f"{node.device.name} {node.verdict.value}" for node in a.nodes)


def _comparison_pictures(found: Any) -> Iterable[Picture]:
    known = [(node.device.name, node.comparison) for node in found.nodes if node.comparison is not None]
    yield Picture(
        key="populations", title="Populations of every node in each model",
        caption="Steady-state populations of every level: full model, baths eliminated, with the printed σ and n±.",
        draw=lambda _: draw.plot_populations_of_nodes(known),
    )  # fmt: skip


_RATES = Picture(
    key="rates",
    title="Rates of every node",
    caption="Rates up and down of every transition, on a logarithmic scale, a panel per node.",
    draw=lambda f: draw.plot_nodes([(n.device.name, n.effective) for n in f.nodes]),
)


def _sync_pictures(a: ChipAssessment) -> Iterable[Picture]:
    yield Picture(
        key="s-matrix", title="S of every two nodes", plate=True,
        when=lambda one: one.network is not None and one.chip.size > 2,
        caption="S of every two nodes among all others as they stand, baths eliminated, as colours and numbers.",
        draw=lambda one: draw.plot_s_matrix(one.network),
    )  # fmt: skip
    for k, links in enumerate(unlike_links(a)):
        names = ", ".join(link.name for link in links)
        yield Picture(
            key=f"s-of-detuning-{k}", title=f"Synchronization over the detuning: {names}",
            caption="S over the detuning Δ of the two nodes, on a logarithmic scale. Line: baths eliminated; squares: "
            "every bath kept; dashed: where the nodes stand.",
            draw=partial(_drawn, draw.plot_synchronization, links[0].prediction),
        )  # fmt: skip


def _drawn(plot: Callable[[Any], tuple[Any, Any]], of: Any, _found: Any) -> tuple[Any, Any]:
    """A figure of a part of what was found."""
    return plot(of)


def _sync_view(a: ChipAssessment) -> Any:
    return stacked(*links_tables(a.links), unwanted_table(a.unwanted), *network_tables(a))


def _budget(work: Work) -> ChipBudget:
    return chip_budgeted(work.chip_analysis)


def _noise_pictures(budget: ChipBudget) -> Iterable[Picture]:
    known: list[Any] = []
    for k, node in enumerate(budget.nodes):
        if node.noise is not None and not any(node.noise is other for other in known):
            known.append(node.noise)
            alike = [other.device.name for other in budget.nodes if other.noise is node.noise]
            yield Picture(
                key=f"noises-{k}", title=f"Reduction per noise channel of {', '.join(alike)}",
                caption="Share of P(n0) and of the contrast with a twin that each noise takes away, on a logarithmic "
                "scale; hatched: it adds to them.",
                draw=partial(_drawn, draw.plot_noise, node.noise),
            )  # fmt: skip


def _recorded(work: Work) -> Any:
    analysis = work.chip_analysis
    if not analysis.has_fock_states:
        return Absent(_WITHOUT)
    pairs = {id(link.pair): link.pair for link in analysis.links}
    if not pairs:
        return Absent("No two nodes are coupled.")
    return {"links": [recorded(pair, Receivers(), analysis.chip) for pair in pairs.values()]}


def _record_pictures(found: Any) -> Iterable[Picture]:
    for k, link in enumerate(found["links"]):
        yield records_picture(link["points"], k, " and ".join(link["names"]))


def _evolution(work: Work) -> Any:
    analysis = work.chip_analysis
    if not analysis.has_fock_states:
        return Absent(_WITHOUT)
    protocol = protocol_of(analysis.chip.spec)
    if protocol is not None:
        setup = chip_setup(analysis, None, protocol.tuning)
        run = staged_setup(setup, protocol, "ground", analysis.requested.rwa, MOST_STEPS, analysis.progress)
        return With(run, chip=analysis.chip, evolution=None, staged=run, skipped=())
    found = turned_on_chip(analysis)
    return With(found, chip=analysis.chip, evolution=found, staged=None, skipped=found.skipped)


def _evolution_pictures(found: Any) -> Iterable[Picture]:
    staged = found.staged is not None
    yield Picture(
        key="turn-on", title="Turned on",
        caption="P(n0) of every node and S of every two in the course of time. Dotted: "
        + ("where stages meet." if staged else "from when on the steady state is as good as reached."),
        draw=lambda f: draw.plot_protocol(f.staged) if staged else draw.plot_chip_turn_on(f.evolution),
    )  # fmt: skip


def _many_links(work: Work) -> str:
    found = len(work.chip_analysis.links)
    return f"Each link takes several seconds, and there are {found}." if found > MOST_LINKS else ""


def _emission(work: Work) -> Any:
    if not work.chip_analysis.has_fock_states:
        return Absent(_WITHOUT)
    found = chip_emission_of(work.chip_analysis)
    return With(found, chip=work.chip_analysis.chip, emission=found, skipped=())


def _sources(work: Work) -> Any:
    analysis = work.chip_analysis
    conditions = ((name, node.base_conditions) for name, node in zip(analysis.chip.names, analysis.nodes, strict=True))
    return of_chip(analysis.chip, conditions)


CHIP_PARTS: tuple[Part, ...] = (
    Part(
        key="verdict", title="Verdict", find=_judged, section=CHIP_CHECK, view=_verdict_view,
        pictures=_verdict_pictures,
    ),
    Part(
        key="device", title="The chip", find=_judged, pictures=_chip_pictures, longest=OF_ONE_NODE,
        view=lambda a: stacked(chip_tables(a.chip), *(device_view(node) for node in a.chip.nodes)),
    ),
    Part(
        key="instruments", title="Settings of the instruments", section=PUMPS, find=instruments, view=pump_view,
        cut=without_limits,
    ),
    Part(
        key="effective", title="The effective oscillators", find=lambda work: _with_nodes(work.chip_assessment),
        view=chip_effective_view, pictures=(_RATES,),
    ),
    Part(
        key="compare", title="Full model against the eliminated one", find=_compared, view=chip_comparison_view,
        pictures=_comparison_pictures,
    ),
    Part(
        key="sync", title="Synchronization of the links, and of all nodes together", find=_judged, view=_sync_view,
        pictures=_sync_pictures,
    ),
    Part(
        key="noise", title="Noise budget", find=_budget, section=CHIP_BUDGET, view=chip_budget_view,
        pictures=_noise_pictures, long=many_nodes,
    ),
    Part(
        key="record", title="What detectors show", find=_recorded, section=CHIP_RECORDED, view=chip_records_view,
        pictures=_record_pictures, long=_many_links, intro=RECORDS,
    ),
    Part(
        key="evolve", title="In the course of time", find=_evolution, section=CHIP_EVOLVED, view=chip_evolution_view,
        pictures=_evolution_pictures,
    ),
    Part(
        key="spectrum", title="Spectra", find=_emission, section=CHIP_EMITTED, view=chip_emission_view,
        long=_many_links,
        pictures=(Picture(
            key="lines", title="Emission lines",
            caption="Left: lines of both nodes of every link over their detuning, dashed without coupling. Right: by "
            "how much the coupling moves them. Dotted: where the nodes stand.",
            draw=lambda f: draw.plot_chip_emission(f.emission),
        ),),
    ),
    Part(
        key="ensemble", title="Many copies of the nodes", section=CHIP_ENSEMBLE,
        find=lambda work: chip_ensemble(work.chip_analysis.chip), view=chip_ensemble_view,
    ),
    Part(key="numerics", title="How far the numbers can be trusted", find=_judged, view=chip_numerics_table),
    Part(key="sources", title="Every number and its source", find=_sources, section=SOURCES, view=sources_view),
    Part(
        key="conventions", title="Conventions, and where the papers differ", find=_judged,
        view=lambda _: conventions_view(),
    ),
)  # fmt: skip
"""A question that is added is one entry here."""

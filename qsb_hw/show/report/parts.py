"""Parts of the report on a device, in their order: one `Part` for each question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import qsb_hw.plot as draw
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.model.criterion import Criterion
from qsb_hw.questions.assessment import Assessment
from qsb_hw.questions.budget import DeviceBudget, budgeted
from qsb_hw.questions.ensemble import ensemble_of
from qsb_hw.questions.lines import emission_of
from qsb_hw.questions.numerics import numerics_of
from qsb_hw.questions.pair_records import PairRecords, Receivers, recorded
from qsb_hw.questions.protocol import staged
from qsb_hw.questions.turn_on import turned_on
from qsb_hw.show.budget import BUDGET, measurement_tables, noise_tables, tones_tables
from qsb_hw.show.criteria import criteria_tables, verdict_panel
from qsb_hw.show.curves import SENSITIVITIES, sensitivities_view
from qsb_hw.show.device import device_tables
from qsb_hw.show.effective import comparison_tables, effective_tables
from qsb_hw.show.ensemble import ENSEMBLE_DOCUMENT, ensemble_tables
from qsb_hw.show.error_budget import error_budget_tables
from qsb_hw.show.fields import With
from qsb_hw.show.numerics import numerics_table
from qsb_hw.show.pumps import PUMPS, pump_view
from qsb_hw.show.record import CHECK
from qsb_hw.show.records import RECORDED, records_view
from qsb_hw.show.report.conventions import conventions_view
from qsb_hw.show.report.explored import IMPORTANT, important, instruments
from qsb_hw.show.report.part import Absent, Part, Picture, Work
from qsb_hw.show.report.sources import SOURCES, of_device, sources_view
from qsb_hw.show.style import stacked
from qsb_hw.show.synchronization import synchronization_tables
from qsb_hw.show.text import transition
from qsb_hw.show.time import EMITTED, EVOLVED, emission_tables, stages_table, turn_on_tables
from qsb_hw.spec.protocol import protocol_of
from qsb_hw.units import to_hertz

NO_FOCK_STATE = "No Fock state is stabilised: the verdict says which requirement fails and what to change."

RECORDS = "One simulated record of each kind, beside the state that it is taken of."


def _of_assessment(name: str) -> Any:
    """What an assessment holds under a name, or that it takes a Fock state."""

    def find(work: Work) -> Any:
        return Absent(NO_FOCK_STATE) if getattr(work.assessment, name) is None else work.assessment

    return find


def _known(work: Work) -> Absent | None:
    return None if work.analysis.has_fock_state else Absent(NO_FOCK_STATE)


def _budget(work: Work) -> DeviceBudget | Absent:
    return _known(work) or work.once("budget", lambda: budgeted(work.analysis))


def _budget_view(budget: DeviceBudget) -> Any:
    assert budget.noise is not None
    return noise_tables(budget.noise, budget.numerics.truncation_error)


def _detection_view(budget: DeviceBudget) -> Any:
    return stacked(
        None if budget.tones is None else tones_tables(budget.tones),
        measurement_tables(budget) if budget.detection else None,
    )


def _evolution(work: Work) -> Any:
    analysis = work.analysis
    if absent := _known(work):
        return absent
    protocol = protocol_of(analysis.device.spec)
    run = None if protocol is None else staged(analysis, protocol, "ground", pair=True)
    found = turned_on(analysis, "ground", None, pair=True) if run is None else None
    solved = [analysis.alone, *(one for one in (found, run) if one is not None)]
    numerics = numerics_of(analysis, pair=solved, paired=True)
    return With(analysis, evolution=found, staged=run, numerics=numerics)


def _evolution_view(found: Any) -> Any:
    if found.staged is not None:
        return stages_table(found.staged, found.numerics, found.device.vocabulary.drives)
    return turn_on_tables(found.evolution, found.numerics, found.device.vocabulary.drives)


def _emission(work: Work) -> Any:
    if absent := _known(work):
        return absent
    found = emission_of(work.analysis, pair=True)
    numerics = numerics_of(work.analysis, pair=(work.analysis.alone, found), paired=False)
    return With(work.analysis, emission=found, numerics=numerics)


def _ensemble(work: Work) -> Any:
    return _known(work) or With(work.analysis, prediction=ensemble_of(work.analysis), skipped=None)


def _recorded(work: Work) -> Any:
    return _known(work) or recorded(work.analysis.pair, Receivers(), work.analysis.device)


def records_picture(points: Sequence[PairRecords], number: int | None = None, names: str = "") -> Picture:
    """Figure of the records of two devices, the `number`-th of a chip."""
    return Picture(
        key="records" if number is None else f"records-{number}", title=f"Records{names and f' of {names}'}",
        caption="Joint populations from the shots of one record with their standard errors, beside those of the state"
        + (
            ", and the histogram of the relative phase of the outputs with its two harmonics; dashed: a flat one."
            if any(one.heterodyne is not None for one in points) else "."
        ),
        draw=lambda _: draw.plot_records(points),
    )  # fmt: skip


def _sources(work: Work) -> Any:
    return of_device(work.analysis.device, work.analysis.conditions)


def _device_pictures(analysis: Analysis) -> Iterable[Picture]:
    device, words = analysis.device, analysis.device.vocabulary
    yield Picture(
        key="circuit", title="Circuit", data=False, when=lambda a: a.device.circuit is not None,
        caption="The oscillator in the middle, a damping and an amplifying mode beside it, each with its pump. "
        "Arrows between them: coupling through the oscillator's current.",
        draw=lambda a: draw.plot_circuit(a.device),
    )  # fmt: skip
    yield Picture(
        key="well", title="Potential well", when=lambda a: a.device.well is not None,
        caption=f"Potential with its bound levels and their densities; level {device.target} is the one to stabilise.",
        draw=lambda a: draw.plot_well(a.device),
    )  # fmt: skip
    yield Picture(
        key="scheme", title=f"Levels and {words.drives}", data=False,
        caption=f"Levels with the tones on them, not to scale. Upward arrows amplify, downward arrows damp; level "
        f"{device.target} is held between them.",
        draw=lambda a: draw.plot_scheme(a.device),
    )  # fmt: skip
    yield Picture(
        key="spacings", title="Spacing of the levels",
        caption="Frequency of every transition, and the tones as bands as wide as their linewidth κ. A tone acts on "
        "the transitions inside its band.",
        draw=lambda a: draw.plot_levels(a.oscillator),
    )  # fmt: skip


def margin_caption(criteria: Sequence[Criterion]) -> str:
    """What the figure of margins says, in words."""
    checked = [c for c in criteria if c.margin is not None]
    failed = [c.name for c in checked if not c.passed]
    below = f"Below the bound: {', '.join(failed)}." if failed else "All pass."
    return f"Margin of every check, as bars from the bound: to the right it passes, to the left it fails. {below}"


def _verdict_pictures(assessment: Assessment) -> Iterable[Picture]:
    yield Picture(
        key="margins", title="Margins", caption=margin_caption(assessment.criteria),
        draw=lambda a: draw.plot_criteria(a.criteria),
    )  # fmt: skip


def _sync_pictures(assessment: Assessment) -> Iterable[Picture]:
    prediction = assessment.synchronization
    assert prediction is not None
    places = ", ".join(transition(float(to_hertz(r.detuning))) for r in prediction.resonances) or "none"
    yield Picture(
        key="s-of-detuning", title="Synchronization over the detuning",
        caption=f"S over the detuning Δ of two such devices, on a logarithmic scale. Line: baths eliminated; squares: "
        f"every bath kept. Resonances at Δ/2π = {places}.",
        draw=lambda a: draw.plot_synchronization(a.synchronization),
    )  # fmt: skip


def _evolution_pictures(found: Any) -> Iterable[Picture]:
    staged_run = found.staged is not None
    yield Picture(
        key="turn-on", title="Turned on",
        caption="Populations of one device and S of two in the course of time. "
        + ("Dotted: where stages meet." if staged_run else
           "Dotted: from when on the steady state is as good as reached; dashed: duration of an experiment."),
        draw=lambda f: draw.plot_protocol(f.staged) if staged_run else draw.plot_turn_on(f.evolution, device=f.device),
    )  # fmt: skip


PARTS: tuple[Part, ...] = (
    Part(
        key="verdict", title="Verdict", find=lambda work: work.assessment, section=CHECK,
        view=lambda a: stacked(verdict_panel(a), criteria_tables(a.criteria)), pictures=_verdict_pictures,
    ),
    Part(
        key="device", title="The device", find=lambda work: work.analysis, pictures=_device_pictures,
        view=lambda a: device_tables(a.device),
    ),
    Part(
        key="instruments", title="Settings of the instruments", section=PUMPS, find=instruments, view=pump_view,
    ),
    Part(
        key="effective", title="The effective oscillator", find=lambda work: work.assessment,
        intro="With the baths eliminated a device is its levels and the rates between them.",
        view=lambda a: effective_tables(a, a.comparison),
        pictures=(Picture(
            key="rates", title="Rates of every transition",
            caption="Rates up and down of every transition, on a logarithmic scale; open symbols: from the printed "
            "σ and n±.",
            draw=lambda a: draw.plot_rates(a.effective, a.published),
        ),),
    ),
    Part(
        key="compare", title="Full model against the eliminated one", find=_of_assessment("comparison"),
        intro="The full model keeps every bath; it is built from the levels and baths, not from γ, σ and n±.",
        view=lambda a: comparison_tables(a.comparison),
        pictures=(Picture(
            key="populations", title="Populations in each model",
            caption="Steady-state populations of every level: full model, baths eliminated, and with the printed "
            "σ and n±.",
            draw=lambda a: draw.plot_populations(a.comparison),
        ),),
    ),
    Part(
        key="sync", title="Synchronization of two such devices", find=_of_assessment("synchronization"),
        view=lambda a: synchronization_tables(a.synchronization, a.conditions), pictures=_sync_pictures,
    ),
    Part(
        key="approximations", title="Error budget", find=_of_assessment("budget"),
        intro="Cost of each approximation between the full device and the closed forms of the paper.",
        view=lambda a: error_budget_tables(a.budget),
        pictures=(Picture(
            key="costs", title="Cost of each approximation",
            caption="Change by neglecting each term, on a logarithmic scale: bars are the largest of the changes that "
            "the symbols show; the line is the limit above which an approximation fails.",
            draw=lambda a: draw.plot_error_budget(a.budget),
        ),),
    ),
    Part(
        key="noise", title="Noise budget", find=_budget, section=BUDGET, view=_budget_view,
        pictures=(Picture(
            key="noises", title="Reduction per noise channel",
            caption="Share of P(n0) and of the blockade contrast that each noise takes away, on a logarithmic scale; "
            "hatched: it adds to them.",
            draw=lambda b: draw.plot_noise(b.noise),
        ),),
    ),
    Part(
        key="detection", title="Better tones, and shots for detection", find=_budget, view=_detection_view,
        pictures=(
            Picture(
                key="tones", title="Choices of the tones",
                caption="1 − P(n0) over the linewidth at the same γ: line, one tone per bath; symbols, choices of the "
                "table.",
                draw=lambda b: draw.plot_tone_choices(b.tones), when=lambda b: b.tones is not None,
            ),
            Picture(
                key="shots", title="Shots for detection",
                caption="Number of shots by measurement, at the resonance and at zero detuning, on a logarithmic "
                "scale.",
                draw=draw.plot_shots, when=lambda b: bool(b.detection),
            ),
        ),
    ),
    Part(
        key="record", title="What detectors show", find=_recorded, section=RECORDED, view=records_view,
        pictures=lambda found: [records_picture(found["points"])],
        intro=RECORDS,
    ),
    Part(
        key="evolve", title="In the course of time", find=_evolution, section=EVOLVED, view=_evolution_view,
        pictures=_evolution_pictures,
    ),
    Part(
        key="spectrum", title="Spectra", find=_emission, section=EMITTED,
        view=lambda f: stacked(*emission_tables(f.emission)),
        pictures=(Picture(
            key="lines", title="Emission lines",
            caption="Lines of one device, of two over their detuning (dashed without coupling), and close to where "
            "they meet.",
            draw=lambda f: draw.plot_emission(f.emission),
        ),),
    ),
    Part(
        key="ensemble", title="Many such devices", find=_ensemble, section=ENSEMBLE_DOCUMENT,
        view=lambda f: ensemble_tables(f.prediction),
        pictures=(Picture(
            key="many", title="Critical coupling and lifetime",
            caption="Left: coupling from which two sub-ensembles synchronize, over their detuning. Right: lifetime of "
            "the common phase over the number of devices.",
            draw=lambda f: draw.plot_ensemble(f.prediction),
        ),),
    ),
    Part(
        key="sensitivities", title="What each number changes", find=important, section=SENSITIVITIES,
        view=sensitivities_view, pictures=(IMPORTANT,),
        intro="Which numbers of the file must be controlled best: the eight that matter most, baths eliminated.",
    ),
    Part(
        key="numerics", title="How far the numbers can be trusted", find=lambda work: work.assessment,
        view=lambda a: numerics_table(a.numerics),
    ),
    Part(
        key="sources", title="Every number and its source", find=_sources, section=SOURCES, view=sources_view,
    ),
    Part(
        key="conventions", title="Conventions, and where the papers differ", find=lambda work: work.assessment,
        view=lambda a: conventions_view(a, a.comparison),
    ),
)  # fmt: skip
"""A question that is added is one entry here."""

"""Every level of description of the model hierarchy solved, and neighbours compared with pairs of one size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TypeVar

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.conditions import Origin, Requested, first_of, level_error
from qsb_hw.arguments import real, whole
from qsb_hw.elimination.compare import Comparison
from qsb_hw.elimination.eliminate import eliminate
from qsb_hw.elimination.hierarchy import (
    HIERARCHY,
    Description,
    build_description,
    check_descriptions,
    check_ladder,
    neglected_between,
)
from qsb_hw.errors import QsbError
from qsb_hw.lindblad.capacity import on_every_core
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.spectrum import population_relaxation_rate
from qsb_hw.lindblad.steady import steady_state
from qsb_hw.lindblad.task import OperationCounts
from qsb_hw.model.build import effective_model, full_model, site_dims
from qsb_hw.model.device import Device
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.model.vocabulary import Vocabulary
from qsb_hw.questions.error_budget import LIMIT, BudgetRow, DescriptionResult, ErrorBudget, PairResult
from qsb_hw.result import Certificate, Status
from qsb_hw.sync.exact import detuning_sweep
from qsb_hw.sync.exact import steady_state as network_steady_state
from qsb_hw.sync.resonances import resonances
from qsb_hw.sync.solution import synchronizations

Item = TypeVar("Item")
Size = tuple[int, int]
"""Levels of the ladder, Fock states of each cavity."""

FEWEST_LEVELS, MOST_LEVELS = 8, 12
"""Most levels of a single oscillator without a device, and of a device, that are kept unless given."""
MOST_STATES_FREE, MOST_STATES_CHARGED = 420, 2100
"""Basis states of a pair up to which it is solved: without a symmetry, and where a charge is conserved."""
MOST_STATES_CAVITY_KERR = 750
"""Likewise where the cavities' Kerr is at stake: it acts on two photons at once, and their third Fock state counts."""


def error_budget(
    source: Device | SelfOscillator,
    *,
    levels: int | None = None,
    descriptions: Sequence[str] = HIERARCHY,
    coupling: float | None = None,
    limit: float = LIMIT,
    most_states: int = MOST_STATES_CAVITY_KERR,
    progress: Progress | None = None,
) -> ErrorBudget:
    """Solve a device on every level of description of the model hierarchy and compare neighbours.

    Parameters
    ----------
    source : Device or SelfOscillator
        From `load_device`, or any oscillator with an amplifying tone.
    levels : int, optional
        Of a single oscillator; as many as the device's populations need, up to 12, unless given.
    descriptions : sequence of str
        Which of `HIERARCHY`; a step over descriptions left out drops all their physics at once.
    coupling : float, optional
        V of the pair in rad/s with its sign; the device's unless given, 0.3 γ if that has none.
    limit : float
        Cost from which an approximation counts as failed.
    most_states : int
        Basis states of the largest pair solved where nothing is conserved; other steps than that of the cavities' Kerr
        stay below 420 anyway.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    ErrorBudget
        A description that cannot be built or solved is in it with the reason.

    Raises
    ------
    ArgumentError
        If a description is unknown or there are fewer than two, if the oscillator is stabilised to no level or its
        ladder is too short for it, or if the coupling is zero or the limit not positive.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> budget = qh.error_budget(device, levels=4, descriptions=("eliminated", "secular"))
    >>> budget.worst.neglected, bool(0.05 < budget.worst.cost < 0.1)
    ('coherences between neighbouring transitions', True)
    """
    names = check_descriptions(descriptions)
    limit = real("The limit", limit, "Give the relative error that can be afforded.", above=0.0)
    most_states = whole("`most_states`", most_states, "Give the size of a complete model.", least=0)
    complete = source.complete if isinstance(source, Device) else source
    target = check_ladder(complete)
    analysis = Analysis(source, Requested(coupling=coupling), progress=progress)
    if levels is None:
        most = max(MOST_LEVELS if isinstance(source, Device) else FEWEST_LEVELS, target + 2)
        levels = min(analysis.oscillator.levels, most)
    elif isinstance(source, Device):
        source.oscillator(levels)
    else:
        hint = f"The budget needs n0 = {target} and both its neighbours."
        levels = whole("`levels`", levels, hint, least=target + 2, most=source.levels)
    return budget_of(analysis, levels=levels, names=names, most_states=most_states, limit=limit)


def budget_of(
    analysis: Analysis, *, levels: int, most_states: int, limit: float = LIMIT, names: Sequence[str] = HIERARCHY
) -> ErrorBudget:
    """The error budget of what an analysis is of, with `levels` levels of a single oscillator."""
    complete, v = analysis.device.complete, analysis.coupling
    target = check_ladder(complete)
    detuning, words = _resonance(complete, target, v), analysis.device.vocabulary
    descent = _Descent(complete, target, levels, v, detuning, most_states, words, analysis)
    ticked = partial(_ticked, analysis.progress)
    descriptions = [build_description(complete, name, words) for name in names]
    solved = on_every_core(partial(_single, levels=levels, analysis=analysis), descriptions)
    results = [one for _, one in zip(ticked("model hierarchy, one device", names), solved, strict=True)]
    steps = tuple(pairwise(r for r in results if r.status is not Status.SKIPPED))
    upwards = [descent.row(*step, limit) for step in ticked("model hierarchy, pairs", steps[::-1])]
    return ErrorBudget(
        name=complete.name,
        target=target,
        levels=levels,
        coupling=v,
        assumed=analysis.coupling_choice.origin is Origin.ASSUMED,
        detuning=detuning,
        results=tuple(replace(r, pair=descent.largest_pair(r.description.name)) for r in results),
        rows=tuple(reversed(upwards)),
        counts=_sum([*(r.counts for r in results), *(p.counts for p in descent.pairs.values())]),
        truncation_error=_truncation_error(analysis, levels),
        limit=limit,
    )


def _truncation_error(analysis: Analysis, levels: int) -> float:
    """What the levels left out change in the populations: exactly, where every level is known."""
    known = level_error(analysis.device, levels) if isinstance(analysis.source, Device) else math.nan
    if not math.isnan(known):
        return known
    return network_steady_state(Network([eliminate(analysis.oscillator.truncated(levels))], [[0.0]])).truncation_error


def _ticked(progress: Progress | None, stage: str, items: Sequence[Item]) -> Iterator[Item]:
    """The items in turn, each reported when the next is asked for."""
    for number, item in enumerate(items):
        if progress is not None:
            progress(stage, number, len(items))
        yield item
    if progress is not None:
        progress(stage, len(items), len(items))


def _resonance(oscillator: SelfOscillator, target: int, coupling: float) -> float:
    """Δ (rad/s) at which |n0, n0⟩ meets |n0 + 1, n0 − 1⟩ on the secular description, the same for every row."""
    effective = build_description(oscillator, "secular").shortened(target + 2)
    pair = Network([effective, effective], [[0, coupling], [coupling, 0]])
    found = resonances(pair, (target, target))
    return next(r.detuning for r in found if r.after == (target + 1, target - 1))


@dataclass
class _Descent:
    """The way down: what is the same on every description, and the pairs solved so far.

    `latest` are the states of the pair before, at the same detunings: where those of the next one start.
    """

    oscillator: SelfOscillator
    target: int
    levels: int
    coupling: float
    detuning: float
    most_states: int
    vocabulary: Vocabulary
    analysis: Analysis
    pairs: dict[tuple[str, Size], PairResult] = field(default_factory=dict)
    latest: list[SteadyState] = field(default_factory=list)

    def row(self, above: DescriptionResult, below: DescriptionResult, limit: float) -> BudgetRow:
        """The step from one description to the next."""
        names = (above.description.name, below.description.name)
        size, too_large = self._size((above.description, below.description))
        second, first = (self._pair(r, size, too_large) for r in (below, above))
        neglected, remedies = neglected_between(self.oscillator, *names, self.vocabulary)
        worst = next((x for x in (above, below, first, second) if not x.ok), above)
        distance = math.nan
        if above.state is not None and below.state is not None:
            distance = float(np.abs(np.linalg.eigvalsh(above.state - below.state)).sum() / 2)
        return BudgetRow(
            above=names[0],
            below=names[1],
            neglected=", ".join(neglected),
            remedy=" ".join(remedies),
            status=worst.status,
            message=worst.message,
            trace_distance=distance,
            fidelity=(above.population(self.target), below.population(self.target)),
            relaxation_rate=(above.relaxation_rate, below.relaxation_rate),
            synchronization=np.array([first.synchronization, second.synchronization]),
            pair_dims=(first.dims, second.dims),
            certificate=Certificate.worst(x.certificate for x in (above, below, first, second)),
            limit=limit,
        )

    @cached_property
    def fock_states(self) -> int:
        """Fock states of each mode that pairs need where it is not their third that a step is about.

        As many as the pairs of the analysis have; what is given without a device keeps all it has.
        """
        asked, device = self.analysis.requested, self.analysis.source
        most = max(self.oscillator.dims[1:], default=2)
        if not isinstance(device, Device):
            return most
        chosen = first_of(asked.bath_levels, device.given.bath_levels) or self.analysis.pair_size.bath_levels
        return most if chosen is None else min(most, int(chosen.value))

    def largest_pair(self, name: str) -> PairResult | None:
        """The largest pair solved on a description."""
        found = [pair for (description, _), pair in self.pairs.items() if description == name]
        return max(found, key=lambda pair: math.prod(pair.dims), default=None)

    def _size(self, descriptions: tuple[Description, Description]) -> tuple[Size | None, str]:
        """Size of the pairs a step is judged by: what the costlier of the two descriptions affords."""
        kept = [r.oscillator for r in descriptions if isinstance(r.oscillator, SelfOscillator)]
        if not kept:
            return (self.levels, 0), ""
        free = any(r.keeps_baths and not r.rwa for r in descriptions)
        most, symmetry = MOST_STATES_CHARGED, "with a conserved charge"
        if free:
            most, symmetry = self.most_states, "without a conserved charge"
            if descriptions[0].name != "circuit":
                most = min(most, MOST_STATES_FREE)
        n0, modes = self.target, max(kept[0].dims[1:])
        if descriptions[0].name != "circuit":
            modes = min(modes, self.fock_states)
        given = self.analysis.device.given.pair_levels
        asked = first_of(self.analysis.requested.pair_levels, given)
        most_levels = self.levels if asked is None else min(self.levels, int(asked.value))
        sizes = [(n, m) for m in (modes, 2) for n in (n0 + 3, n0 + 2) if n <= most_levels]
        states = [
            max(math.prod(site_dims(r.shortened(*size))) ** 2 for r in descriptions if r.oscillator is not None)
            for size in sizes
        ]
        for size, count in zip(sizes, states, strict=True):
            if count <= most:
                return size, ""
        return None, (
            f"S was not computed: two complete devices with n0 + 2 = {n0 + 2} levels have {min(states)} states, and "
            f"{symmetry} at most {most} are solved. The populations are those of one device."
        )

    def _pair(self, result: DescriptionResult, size: Size | None, too_large: str) -> PairResult:
        if not result.ok:
            return PairResult(status=result.status, message=result.message)
        if size is None:
            return PairResult(status=Status.TOO_LARGE, message=too_large)
        key = (result.description.name, size if result.description.keeps_baths else (size[0], 0))
        if key not in self.pairs:
            self.pairs[key] = self._solved_pair(result.description, size)
        return self.pairs[key]

    def _solved_pair(self, description: Description, size: Size) -> PairResult:
        one, v = description.shortened(*size), self.coupling
        detunings = [0.0, self.detuning]
        try:
            if _is_asked(description, self.analysis) and _solves_pairs_of(self.analysis, site_dims(one)):
                solutions = self.analysis.complete_pairs(detunings)
            else:
                pair = Network([one, one], [[0, v], [v, 0]])
                solutions = detuning_sweep(pair, detunings, rwa=description.rwa, guesses=self.latest)
        except QsbError as error:
            return PairResult(status=Status.FAILED, message=str(error))
        self.latest = [s.steady for s in solutions]
        worst = next((s for s in solutions if not s.ok), solutions[0])
        return PairResult(
            dims=solutions[0].steady.dims,
            synchronization=synchronizations(solutions),
            status=worst.status,
            message=worst.message,
            certificate=Certificate.worst(s.certificate for s in solutions),
            counts=_sum([s.steady.counts for s in solutions]),
        )


def _is_asked(description: Description, analysis: Analysis) -> bool:
    """Whether a description is what the analysis solves: the complete oscillator, with the terms it keeps."""
    asked = analysis.requested
    return asked.complete and description.oscillator is analysis.device.complete and description.rwa == asked.rwa


def _comparison_of(analysis: Analysis, dims: tuple[int, ...]) -> Comparison | None:
    """The comparison where it was asked for already, and of a full model with such dimensions."""
    found: Comparison | None = vars(analysis).get("comparison")
    return found if found is not None and tuple(found.full.dims) == tuple(dims) else None


def _solves_pairs_of(analysis: Analysis, dims: tuple[int, ...]) -> bool:
    """Whether complete pairs were asked for already, and of two oscillators with such dimensions."""
    asked = analysis.conditions.pair_levels is not None
    return asked and site_dims(analysis.pair_size.of(analysis.oscillator)) == tuple(dims)


def _single(description: Description, levels: int, analysis: Analysis) -> DescriptionResult:
    """One oscillator on one description; what goes wrong is in the result."""
    if description.oscillator is None:
        status = Status.FAILED if description.failed else Status.SKIPPED
        return DescriptionResult(description=description, status=status, message=description.skipped)
    try:
        one = description.shortened(levels)
        model = effective_model(one) if isinstance(one, EffectiveOscillator) else full_model(one, description.rwa)
        known = _comparison_of(analysis, model.dims) if _is_asked(description, analysis) else None
        steady = steady_state(model) if known is None else known.full
        rate = math.nan
        if steady.ok:
            rate = population_relaxation_rate(model, steady) if known is None else known.relaxation_rate_full
    except QsbError as error:
        return DescriptionResult(description=description, status=Status.FAILED, message=str(error))
    return DescriptionResult(
        description=description,
        status=steady.status,
        message="" if steady.ok else steady.message,
        state=steady.reduced([0]) if steady.ok else None,
        relaxation_rate=rate,
        dims=steady.dims,
        certificate=steady.certificate,
        counts=steady.counts,
    )


def _sum(counts: Sequence[OperationCounts]) -> OperationCounts:
    return OperationCounts(*(sum(getattr(c, f.name) for c in counts) for f in fields(OperationCounts)))

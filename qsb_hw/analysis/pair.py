"""Two nodes together: S(Δ), the resonances, and the blockade contrast. A device and its twin are such a pair."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.conditions import Chosen, Origin, Requested
from qsb_hw.analysis.size import Levels, PairSize, size_of_pair
from qsb_hw.model.effective import EffectiveOscillator
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Certificate, Result, Status, worst_status
from qsb_hw.sync.exact import detuning_sweep
from qsb_hw.sync.mirror import exchanged
from qsb_hw.sync.resonances import Resonance, resonances
from qsb_hw.sync.solution import SyncSolution, synchronizations

if TYPE_CHECKING:
    from qsb_hw.analysis.analysis import Analysis

ON_A_LINE = 1.0
"""Distance, in half-widths, up to which a pair counts as at a resonance or at the blockade point."""

TRIED_KEPT = 8
"""Sizes of pairs that are tried whose solutions are kept for other analyses."""


class WorkingPoint(Enum):
    """Where two nodes stand, as they are."""

    AT_RESONANCE = "at a resonance"
    """Exchange of a quantum costs nothing: they synchronize."""
    BLOCKADED = "blockaded"
    """Their mean frequencies coincide, and yet no exchange is resonant."""
    OFF_RESONANCE = "off resonance"
    """Neither."""


class PairAnalysis:
    """Two nodes coupled by V, solved as far as asked; everything is a function of δ.

    δ is what is added to the spacings of the first node, its tones following, relative to where it stands. With the
    0–1 frequencies ω of both, level shifts of the baths included, Δ = δ + ω_1 − ω_2; for twins Δ = δ.

    Parameters
    ----------
    first, second : Analysis
        Of either node; the same one twice for a device and its twin.
    coupling : Chosen
        V in rad/s, real: a phase of V turns the relative phase and changes nothing else.
    progress : callable, optional
        Called with (stage, done, total).
    title : str
        What progress calls the pair.
    """

    def __init__(
        self, first: Analysis, second: Analysis, coupling: Chosen, progress: Progress | None = None, title: str = "pair"
    ) -> None:
        self.first, self.second, self.coupling_choice = first, second, coupling
        self.progress, self.title = progress, title
        self.complete: dict[float, SyncSolution] = {}
        self.eliminated: dict[float, SyncSolution] = {}
        self._shorter: dict[tuple[Levels, float], SyncSolution] = {}
        self._tried: dict[tuple[int, ...], dict[float, SyncSolution]] = {}

    @property
    def nodes(self) -> tuple[Analysis, Analysis]:
        """Both nodes."""
        return self.first, self.second

    @property
    def requested(self) -> Requested:
        """What is asked for; of both nodes alike."""
        return self.first.requested

    @property
    def coupling(self) -> float:
        """V in rad/s with its sign."""
        return self.coupling_choice.value

    @cached_property
    def completed(self) -> PairAnalysis:
        """The same with every bath kept; itself where they are."""
        if self.requested.complete:
            return self
        if self.second is self.first:
            return self.first.completed.pair
        return PairAnalysis(
            self.first.completed, self.second.completed, self.coupling_choice, self.progress, self.title
        )

    @property
    def has_fock_state(self) -> bool:
        """Whether the tones of both nodes single out a level."""
        return all(node.has_fock_state for node in self.nodes)

    @property
    def targets(self) -> tuple[int, int]:
        """n0 of both nodes; `ArgumentError` where one has none with both its neighbours on the ladder."""
        return self.first.target, self.second.target

    @property
    def offset(self) -> float:
        """Δ where the nodes stand, ω_1 − ω_2 of the 0–1 transitions in rad/s, level shifts of the baths included."""
        one, other = (float(node.reference.ladder.transition_frequencies[0]) for node in self.nodes)
        return one - other

    @cached_property
    def resonances(self) -> tuple[Resonance, ...]:
        """Where both can exchange a quantum, |n_1, n_2⟩ ↔ |n_1 ∓ 1, n_2 ± 1⟩; `detuning` is δ."""
        references = self.first.reference, self.second.reference
        frames = frame_shift(*references)
        found = resonances(pair_of(*references, self.coupling), self.targets)
        return tuple(replace(r, detuning=r.detuning + frames) for r in found)

    @cached_property
    def blockade(self) -> float:
        """δ midway between the resonances, where the mean transition frequencies around n0 coincide; 0 for twins."""
        found = [r.detuning for r in self.resonances]
        return sum(found) / len(found) if found else 0.0

    @property
    def rest_detunings(self) -> Floats:
        """δ of the blockade point, then of the resonances, rad/s."""
        return np.array([self.blockade, *(r.detuning for r in self.resonances)])

    @property
    def grid(self) -> Floats:
        """δ that resolve every line of S(Δ) and the plain in between, rad/s."""
        lines = [r.detuning - self.blockade for r in self.resonances]
        found = self.blockade + detuning_grid(self.half_width, lines, working=-self.blockade)
        near = self.half_width * np.array([s for s in LINE_STEPS if s <= COINCIDENCE_STEPS])
        more = [c + s * near for c in self.coincidences for s in (-1, 0, 1)]
        return np.unique(np.concatenate([found, *more])) if more else found

    @property
    def coincidences(self) -> tuple[float, ...]:
        """δ where a transition next to n0 is as high in both nodes, rad/s: S(Δ) of unlike nodes has a step there."""
        if self.first is self.second or not self.resonances:
            return ()
        one, other = (node.reference.ladder.transition_frequencies for node in self.nodes)
        n, m = self.targets
        found = (float(other[m + step] - one[n + step]) for step in (-1, 0))
        return tuple(d for d in found if self.half_width < abs(d - self.blockade))

    @cached_property
    def half_width(self) -> float:
        """Half the width of a line of S(Δ), rad/s."""
        return half_width(self.first.effective, self.coupling, self.second.effective)

    @property
    def to_resonance(self) -> float:
        """Distance from where the nodes stand to the nearest resonance, in half-widths; infinite without one."""
        return min((abs(r.detuning) for r in self.resonances), default=math.inf) / self.half_width

    @property
    def to_blockade(self) -> float:
        """Distance from where the nodes stand to the blockade point, in half-widths."""
        return abs(self.blockade) / self.half_width

    @property
    def working_point(self) -> WorkingPoint:
        """Where the nodes stand, as they are."""
        if self.to_resonance <= ON_A_LINE:
            return WorkingPoint.AT_RESONANCE
        return WorkingPoint.BLOCKADED if self.to_blockade <= ON_A_LINE else WorkingPoint.OFF_RESONANCE

    @cached_property
    def size(self) -> PairSize:
        """How many levels and Fock states a complete pair has, and what is left out by that."""
        return size_of_pair(self) if self.requested.complete else self.completed.size

    def complete_pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Both nodes with every bath, at each δ (rad/s)."""
        if not self.requested.complete:
            return self.completed.complete_pairs(detunings)

        wanted, stage = [float(d) for d in detunings], f"S, complete {self.title} with all baths"
        if any(d not in self.complete for d in wanted):
            one, other = self.size.of(self.first.oscillator), self.size.of(self.second.oscillator, second=True)
            if self.requested.rwa:  # sizes are tried without counter-rotating terms
                self.complete = self._tried.pop(one.dims + other.dims, {}) | self.complete
            missing = [d for d in dict.fromkeys(wanted) if d not in self.complete]
            self.complete |= dict(zip(missing, self._solved(one, other, missing, stage, self.complete), strict=True))
        return [self.complete[d] for d in wanted]

    def eliminated_pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Both nodes with their baths eliminated, at each δ (rad/s)."""
        wanted, stage = [float(d) for d in detunings], f"S(Δ), eliminated {self.title}"
        if missing := [d for d in dict.fromkeys(wanted) if d not in self.eliminated]:
            found = self._solved(self.first.reference, self.second.reference, missing, stage, self.eliminated)
            self.eliminated |= dict(zip(missing, found, strict=True))
        return [self.eliminated[d] for d in wanted]

    def _solved(
        self,
        first: Oscillator,
        second: Oscillator,
        detunings: Sequence[float],
        stage: str,
        known: Mapping[float, SyncSolution],
    ) -> list[SyncSolution]:
        tick = None if self.progress is None else partial(self.progress, stage)
        return self._sweep(first, second, detunings, known=known, rwa=self.requested.rwa, progress=tick)

    def swept(
        self,
        first: Oscillator,
        second: Oscillator,
        detunings: Sequence[float] | Floats,
        guesses: Sequence[SyncSolution] = (),
    ) -> list[SyncSolution]:
        """Other oscillators in the nodes' places, at each δ (rad/s), without counter-rotating terms."""
        return self._sweep(first, second, [float(d) for d in detunings], guesses=guesses)

    def tried(
        self,
        first: SelfOscillator,
        second: SelfOscillator,
        detunings: Sequence[float] | Floats,
        guesses: Sequence[SyncSolution] = (),
    ) -> list[SyncSolution]:
        """The nodes with levels and Fock states that may turn out to be those of the complete pair.

        Every question about a device asks for the same ones, so what is certified is kept for other analyses.
        """
        known, wanted = _tried_before(pickle.dumps((first, second, self.coupling))), [float(d) for d in detunings]
        found = [known[d] for d in wanted if d in known]
        if len(found) < len(wanted):
            found = self.swept(first, second, wanted, guesses)
            known |= {d: solution for d, solution in zip(wanted, found, strict=True) if solution.steady.ok}
        self._tried[first.dims + second.dims] = dict(zip(wanted, found, strict=True))
        return found

    def _sweep(
        self,
        first: Oscillator,
        second: Oscillator,
        detunings: Sequence[float],
        *,
        rwa: bool = True,
        known: Mapping[float, SyncSolution] | None = None,
        guesses: Sequence[SyncSolution] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> list[SyncSolution]:
        """Two oscillators at each δ; of twins with a conserved charge δ and −δ are one solve and its mirror image."""
        pair, places = pair_of(first, second, self.coupling), dict[float, None]()
        conserved = rwa or isinstance(first, EffectiveOscillator)
        twins = self.second is self.first and conserved and first.levels == second.levels
        known = dict(known or {}) if twins else {}
        for d in detunings:
            if d not in known and not (twins and (-d in known or -d in places)):
                places[d] = None
        starts = dict(zip(detunings, (guess.steady for guess in guesses), strict=False))
        if places:
            chosen = [starts[d] for d in places] if starts else ()
            shifted = np.array(list(places)) - frame_shift(first, second)
            found = detuning_sweep(pair, shifted, rwa=rwa, guesses=chosen, progress=progress)
            known |= dict(zip(places, found, strict=True))
        images = [d for d in dict.fromkeys(detunings) if d not in known]
        states = exchanged([known[-d].steady for d in images])
        known |= {
            d: replace(known[-d], network=pair.detuned(0, d), steady=s) for d, s in zip(images, states, strict=True)
        }
        return [known[d] for d in detunings]

    def eliminated_with(self, levels: Levels, detunings: Iterable[float]) -> list[SyncSolution]:
        """Eliminated nodes with so many levels, at each δ (rad/s)."""
        wanted = [float(d) for d in detunings]
        if levels == (self.first.reference.levels, self.second.reference.levels):
            return self.eliminated_pairs(wanted)
        if missing := [d for d in dict.fromkeys(wanted) if (levels, d) not in self._shorter]:
            first, second = (node.effective.truncated(n) for node, n in zip(self.nodes, levels, strict=True))
            found = self.swept(first, second, missing)
            self._shorter |= {(levels, d): solution for d, solution in zip(missing, found, strict=True)}
        return [self._shorter[levels, d] for d in wanted]

    @property
    def working_error(self) -> float:
        """Relative change of S where the nodes stand, by more levels and one more Fock state in every mode."""
        fewer, more = self.eliminated_with(self.size.both, [0.0]), self.eliminated_pairs([0.0])
        return abs(float(synchronizations(fewer)[0] / synchronizations(more)[0]) - 1) + self.size.bath_error

    def pairs(self, detunings: Iterable[float]) -> list[SyncSolution]:
        """Both nodes at each δ (rad/s), complete or eliminated as requested."""
        return self.complete_pairs(detunings) if self.requested.complete else self.eliminated_pairs(detunings)

    def S(self, detunings: Iterable[float]) -> Floats:
        """Synchronization measure at each δ (rad/s); NaN where a solve failed."""
        return synchronizations(self.pairs(detunings))

    @property
    def contrast(self) -> float:
        """S(resonance)/S(blockade point), the weaker resonance; NaN where a solve failed or nothing is resonant."""
        return contrast_of(self.S(self.rest_detunings))

    @cached_property
    def prediction(self) -> SyncPrediction:
        """S(Δ) of the eliminated pair over a sweep, and of the complete pair where it matters."""
        return predicted(self) if self.requested.complete else self.completed.prediction

    @property
    def solved(self) -> list[SyncSolution]:
        """All solutions so far."""
        return [*(self.complete.values() if self.requested.complete else ()), *self.eliminated.values()]


@lru_cache(maxsize=TRIED_KEPT)
def _tried_before(content: bytes) -> dict[float, SyncSolution]:
    """Solutions by δ of two oscillators and V, the same to the last digit; to be filled."""
    del content
    return {}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SyncPrediction(Result):
    """What two devices do, coupled by V and detuned by Δ.

    Attributes
    ----------
    coupling, assumed : float, bool
        V in rad/s with its sign, and whether neither the caller nor the device file gives it.
    detuning, S : (m,) float
        Δ = ω_1 − ω_2 in rad/s, and the synchronization measure of the eliminated pair; NaN where a solve failed.
    resonances : tuple of Resonance
        From the real ladders, |n_1, n_2⟩ ↔ |n_1 ± 1, n_2 ∓ 1⟩; their detuning is Δ.
    full_detuning : (k,) float
        Δ of the blockade point (zero for like devices) and of the resonances, where the complete pair was solved.
    S_full, S_eliminated : (k,) float
        With every bath of both devices kept, and eliminated with as many levels, at `full_detuning`.
    full : tuple of SyncSolution
        The complete pair's solutions.
    working_detuning, S_working : float
        Δ where the devices stand, and S of the complete pair there; zero, and that of the blockade, for like devices.
    truncation_error : float
        Of the eliminated pair at its last resonance.
    statuses : tuple of Status
        Of every solve, eliminated then full.
    """

    coupling: float
    assumed: bool
    detuning: Floats
    S: Floats
    resonances: tuple[Resonance, ...]
    full_detuning: Floats
    S_full: Floats
    S_eliminated: Floats
    full: tuple[SyncSolution, ...]
    working_detuning: float
    S_working: float
    truncation_error: float
    size: PairSize
    statuses: tuple[Status, ...]
    certificate: Certificate

    @property
    def status(self) -> Status:
        """Of the first solve that did not converge, else converged."""
        return worst_status(self.statuses)

    @property
    def message(self) -> str:
        """What the complete pair says of it."""
        return next((s.message for s in self.full if not s.steady.ok), "")

    def seen_from_second(self) -> SyncPrediction:
        """The same with the second device first: Δ changes its sign; `full` stays as it is."""
        found = (replace(r, detuning=-r.detuning, levels=r.levels[::-1], after=r.after[::-1]) for r in self.resonances)
        return replace(
            self,
            detuning=-self.detuning[::-1],
            S=self.S[::-1],
            resonances=tuple(found),
            full_detuning=0.0 - self.full_detuning,
            working_detuning=0.0 - self.working_detuning,
        )

    @property
    def S_blockade(self) -> float:
        """S of the complete pair at the blockade point."""
        return float(self.S_full[0])

    @property
    def S_resonance(self) -> float:
        """S of the complete pair at the weaker resonance; NaN without one."""
        return float(np.min(self.S_full[1:])) if self.S_full.size > 1 else math.nan

    @property
    def contrast(self) -> float:
        """S(resonance)/S(blockade point) of the complete pair, the weaker resonance; NaN where a solve failed."""
        return contrast_of(self.S_full)

    @property
    def contrast_eliminated(self) -> float:
        """The same ratio from the eliminated pair."""
        return contrast_of(self.S_eliminated)


def predict_pair(
    oscillator: SelfOscillator,
    coupling: float | None = None,
    pair_levels: int | None = None,
    progress: Progress | None = None,
) -> SyncPrediction:
    """S(Δ) of two copies of an oscillator: eliminated over a sweep, complete at Δ = 0 and the resonances.

    Parameters
    ----------
    oscillator : SelfOscillator
        With the levels and Fock states to keep.
    coupling : float, optional
        V in rad/s with its sign; 0.3 γ of the weakest tone unless given.
    pair_levels : int, optional
        Levels of each ladder of the complete pair; n0 + 3, and more where S needs them and they are affordable, unless
        given.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    SyncPrediction

    Raises
    ------
    ArgumentError
        If there are fewer pair levels than n0 + 2 or more than the oscillator has, or the coupling is zero.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("kerr_squid_array")
    >>> found = qh.predict_pair(device.oscillator(4).with_bath_levels(2), device.nearest_coupling)
    >>> found.contrast > 5
    True
    """
    from qsb_hw.analysis.analysis import Analysis

    return Analysis(oscillator, Requested(coupling=coupling, pair_levels=pair_levels), progress=progress).prediction


def predicted(pair: PairAnalysis) -> SyncPrediction:
    """The prediction of a pair."""
    rest, offset, grid = pair.rest_detunings, pair.offset, pair.grid
    swept = pair.eliminated_pairs(grid)
    *full, here = pair.complete_pairs([*rest, 0.0])
    checked = pair.eliminated_with(pair.size.both, rest)
    tail = pair.eliminated_pairs(rest)[-1]
    everything = [*swept, *full, here, *checked, tail]
    return SyncPrediction(
        coupling=pair.coupling,
        assumed=pair.coupling_choice.origin is Origin.ASSUMED,
        detuning=grid + offset,
        S=synchronizations(swept),
        resonances=tuple(replace(r, detuning=r.detuning + offset) for r in pair.resonances),
        full_detuning=rest + offset,
        S_full=synchronizations(full),
        S_eliminated=synchronizations(checked),
        full=tuple(full),
        working_detuning=offset,
        S_working=float(synchronizations([here])[0]),
        truncation_error=tail.truncation_error,
        size=pair.size,
        statuses=tuple(s.status for s in everything),
        certificate=Certificate.worst(s.certificate for s in everything),
    )


LINE_STEPS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
"""Where a line is looked at on either side of its centre, in its half-widths."""
COINCIDENCE_STEPS = 2.5
"""Half-widths up to which S(Δ) is looked at on either side of where transitions of unlike nodes coincide."""
BACKGROUND = 61
"""Equal steps over the whole range of Δ, whatever the lines."""


def half_width(effective: EffectiveOscillator, coupling: float, other: EffectiveOscillator | None = None) -> float:
    """Half the width of a line of S(Δ), rad/s: the rates around n0, mean of both oscillators, and the coupling."""
    widths = [_own_width(one) for one in (effective, other or effective)]
    return float(0.5 * (widths[0] + widths[1]) + 2 * abs(coupling))


def _own_width(effective: EffectiveOscillator) -> float:
    """Half of the rates around n0, and dephasing."""
    n0 = effective.target or 1
    return float(0.5 * effective.rates[:, n0 - 1 : n0 + 2].sum() + effective.dephasing_rate)


def grid_of_lines(centres: Sequence[float], width: float, low: float, high: float) -> Floats:
    """Detunings from `low` to `high` that resolve lines of a half-width at some centres, and the plain in between.

    The grid widens with the distance from a line; where range and centres are symmetric, it is so to the last digit.
    """
    even = np.linspace(low, high, BACKGROUND)
    even = (even - even[::-1]) / 2 if low == -high else even
    near = [c + s * width * np.array(LINE_STEPS) for c in centres for s in (-1, 1)]
    grid = np.concatenate([centres, *near, even])
    slack = 1e-12 * (high - low)
    return np.unique(grid[(grid >= low - slack) & (grid <= high + slack)])


def detuning_grid(width: float, lines: Sequence[float], working: float = 0.0) -> Floats:
    """Detunings (rad/s) that resolve lines of a half-width around zero and elsewhere, and the plain in between.

    A working point other than zero is resolved too.
    """
    centres = [0.0, *lines, *([working] if working else [])]
    reach = 1.6 * max(abs(c) for c in [0.0, *lines]) or 10 * width
    low, high = min(-reach, working - 10 * width), max(reach, working + 10 * width)
    return grid_of_lines(centres, width, low, high) if working else grid_of_lines(centres, width, -reach, reach)


def frame_shift(first: Oscillator, second: Oscillator) -> float:
    """ω_2 − ω_1 by which δ exceeds the detuning of `pair_of`: each eliminated oscillator has a frame of its own."""
    if isinstance(first, EffectiveOscillator) and isinstance(second, EffectiveOscillator):
        return frame_of(second) - frame_of(first)
    return 0.0


def frame_of(oscillator: EffectiveOscillator) -> float:
    """Transition frequency below n0: in its frame energies do not drown the rates."""
    return float(oscillator.ladder.transition_frequencies[(oscillator.target or 1) - 1])


def pair_of(first: Oscillator, second: Oscillator, coupling: float, detuning: float = 0.0) -> Network:
    """Two oscillators coupled by V (rad/s), the first raised by a detuning (rad/s) in the frame of either."""
    own = [o.detuned(-frame_of(o)) if isinstance(o, EffectiveOscillator) else o for o in (first, second)]
    return Network([own[0].detuned(detuning), own[1]], [[0, coupling], [coupling, 0]])


def contrast_of(S: Floats) -> float:
    """S(resonance)/S(blockade), the weaker resonance; NaN where a solve failed or nothing is resonant."""
    return float(np.min(S[1:]) / S[0]) if S.size > 1 and S[0] > 0 else math.nan

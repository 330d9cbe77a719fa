"""A chip under given conditions: its nodes, its links, and the network of all of them, solved as far as asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Floats, Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.capacity import Estimate, estimate_of
from qsb_hw.analysis.conditions import Chosen, Origin, Requested
from qsb_hw.analysis.pair import PairAnalysis, SyncPrediction, WorkingPoint
from qsb_hw.arguments import real, whole
from qsb_hw.errors import CapacityError, require
from qsb_hw.lindblad.iterative import SylvesterGMRES
from qsb_hw.lindblad.steady import Auto
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device, gamma_of
from qsb_hw.model.network import Network
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.result import Combined, Result
from qsb_hw.sync.exact import steady_state
from qsb_hw.sync.resonances import Resonance
from qsb_hw.sync.solution import SyncSolution
from qsb_hw.sync.truncation import remaining_change, truncation_error

VISIBLE = 0.1
"""|V| over the smaller γ from which a coupling is judged as a link, where the file names no links."""
MOST_NETWORK_STATES = 650
"""Basis states up to which nodes of an eliminated network get more levels than n0 + 2 by themselves."""
NETWORK_TOLERANCE = 5e-3
"""Truncation error of populations and S up to which an eliminated network has levels enough."""
MOST_COMPLETE_STATES = 1500
"""Basis states up to which a complete network is solved without being asked for."""
NETWORK_SOLVER = Auto(iterative=SylvesterGMRES(tolerance=1e-8, restart=160))
"""Of eliminated networks: unlike nodes take many steps, and what these leave lies far below the accuracy asked for."""
NEGLIGIBLE_CHANGE = 1e-3
"""Of S, relative: what a direct coupling must do at least to help or hinder."""
LARGEST_NETWORK = 20_000
"""Basis states beyond which an eliminated network is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkAnalysis:
    """Two nodes of a chip with what couples them, seen from the first.

    Attributes
    ----------
    between : (str, str)
        Names of both nodes, in the order of the chip.
    places : (int, int)
        Their places among the nodes.
    coupling : complex
        V_jk in rad/s.
    pair : PairAnalysis
        Shared with every link that is the same, or the same seen from its other end.
    mirrored : bool
        Whether the pair is seen from its second node.
    """

    between: tuple[str, str]
    places: tuple[int, int]
    coupling: complex
    pair: PairAnalysis
    mirrored: bool

    @property
    def name(self) -> str:
        """Both names, joined."""
        return "-".join(self.between)

    @property
    def gammas(self) -> tuple[float, float]:
        """γ of the weakest tone of either node in rad/s; NaN without one."""
        one, other = (gamma_of(node.device) for node in self.pair.nodes)
        return (other, one) if self.mirrored else (one, other)

    def seen(self, detuning: float) -> float:
        """A δ or Δ of the pair, seen from the first node of the link."""
        return 0.0 - detuning if self.mirrored else detuning

    @property
    def detuning(self) -> float:
        """Δ where the nodes stand, rad/s."""
        return self.seen(self.pair.offset)

    @property
    def blockade(self) -> float:
        """Δ of the blockade point, rad/s."""
        return self.seen(self.pair.blockade + self.pair.offset)

    @property
    def resonances(self) -> tuple[Resonance, ...]:
        """With Δ as `detuning`, and the levels of the first node first; the lowest Δ first."""
        offset = self.pair.offset
        found = [replace(r, detuning=r.detuning + offset, oscillators=self.places) for r in self.pair.resonances]
        if self.mirrored:
            found = [
                replace(r, detuning=-r.detuning, levels=r.levels[::-1], after=r.after[::-1]) for r in reversed(found)
            ]
        return tuple(found)

    @property
    def working_point(self) -> WorkingPoint:
        """Where the nodes stand."""
        return self.pair.working_point

    @property
    def prediction(self) -> SyncPrediction:
        """S(Δ) of the pair."""
        return self.pair.prediction.seen_from_second() if self.mirrored else self.pair.prediction


class DirectLink(Enum):
    """What a direct coupling does to S of two nodes that are coupled through others as well."""

    HELPS = "helps"
    HINDERS = "hinders"
    NEGLIGIBLE = "is negligible"
    UNRESOLVED = "change below the truncation error"
    ABSENT = "there is none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mediation:
    """Two nodes that are coupled through a third one (Lörch 2017 Figs. 4 and 5).

    Attributes
    ----------
    between, through : tuple of str
        Names of the two nodes, and of all that judged links join to both.
    coupling : complex
        V_jk of the direct coupling in rad/s with its sign; 0 for none.
    S, S_mediated, S_direct, S_reversed : float
        With all couplings, without the direct one, with the direct one alone, and with its sign turned.
    error : float
        Of S − S_mediated, by the levels left out; NaN where it cannot be told.
    """

    between: tuple[str, str]
    through: tuple[str, ...]
    coupling: complex
    S: float
    S_mediated: float
    S_direct: float
    S_reversed: float
    error: float

    @property
    def direct_link(self) -> DirectLink:
        """What the direct coupling does: a change of S below its truncation error is none that is known."""
        if not self.coupling:
            return DirectLink.ABSENT
        change = self.S - self.S_mediated
        if max(abs(change), self.error) <= NEGLIGIBLE_CHANGE * self.S_mediated:
            return DirectLink.NEGLIGIBLE
        if not abs(change) > self.error:  # an error that is not known resolves nothing
            return DirectLink.UNRESOLVED
        return DirectLink.HELPS if change > 0 else DirectLink.HINDERS


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipNetwork(Combined):
    """All nodes of a chip together, as they stand.

    Nodes that no coupling joins are solved apart: they are independent, and S between them is zero.

    Attributes
    ----------
    names : tuple of str
        Of the nodes.
    complete : bool
        Whether every bath is kept; else they are eliminated.
    parts : tuple of (tuple of int, SyncSolution)
        Places of the nodes that couplings join, and their steady state.
    S : (N, N) float
        Synchronization measure of every two nodes; NaN on the diagonal and where a solve failed.
    levels : tuple of Chosen
        Of each node's ladder.
    truncation_error : float
        Largest error that finite ladders leave in any population and any S; NaN where it cannot be told.
    """

    names: tuple[str, ...]
    complete: bool
    parts: tuple[tuple[tuple[int, ...], SyncSolution], ...]
    S: Floats
    levels: tuple[Chosen, ...]
    truncation_error: float

    @property
    def _results(self) -> Iterable[Result]:
        return (solution for _, solution in self.parts)

    @property
    def populations(self) -> tuple[Floats, ...]:
        """Level populations of each node; NaN where it was not solved."""
        found: dict[int, Floats] = {}
        for places, solution in self.parts:
            for k, place in enumerate(places):
                levels = solution.network.oscillators[k].levels
                found[place] = solution.populations(k) if solution.ok else np.full(levels, math.nan)
        return tuple(found[place] for place in range(len(self.names)))


class ChipAnalysis:
    """A chip under given conditions.

    Parameters
    ----------
    chip : Chip
        What to analyse.
    requested : Requested, optional
        Of every node and pair alike; everything is chosen unless given. V is the chip's.
    visible : float
        |V| over the smaller γ from which a coupling is judged as a link, where the file names none.
    network_levels : int, optional
        Levels of each ladder of the eliminated network; until S no longer changes unless given.
    largest_network, network_states : int
        Basis states beyond which an eliminated network is refused, and up to which its nodes get more levels than
        n0 + 2 by themselves.
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    ArgumentError
        If the source is no chip, a coupling is requested, or a number is out of its range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> from dataclasses import replace
    >>> device = qh.load_device("kerr_squid_array")
    >>> chip = qh.Chip("two", [device, replace(device, name="twin")], device.coupling)
    >>> found = qh.ChipAnalysis(chip, network_levels=4)
    >>> [link.name for link in found.links], found.links[0].working_point.value
    (['kerr_squid_array-twin'], 'blockaded')
    >>> bool(found.network.S[0, 1] < 0.1)
    True
    """

    def __init__(
        self,
        chip: Chip,
        requested: Requested | None = None,
        *,
        visible: float = VISIBLE,
        network_levels: int | None = None,
        largest_network: int = LARGEST_NETWORK,
        network_states: int = MOST_NETWORK_STATES,
        progress: Progress | None = None,
    ) -> None:
        require(isinstance(chip, Chip), "A chip must be given", type(chip).__name__, "`Chip` makes one of devices.")
        asked = requested or Requested()
        hint = "V is in the chip's coupling matrix: make a Chip with another one."
        require(asked.coupling is None, "A chip must be analysed without a `coupling` of its own", asked.coupling, hint)
        self.visible = real("`visible`", visible, "A fraction of γ.", least=0.0)
        if network_levels is not None:
            whole("`network_levels`", network_levels, "Leave it out to have them chosen.", least=2)
        hint = f"{LARGEST_NETWORK} and {MOST_NETWORK_STATES} unless given."
        self.largest_network = whole("`largest_network`", largest_network, hint, least=1)
        self.network_states = whole("`network_states`", network_states, hint, least=1)
        self.chip, self.requested, self.progress, self.network_levels = chip, asked, progress, network_levels
        self._pairs: dict[tuple[int, int, float], PairAnalysis] = {}
        self._networks: dict[tuple[tuple[int, ...], tuple[int, ...]], SyncSolution] = {}

    @cached_property
    def nodes(self) -> tuple[Analysis, ...]:
        """One analysis per node; nodes that are alike but for their names share one."""
        alike: dict[tuple[int, ...], Analysis] = {}
        for node in self.chip.nodes:
            if (key := _identity(node)) not in alike:
                alike[key] = Analysis(node, self.requested, progress=self._named(node.name))
        return tuple(alike[_identity(node)] for node in self.chip.nodes)

    def node(self, name: str) -> Analysis:
        """The analysis of a node by its name."""
        return self.nodes[self.chip.index(name)]

    def _named(self, name: str) -> Progress | None:
        progress = self.progress
        return None if progress is None else lambda stage, done, total: progress(f"{name}: {stage}", done, total)

    @cached_property
    def links(self) -> tuple[LinkAnalysis, ...]:
        """The links that are judged: those the file names, else all whose |V| is visible against the smaller γ.

        Where none is visible the strongest coupling is judged: nothing else can be said of it.
        """
        chip = self.chip
        if chip.given:
            named = {frozenset(one) for one in chip.given}
            return tuple(self._link(*pair) for pair in chip.links if frozenset(pair) in named)
        strength = {pair: self.strength(*pair) for pair in chip.links}
        chosen = [pair for pair, share in strength.items() if share >= self.visible]
        if not chosen and strength:
            chosen = [max(strength, key=lambda pair: np.nan_to_num(strength[pair]))]
        return tuple(self._link(*pair) for pair in chosen)

    @property
    def unwanted(self) -> tuple[tuple[str, str], ...]:
        """Pairs of nodes that couple but are not judged as links."""
        judged = {link.between for link in self.links}
        return tuple(pair for pair in self.chip.links if pair not in judged)

    def strength(self, first: str, second: str) -> float:
        """|V| of two nodes over the smaller γ; NaN where that is zero or not known."""
        gamma = min(gamma_of(self.chip.node(name)) for name in (first, second))
        return abs(self.chip.coupling_between(first, second)) / gamma if gamma else math.nan

    def _link(self, first: str, second: str) -> LinkAnalysis:
        V = self.chip.coupling_between(first, second)
        one, other, places = self.node(first), self.node(second), (self.chip.index(first), self.chip.index(second))
        real_V = V.real if V.imag == 0 else abs(V)  # a phase of V turns the relative phase of a pair, and no more
        key, mirror = (id(one), id(other), real_V), (id(other), id(one), real_V)
        if mirrored := key not in self._pairs and mirror in self._pairs:
            key = mirror
        if key not in self._pairs:
            title = f"link {first}-{second}"
            self._pairs[key] = self.pair_of(one, other, Chosen(real_V, Origin.FILE), title)
        return LinkAnalysis((first, second), places, V, self._pairs[key], mirrored)

    def pair_of(self, one: Analysis, other: Analysis, coupling: Chosen, title: str) -> PairAnalysis:
        """Two nodes coupled by V."""
        return PairAnalysis(one, other, coupling, self.progress, title)

    @property
    def has_fock_states(self) -> bool:
        """Whether the tones of every node single out a level."""
        return all(node.has_fock_state for node in self.nodes)

    @cached_property
    def parts(self) -> tuple[tuple[int, ...], ...]:
        """Places of the nodes that couplings join, part by part."""
        from scipy.sparse.csgraph import connected_components

        _, labels = connected_components(np.abs(self.chip.coupling) > 0, directed=False)
        groups = (np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist()))
        return tuple(tuple(group.tolist()) for group in groups)

    @cached_property
    def network(self) -> ChipNetwork:
        """All nodes as they stand, their baths eliminated.

        `CapacityError` where n0 + 2 levels of each are too many states.
        """
        parts, errors, levels = [], [], dict[int, Chosen]()
        for part in self.parts:
            solution, error, kept = self._solved(part)
            levels |= dict(zip(part, kept, strict=True))
            errors.append(error)
            parts.append((part, solution))
        chosen = tuple(levels[place] for place in range(self.chip.size))
        return self._network_of(parts, chosen, errors, complete=False)

    def _solved(self, part: Sequence[int]) -> tuple[SyncSolution, float, tuple[Chosen, ...]]:
        """One part of the network, with its truncation error: levels as requested, else until S no longer changes."""
        found: tuple[SyncSolution, float, tuple[Chosen, ...]] | None = None
        for levels in self._sizes(part):
            if self.progress is not None:
                self.progress(f"network of {len(part)} nodes, baths eliminated, {max(levels)} levels", 0, 0)
            solution = self._solver(part)(self._eliminated(part, levels))
            error = self._truncation(solution, part) if solution.ok else math.nan
            if found is not None and not solution.ok:
                break  # what fewer levels gave is the best there is
            enough = error <= NETWORK_TOLERANCE
            origin = Origin.CHOSEN if enough else Origin.LIMIT
            origin = Origin.GIVEN if self.network_levels is not None else origin
            found = solution, error, tuple(Chosen(n, origin) for n in levels)
            if enough:
                break
        assert found is not None
        return found

    def _truncation(self, solution: SyncSolution, part: Sequence[int]) -> float:
        """Truncation error; the tail is judged by the highest level alone, as real ladders are short."""
        return truncation_error(solution, self._solver(part), _shorter(solution.network), highest=1)

    def _solver(self, part: Sequence[int]) -> Callable[[Network], SyncSolution]:
        """Solver of one part, its baths eliminated: once for every choice of levels."""

        def solve(network: Network) -> SyncSolution:
            key = tuple(part), tuple(o.levels for o in network.oscillators)
            if key not in self._networks:
                self._networks[key] = _solve(network)
            return self._networks[key]

        return solve

    def _sizes(self, part: Sequence[int]) -> list[tuple[int, ...]]:
        """Levels of the ladders of one part to be tried in turn; `CapacityError` where even the fewest are too many."""
        nodes = [self.nodes[place] for place in part]
        if self.network_levels is not None:
            for node in nodes:
                hint = f"Keep n0 + 2 = {node.target + 2} levels at least, and no more than there are."
                whole("`network_levels`", self.network_levels, hint, least=node.target + 2, most=node.effective.levels)
            sizes = [(self.network_levels,) * len(nodes)]
        else:
            top = max(node.reference.levels - node.target for node in nodes)
            sizes = [
                tuple(min(node.target + above, node.reference.levels) for node in nodes)
                for above in range(2, max(top, 2) + 1)
            ]
            most = min(self.network_states, self.largest_network)
            affordable = [n for n in sizes if math.prod(n) <= most] or sizes[:1]
            sizes = affordable[2:] or affordable[-1:]  # n0 + 4 levels show by those of n0 + 3 what is left out
        self._refuse_large(sizes[0])
        return sizes

    def refuse_large_network(self) -> None:
        """`CapacityError`, before anything is solved, where the eliminated network cannot but have too many states."""
        for part in self.parts if self.has_fock_states else ():
            targets = [self.nodes[place].device.target for place in part]
            self._refuse_large([self.network_levels or target + 2 for target in targets])

    def _refuse_large(self, levels: Sequence[int]) -> None:
        states = math.prod(levels)
        if states > self.largest_network:
            raise CapacityError(
                f"An eliminated network must have at most {self.largest_network} states, but {len(levels)} nodes with "
                f"{min(levels)} levels or more have {states:.3g}. Take fewer nodes (--nodes; `Chip.part`), or raise "
                "`largest_network`."
            )

    def _eliminated(self, part: Sequence[int], levels: Sequence[int]) -> Network:
        """Eliminated nodes in one common frame, where energies do not drown the rates."""
        nodes = [self.nodes[place].effective.truncated(n) for place, n in zip(part, levels, strict=True)]
        frame = float(np.mean([node.ladder.transition_frequencies[(node.target or 1) - 1] for node in nodes]))
        own = [replace(node.detuned(-frame), name=self.chip.names[k]) for k, node in zip(part, nodes, strict=True)]
        return Network(own, self.chip.coupling[np.ix_(part, part)])

    def _network_of(
        self,
        parts: list[tuple[tuple[int, ...], SyncSolution]],
        levels: tuple[Chosen, ...],
        errors: Sequence[float],
        complete: bool,
    ) -> ChipNetwork:
        S = np.zeros((self.chip.size, self.chip.size))
        for places, solution in parts:
            S[np.ix_(places, places)] = solution.synchronizations if solution.ok else math.nan
        np.fill_diagonal(S, math.nan)
        return ChipNetwork(
            names=self.chip.names,
            complete=complete,
            parts=tuple(parts),
            S=S,
            levels=levels,
            truncation_error=max(errors) if np.all(np.isfinite(errors)) else math.nan,
        )

    @cached_property
    def mediation(self) -> tuple[Mediation, ...]:
        """Every two nodes that judged links join through a third one, with and without their direct coupling."""
        return tuple(self._mediations())

    def _mediations(self) -> Iterator[Mediation]:
        joined = np.zeros((self.chip.size,) * 2, dtype=bool)
        for link in self.links:
            joined[link.places] = joined[link.places[::-1]] = True
        for part, solution in self.network.parts:
            for (j, one), (k, other) in combinations(enumerate(part), 2):
                if solution.ok and (through := _between(joined, one, other)):
                    if self.progress is not None:
                        self.progress(f"mediation between {self.chip.names[one]} and {self.chip.names[other]}", 0, 0)
                    names = tuple(self.chip.names[place] for place in through)
                    yield self._mediation(solution, part, (j, k), (self.chip.names[one], self.chip.names[other]), names)

    def _mediation(
        self,
        solution: SyncSolution,
        part: Sequence[int],
        places: tuple[int, int],
        between: tuple[str, str],
        through: tuple[str, ...],
    ) -> Mediation:
        network, S = solution.network, solution.synchronization(*places)
        V = complex(network.coupling[places])

        def S_with(share: float, of: SyncSolution = solution) -> float:
            """S with a multiple of the direct coupling."""
            coupling = of.network.coupling.copy()
            coupling[places], coupling[places[::-1]] = share * V, share * V.conjugate()
            found = _solve(Network(of.network.oscillators, coupling), of)
            return found.synchronization(*places) if found.ok else math.nan

        mediated = S_with(0.0) if V else S

        def change(one: SyncSolution, other: SyncSolution) -> float:
            """How much other ladders change what the direct coupling does."""
            return abs(one.synchronization(*places) - mediated - other.synchronization(*places) + S_with(0.0, other))

        alone = 0.0
        if V:
            both = [network.oscillators[place] for place in places]
            pair = _solve(Network(both, [[0, V], [V.conjugate(), 0]]))
            alone = pair.synchronization(0, 1) if pair.ok else math.nan
        return Mediation(
            between=between,
            through=through,
            coupling=V,
            S=S,
            S_mediated=mediated,
            S_direct=alone,
            S_reversed=S_with(-1.0) if V else S,
            error=remaining_change(solution, change, self._solver(part), _shorter(network)) if V else 0.0,
        )

    def complete_nodes(self, part: Sequence[int]) -> list[SelfOscillator]:
        """The nodes of one part with every bath: as many levels and Fock states as their largest complete pair has."""
        found = []
        for place in part:
            sizes = [
                link.pair.size.of(self.nodes[place].oscillator, link.mirrored != (place == link.places[1]))
                for link in self.links
                if place in link.places
            ]
            largest = max(sizes, key=lambda one: math.prod(one.dims), default=self.nodes[place].oscillator)
            found.append(replace(largest, name=self.chip.names[place]))
        return found

    @cached_property
    def complete_estimate(self) -> Estimate:
        """States, memory and time of the complete network of the largest part."""
        estimates = (estimate_of(self.complete_nodes(part)) for part in self.parts)
        return max(estimates, key=lambda one: one.states)

    @property
    def least_complete_estimate(self) -> Estimate:
        """What the complete network takes at least, known before anything is solved: n0 + 3 levels, two Fock states."""
        asked, least = self.requested, []
        for node in self.nodes:
            whole_ladder = node.device.complete
            short = whole_ladder.truncated(min(asked.pair_levels or node.device.target + 3, whole_ladder.levels))
            least.append(short.with_bath_levels(asked.bath_levels or 2))
        estimates = (estimate_of([least[place] for place in part]) for part in self.parts)
        return max(estimates, key=lambda one: one.states)

    @cached_property
    def complete_network(self) -> ChipNetwork:
        """All nodes as they stand with every bath.

        What it takes is said to `progress` first. `CapacityError` where the memory is not free.
        """
        estimate = self.complete_estimate
        estimate.require()
        if self.progress is not None:
            self.progress(f"complete network: {estimate.words}", 0, 0)
        parts, levels = [], dict[int, Chosen]()
        for part in self.parts:
            nodes = self.complete_nodes(part)
            network = Network(nodes, self.chip.coupling[np.ix_(part, part)])
            parts.append((part, steady_state(network, rwa=self.requested.rwa, estimate_truncation=False)))
            levels |= {place: Chosen(node.levels, Origin.CHOSEN) for place, node in zip(part, nodes, strict=True)}
        kept = tuple(levels[place] for place in range(self.chip.size))
        return self._network_of(parts, kept, [math.nan], complete=True)


def _solve(network: Network, guess: SyncSolution | None = None) -> SyncSolution:
    """Steady state without an estimate of its truncation error."""
    return steady_state(network, NETWORK_SOLVER, guess=guess, estimate_truncation=False)


def _shorter(network: Network) -> tuple[int, ...]:
    """How much shorter the ladders are that truncation is judged by.

    Those of n0 + 2 levels lack what neighbours do two levels up, and say little where there is a longer one.
    """
    spare = network.smallest_ladder - network.minimum_levels
    return (-1, -2) if spare > 2 else (-1,) if spare else ()


def _identity(device: Device) -> tuple[int, ...]:
    """Equal for devices that are made of the same parts, whatever they are called."""
    apart = ("name", "description", "spec", "coupling", "file_sha256")
    return tuple(id(getattr(device, f.name)) for f in fields(device) if f.name not in apart)


def _between(joined: NDArray[np.bool_], one: int, other: int) -> tuple[int, ...]:
    """Nodes that links join to both of two others."""
    return tuple(int(place) for place in np.flatnonzero(joined[one] & joined[other]))

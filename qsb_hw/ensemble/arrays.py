"""Arrays of single devices in mean-field product states: scattered frequencies, finite range of the coupling.

Every oscillator is a group of its own, ρ = ⊗ρ_i. Near the uncoupled state only the eigenvalues of the coupling matrix
matter: identical oscillators with pair couplings v_ij behave as one group with V any eigenvalue of v.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Booleans, Complexes, Floats
from qsb_hw.arguments import real_array, whole
from qsb_hw.ensemble.dynamics import fastest, in_slowest_frame, mean_field
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.stability import growth
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import threads_for

STEPS_PER_RADIAN = 4.0
"""Runge–Kutta steps of an array while its fastest term turns by one radian."""
MOST_NEWTON, ROUNDING = 30, 1e-13
"""Steps of Newton's method, and the relative length of its last one."""
LARGEST_TURN, REFINEMENTS = 1.0, 8
"""Radians by which a determinant may turn between two points of a line, and how often a step is halved for that."""
SEED = 0.1
"""Angle by which every site of an array is tilted out of its uncoupled state at the start."""


def _square(sites: int) -> Floats:
    """Rows of ⌊√sites⌋, the last one shorter where it does not come out even."""
    width = math.isqrt(sites)
    place = np.stack(np.divmod(np.arange(sites), width), axis=1)
    distance = np.abs(place[:, None] - place[None, :]).sum(axis=2)
    return np.asarray(distance == 1, dtype=float)


TOPOLOGIES: Mapping[str, Callable[[int], Floats]] = MappingProxyType(
    {
        "all-to-all": lambda sites: 1.0 - np.eye(sites),
        "square lattice": _square,
        "ring": lambda sites: np.minimum(sum(np.roll(np.eye(sites), step, axis=0) for step in (-1, 1)), 1.0),
        "chain": lambda sites: np.eye(sites, k=1) + np.eye(sites, k=-1),
    }
)
"""Name → adjacency matrix of that many sites."""


def adjacency(topology: str, sites: int) -> Floats:
    """Which sites are coupled, (sites, sites) of zeros and ones."""
    require(topology in TOPOLOGIES, f"`topology` must be one of {', '.join(TOPOLOGIES)}", repr(topology), "Choose one.")
    sites = whole("`sites`", sites, "An array needs at least two sites.", least=2)
    return TOPOLOGIES[topology](sites)


def array_of(groups: Groups, pair_coupling: ArrayLike, offsets: ArrayLike = 0.0) -> LadderGroups:
    """One oscillator per site, all like those of the one group given."""
    require(groups.count == 1, "One group must be given", f"{groups.count} groups", "Build arrays from a single group.")
    links = real_array("`pair_coupling`", pair_coupling, "Give v_ij of sites i and j.")
    require(
        links.ndim == 2 and np.array_equal(links, links.T) and not np.any(np.diag(links)),
        "`pair_coupling` must be a symmetric matrix with a diagonal of zeros",
        f"shape {links.shape}",
        "Give v_ij of sites i and j.",
    )
    count = len(links)
    spread = np.broadcast_to(real_array("`offsets`", offsets, "Give one per site."), (count,))
    return groups.ladders.picked(np.zeros(count), links, spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleratedSpread:
    """Largest scatter of frequencies at which groups still synchronize together."""

    spread: float  # standard deviation of a Gaussian scatter, mean over samples; 0 where equal ones do not synchronize
    scatter: float  # standard deviation of it between samples


def tolerated_spread(
    groups: Groups, rng: np.random.Generator, *, members: int = 50, samples: int = 12
) -> ToleratedSpread:
    """Scatter of frequencies at which groups stop synchronizing as a whole, by sampling.

    Every sample draws the frequencies of its members from a Gaussian of unit width and stretches them until the
    unsynchronized state is stable, or until fewer than half as many members take part in its fastest growing
    disturbance as do without scatter: what grows then are clusters of members that happen to lie close.
    """
    require(members >= 10 and samples >= 2, "There must be at least ten members and two samples",
            f"{members} and {samples}", "Use about 50 and 12.")  # fmt: skip
    ladders = groups.ladders
    if growth(ladders).real <= 0:
        return ToleratedSpread(spread=0.0, scatter=0.0)
    with threads_for(1):
        shapes = rng.standard_normal((samples, ladders.count, members))
        needed = _taking_part(ladders, 0 * shapes[0], growth(ladders)) / 2
        found = np.array([_stretch(ladders, shape, needed) for shape in shapes])
    return ToleratedSpread(spread=float(found.mean()), scatter=float(found.std(ddof=1)))


def _stretch(ladders: LadderGroups, shape: Floats, needed: float) -> float:
    """Smallest factor on the offsets `shape` (G, members) at which fewer than `needed` members grow together."""
    guess = growth(ladders)

    def together(size: float) -> bool:
        nonlocal guess
        fastest = fastest_of_members(ladders, size * shape, guess)
        guess = fastest if fastest.real > 0 else guess
        return _taking_part(ladders, size * shape, fastest) > needed

    low, high = 0.0, 0.02 * float(np.abs(ladders.links).max())
    while together(high):
        low, high = high, 1.3 * high
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if together(middle) else (low, middle)
    return (low + high) / 2


def _taking_part(ladders: LadderGroups, offsets: Floats, fastest: complex) -> float:
    """Participation number (Σ|A|²)²/Σ|A|⁴ of the fastest growing disturbance; 0 where nothing grows.

    Every group is split into members of its own, (G, members) frequencies apart. In a field h that grows with λ their
    amplitudes are h Σ_k w_k/(λ − λ_k), as of `responses`.
    """
    if fastest.real <= 0:
        return 0.0
    poles, weights = ladders.responses()
    answers = np.sum(weights[:, None] / (fastest - 1j * offsets[..., None] - poles[:, None]), axis=2)
    fields = np.linalg.svd(np.eye(len(offsets)) - ladders.links * answers.mean(axis=1))[2][-1]  # h = links·⟨answers⟩·h
    shares = np.abs(fields[:, None] * answers) ** 2
    return float(shares.sum() ** 2 / np.sum(shares**2))


def fastest_of_members(ladders: LadderGroups, offsets: Floats, guess: complex) -> complex:
    """Fastest growing disturbance of groups split into members `offsets` (G, members) apart; −1 where nothing grows.

    A disturbance that grows with λ keeps itself up: det(1 − links·⟨G(λ)⟩) = 0, with the mean response of the members of
    each group. A zero found from the `guess` by Newton's method is the fastest one where no other lies to its right,
    which the winding of the determinant along a line of constant Re λ counts. Where either fails the matrix of all
    members is diagonalised.
    """
    count, members = offsets.shape
    poles, weights = ladders.responses()
    at, weights = poles[:, None] + 1j * offsets[..., None], weights / members
    found = _zero(ladders.links, at, weights, guess)
    most = float(np.abs(ladders.links).max() * np.abs(weights).sum() * members)  # nothing grows faster
    grows = found is not None and 0 < found.real < most
    others = _zeros_beyond(ladders.links, at, weights, most, found if grows else None)
    if others == 0:
        return found if grows and found is not None else complex(-1)
    links = np.kron(ladders.links, np.full((members, members), 1 / members))
    return growth(ladders.picked(np.repeat(np.arange(count), members), links, offsets))


def _loops(links: Floats, poles: Complexes, weights: Complexes, values: Complexes) -> tuple[Complexes, Complexes]:
    """1 − links·⟨G(λ)⟩ and its derivative at some λ (L,), each (L, G, G), for `poles` (G, members, d−1)."""
    terms = 1 / (values[:, None, None, None] - poles)
    answers = np.einsum("lgmk,gk->lg", terms, weights)
    slopes = np.einsum("lgmk,lgmk,gk->lg", terms, terms, weights)
    return np.eye(len(links)) - links * answers[:, None, :], links * slopes[:, None, :]


def _zero(links: Floats, poles: Complexes, weights: Complexes, guess: complex) -> complex | None:
    """Zero of the determinant next to a guess; None where Newton's method does not end."""
    value = guess
    for _ in range(MOST_NEWTON):
        loops, slopes = _loops(links, poles, weights, np.array([value]))
        try:
            step = 1 / complex(np.trace(np.linalg.solve(loops[0], slopes[0])))  # (ln det)'
        except (np.linalg.LinAlgError, ZeroDivisionError):  # the determinant vanishes, or does not change
            return value
        value -= step
        if abs(step) <= ROUNDING * abs(value):
            return value
    return None


def _zeros_beyond(
    links: Floats, poles: Complexes, weights: Complexes, reach: float, known: complex | None
) -> int | None:
    """Zeros of the determinant to the right of a known one, or of Re λ = 0; None where that cannot be told.

    All poles lie to the left, where the uncoupled state is stable, and far out the determinant is one. The known zero
    is divided out.
    """
    place = 0.0 if known is None else known.real
    narrow = place - float(poles.real.max())
    centres = np.unique(np.round(poles.imag / narrow)) * narrow
    far = reach * np.geomspace(0.05, 100, 40)
    line = np.concatenate([*(centres + step * narrow for step in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)),
                           centres[0] - far, centres[-1] + far])  # fmt: skip
    line = np.unique(line)

    def phase_factors(where: Floats) -> Complexes:
        values: Complexes = np.asarray(place + 1j * where, dtype=complex)
        found = np.linalg.det(_loops(links, poles, weights, values)[0])
        if known is not None:
            found = found * (values - known + narrow) / np.where(values == known, 1.0, values - known)
        return np.asarray(found / np.abs(found))

    turned = phase_factors(line)
    for _ in range(REFINEMENTS):
        wide = np.flatnonzero(np.abs(np.angle(turned[1:] / turned[:-1])) > LARGEST_TURN)
        if not wide.size:
            total = np.angle(turned[1:] / turned[:-1]).sum() + np.angle(turned[0] / turned[-1])
            return -round(float(total) / (2 * math.pi))
        middle = (line[wide] + line[wide + 1]) / 2
        line = np.insert(line, wide + 1, middle)
        turned = np.insert(turned, wide + 1, phase_factors(middle))
    return None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ArrayRun:
    """An array integrated from small random coherences."""

    array: LadderGroups
    order: float  # |mean of ⟨A†⟩ over a sublattice|, averaged over sublattices and the last tenth of the run
    local_order: float  # √|⟨A†⟩_i⟨A⟩_j| of coupled sites; above `order` where domains or twists remain
    amplitude: float  # |⟨A†⟩| of single sites, averaged likewise


def integrate_array(
    array: LadderGroups, rng: np.random.Generator, *, t_final: float | None = None, sublattices: ArrayLike | None = None
) -> ArrayRun:
    """Integrate an array from small coherences of random phase."""
    labels = np.zeros(array.count) if sublattices is None else np.asarray(sublattices)
    require(labels.shape == (array.count,), "`sublattices` must hold one label per site", f"shape {labels.shape}",
            "Leave it out for one phase.")  # fmt: skip
    states = array.tilted(SEED * np.exp(2j * np.pi * rng.random(array.count)))
    rate = growth(array).real
    slowest = float(np.min(np.abs(np.linalg.eigvals(array.disturbances()[0]).real)))
    duration = t_final if t_final is not None else (30 / rate if rate > 1e-3 * slowest else 20 / slowest)
    step = 1 / (STEPS_PER_RADIAN * fastest(in_slowest_frame(array)[0]))
    run = mean_field(array, duration, samples=400, initial=states, step=step)
    last = run.amplitudes[:, -40:]
    members = [labels == label for label in np.unique(labels)]
    sublattice = np.array([np.abs(last[member].mean(axis=0)).mean() for member in members])
    shares = np.array([member.mean() for member in members])
    return ArrayRun(
        array=array,
        order=float(sublattice @ shares),
        local_order=_local_order(last, np.abs(array.links) > 0, members),
        amplitude=float(np.abs(last).mean()),
    )


def _local_order(amplitudes: Complexes, coupled: Booleans, members: list[Booleans]) -> float:
    total, count = 0.0, int(coupled.sum())
    for one in members:
        for other in members:
            pairs = coupled & one[:, None] & other[None, :]
            product = np.einsum("it,ij,jt->t", amplitudes.conj(), pairs, amplitudes)
            total += float(np.abs(product).mean())
    return math.sqrt(total / count) if count else 0.0

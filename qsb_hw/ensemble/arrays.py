"""Arrays of single devices in mean-field product states: scattered frequencies, finite range of the coupling.

Every oscillator is a group of its own, ρ = ⊗ρ_i. Near the uncoupled state only the eigenvalues of the coupling matrix
matter: identical oscillators with pair couplings v_ij behave as one group with V any eigenvalue of v.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Booleans, Complexes, Floats
from qsb_hw.arguments import real_array, whole
from qsb_hw.ensemble.dynamics import fastest, in_slowest_frame, mean_field
from qsb_hw.ensemble.groups import Groups
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.stability import growth, single, stability_matrix
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import threads_for

STEPS_PER_RADIAN = 4.0
"""Runge–Kutta steps of an array while its fastest term turns by one radian."""
SEED = 0.1
"""Angle by which every site of an array is tilted out of its uncoupled state at the start."""


def _chain(sites: int) -> Floats:
    return np.eye(sites, k=1) + np.eye(sites, k=-1)


def _ring(sites: int) -> Floats:
    return np.minimum(np.roll(np.eye(sites), 1, axis=0) + np.roll(np.eye(sites), -1, axis=0), 1.0)


def _square(sites: int) -> Floats:
    """Rows of ⌊√sites⌋, the last one shorter where it does not come out even."""
    width = math.isqrt(sites)
    place = np.stack(np.divmod(np.arange(sites), width), axis=1)
    distance = np.abs(place[:, None] - place[None, :]).sum(axis=2)
    return np.asarray(distance == 1, dtype=float)


def _all(sites: int) -> Floats:
    return np.ones((sites, sites)) - np.eye(sites)


TOPOLOGIES: Mapping[str, Callable[[int], Floats]] = MappingProxyType(
    {"all-to-all": _all, "square lattice": _square, "ring": _ring, "chain": _chain}
)
"""Name → adjacency matrix of that many sites."""


def adjacency(topology: str, sites: int) -> Floats:
    """Which sites are coupled, (sites, sites) of zeros and ones.

    Raises
    ------
    ArgumentError
        If the topology is unknown, or there are fewer than two sites.
    """
    require(topology in TOPOLOGIES, f"`topology` must be one of {', '.join(TOPOLOGIES)}", repr(topology), "Choose one.")
    sites = whole("`sites`", sites, "An array needs at least two sites.", least=2)
    return TOPOLOGIES[topology](sites)


def array_of(groups: Groups, pair_coupling: ArrayLike, offsets: ArrayLike = 0.0) -> LadderGroups:
    """One oscillator per site, all like those of the one group given.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group; its own coupling is not used.
    pair_coupling : (N, N) array_like
        v_ij in the unit of the rates, symmetric, zero on the diagonal.
    offsets : (N,) array_like
        By how much the frequency of every site differs.

    Raises
    ------
    ArgumentError
        If there is more than one group, or the matrix is not symmetric or couples a site to itself.
    """
    one = single(groups)
    links = real_array("`pair_coupling`", pair_coupling, "Give v_ij of sites i and j.")
    require(
        links.ndim == 2 and np.array_equal(links, links.T) and not np.any(np.diag(links)),
        "`pair_coupling` must be a symmetric matrix with a diagonal of zeros",
        f"shape {links.shape}",
        "Give v_ij of sites i and j.",
    )
    count = len(links)
    spread = np.broadcast_to(real_array("`offsets`", offsets, "Give one per site."), (count,))
    return LadderGroups(
        energies=one.energies + spread[:, None] * np.arange(one.levels),
        lowering=np.repeat(one.lowering, count, axis=0),
        jumps=one.jumps * count,
        links=links,
        rest=np.repeat(one.rest, count, axis=0),
        reference=one.reference,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleratedSpread:
    """Largest scatter of frequencies at which groups still synchronize together.

    Attributes
    ----------
    spread : float
        Standard deviation of a Gaussian scatter, mean over the samples, in the unit of the rates; 0 where even equal
        oscillators do not synchronize.
    scatter : float
        Standard deviation of it between samples of that many members.
    members, samples : int
        Oscillators per group and sample, and samples.
    """

    spread: float
    scatter: float
    members: int
    samples: int


def tolerated_spread(
    groups: Groups, rng: np.random.Generator, *, members: int = 50, samples: int = 12
) -> ToleratedSpread:
    """Scatter of frequencies at which groups stop synchronizing as a whole, by sampling.

    Every sample draws the frequencies of its members from a Gaussian of unit width and stretches them until the
    unsynchronized state is stable, or until fewer than half as many members take part in its fastest growing
    disturbance as do without scatter: what grows then are clusters of members that happen to lie close.

    Parameters
    ----------
    groups : SpinGroups or LadderGroups
        One group or several.
    rng : numpy.random.Generator
        Draws the frequencies.
    members : int
        In every group; they stand for infinitely many, and do not mean as many devices.
    samples : int
        Independent draws.

    Raises
    ------
    ArgumentError
        If there are fewer than ten members or two samples.
    """
    require(members >= 10 and samples >= 2, "There must be at least ten members and two samples",
            f"{members} and {samples}", "Use about 50 and 12.")  # fmt: skip
    ladders = groups.ladders
    if growth(ladders).real <= 0:
        return ToleratedSpread(spread=0.0, scatter=0.0, members=members, samples=samples)
    with threads_for(1):
        shapes = rng.standard_normal((samples, ladders.count, members))
        found = np.array([_stretch(ladders, shape) for shape in shapes])
    return ToleratedSpread(
        spread=float(found.mean()), scatter=float(found.std(ddof=1)), members=members, samples=samples
    )


def _stretch(ladders: LadderGroups, shape: Floats) -> float:
    """Smallest factor on the offsets `shape` (G, members) at which they do not synchronize together any more."""
    needed = _taking_part(ladders, 0 * shape) / 2

    def together(size: float) -> bool:
        return _taking_part(ladders, size * shape) > needed

    low, high = 0.0, 0.02 * float(np.abs(ladders.links).max())
    while together(high):
        low, high = high, 1.3 * high
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if together(middle) else (low, middle)
    return (low + high) / 2


def _taking_part(ladders: LadderGroups, offsets: Floats) -> float:
    """Participation number (Σ|A|²)²/Σ|A|⁴ of the fastest growing disturbance; 0 where nothing grows."""
    many = _scattered(ladders, offsets)
    values, vectors = np.linalg.eig(stability_matrix(many))
    fastest = int(np.argmax(values.real))
    if values[fastest].real <= 0:
        return 0.0
    elements = np.diagonal(many.lowering, 1, 1, 2).conj()
    weights = np.abs(np.sum(elements * vectors[:, fastest].reshape(many.count, -1), axis=1)) ** 2
    return float(weights.sum() ** 2 / np.sum(weights**2))


def _scattered(ladders: LadderGroups, offsets: Floats) -> LadderGroups:
    """Every group split into members of its own, (G, members) frequencies apart."""
    members = offsets.shape[1]
    return replace(
        ladders,
        energies=np.repeat(ladders.energies, members, axis=0) + offsets.reshape(-1, 1) * np.arange(ladders.levels),
        lowering=np.repeat(ladders.lowering, members, axis=0),
        jumps=tuple(jumps for jumps in ladders.jumps for _ in range(members)),
        links=np.kron(ladders.links, np.full((members, members), 1 / members)),
        rest=np.repeat(ladders.rest, members, axis=0),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ArrayRun:
    """An array integrated from small random coherences.

    Attributes
    ----------
    array : LadderGroups
        What was integrated.
    order : float
        |⟨A†⟩| of the mean over a sublattice (over all sites unless there are several), averaged over sublattices and
        over the last tenth of the run.
    local_order : float
        √|⟨A†⟩_i⟨A⟩_j|, averaged likewise over coupled sites of given sublattices before the modulus is taken; above
        `order` where domains or twists remain.
    amplitude : float
        |⟨A†⟩| of single sites, averaged likewise.
    """

    array: LadderGroups
    order: float
    local_order: float
    amplitude: float


def integrate_array(
    array: LadderGroups,
    rng: np.random.Generator,
    *,
    t_final: float | None = None,
    sublattices: ArrayLike | None = None,
) -> ArrayRun:
    """Integrate an array from small coherences of random phase.

    Parameters
    ----------
    array : LadderGroups
        One oscillator per group, from `array_of`.
    rng : numpy.random.Generator
        Draws the phases.
    t_final : float, optional
        Long enough unless given: 30 growth times of the fastest disturbance, or 20 lifetimes where nothing grows.
    sublattices : (N,) array_like, optional
        A label per site; sites with the same label are expected to share a phase. One label for all unless given.

    Raises
    ------
    ArgumentError
        If there is not one label per site, or the time is not positive.
    """
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

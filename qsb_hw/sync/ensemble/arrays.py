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
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.sync.ensemble.dynamics import mean_field
from qsb_hw.sync.ensemble.equations import Equations
from qsb_hw.sync.ensemble.groups import Groups
from qsb_hw.sync.ensemble.ladders import LadderGroups
from qsb_hw.sync.ensemble.stability import growth, scattered_onset, single

Floats = NDArray[np.float64]

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
        An unknown topology, or fewer than two sites.
    """
    require(topology in TOPOLOGIES, f"`topology` must be one of {', '.join(TOPOLOGIES)}", repr(topology), "Choose one.")
    require(sites >= 2, "An array needs at least two sites", sites, "Raise `sites`.")
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
        More than one group, or a matrix that is not symmetric or couples a site to itself.
    """
    one = single(groups)
    links = np.asarray(pair_coupling, dtype=float)
    require(
        links.ndim == 2 and np.array_equal(links, links.T) and not np.any(np.diag(links)),
        "`pair_coupling` must be a symmetric matrix with a diagonal of zeros",
        f"shape {links.shape}",
        "Give v_ij of sites i and j.",
    )
    count = len(links)
    spread = np.broadcast_to(np.asarray(offsets, dtype=float), (count,))
    return LadderGroups(
        energies=one.energies + spread[:, None] * np.arange(one.levels),
        lowering=np.repeat(one.lowering, count, axis=0),
        jumps=one.jumps * count,
        links=links,
        rest=np.repeat(one.rest, count, axis=0),
        reference=one.reference,
    )


@dataclass(frozen=True, slots=True)
class ToleratedSpread:
    """Largest scatter of frequencies at which a group still synchronizes.

    Attributes
    ----------
    spread : float
        Standard deviation of a Gaussian scatter, mean over the samples, in the unit of the rates; 0 where even equal
        oscillators do not synchronize.
    scatter : float
        Standard deviation of it between samples of that many members.
    members, samples : int
        Oscillators per sample, and samples.
    """

    spread: float
    scatter: float
    members: int
    samples: int


def tolerated_spread(
    groups: Groups, rng: np.random.Generator, *, members: int = 100, samples: int = 12
) -> ToleratedSpread:
    """Scatter of frequencies at which one group with coupling V stops synchronizing, by sampling.

    Every sample draws the frequencies of its members from a Gaussian of unit width and stretches them until the
    unsynchronized state turns stable for the first time. Beyond, members that happen to lie close may still make
    clusters of their own.

    Raises
    ------
    ArgumentError
        More than one group, fewer than two members or samples.
    """
    require(members >= 2 and samples >= 2, "There must be at least two members and two samples",
            f"{members} and {samples}", "Use about 100 and 12.")  # fmt: skip
    one = single(groups)
    if scattered_onset(one, 0.0) >= 1:
        return ToleratedSpread(0.0, 0.0, members, samples)
    found = np.array([_stretch(one, rng.standard_normal(members)) for _ in range(samples)])
    return ToleratedSpread(float(found.mean()), float(found.std(ddof=1)), members, samples)


def _stretch(one: LadderGroups, shape: Floats) -> float:
    """Smallest factor on the offsets `shape` at which the onset reaches the coupling there is."""
    from scipy.optimize import brentq

    def excess(size: float) -> float:
        return 1 - 1 / scattered_onset(one, size * shape)  # negative: synchronizes

    low, high = 0.0, 0.02 * float(np.abs(one.links).max())
    while excess(high) < 0:
        low, high = high, 1.4 * high
    return float(brentq(excess, low, high, rtol=1e-3, xtol=1e-9 * high))


@dataclass(frozen=True, slots=True, eq=False)
class ArrayRun:
    """An array integrated from small random coherences.

    Attributes
    ----------
    array : LadderGroups
        What was integrated.
    order : float
        |⟨A†⟩| of the mean over all sites at the end, time-averaged over the last tenth.
    local_order : float
        √ of the mean of ⟨A†⟩_i⟨A⟩_j over coupled sites, likewise; above `order` where domains or twists remain.
    amplitude : float
        |⟨A†⟩| of single sites, likewise.
    """

    array: LadderGroups
    order: float
    local_order: float
    amplitude: float


def integrate_array(array: LadderGroups, rng: np.random.Generator, *, t_final: float | None = None) -> ArrayRun:
    """Integrate an array from small coherences of random phase; what orders, orders by itself.

    Parameters
    ----------
    array : LadderGroups
        One oscillator per group, from `array_of`.
    rng : numpy.random.Generator
        Draws the phases.
    t_final : float, optional
        Long enough unless given: 40 growth times of the fastest disturbance, or 20 lifetimes where nothing grows.
    """
    states = array.tilted(SEED * np.exp(2j * np.pi * rng.random(array.count)))
    rate = growth(array).real
    slowest = float(np.min(np.abs(np.linalg.eigvals(Equations.of(array).disturbances()[0]).real)))
    duration = t_final if t_final is not None else (40 / rate if rate > 1e-3 * slowest else 20 / slowest)
    run = mean_field(array, duration, samples=400, initial=states)
    last = run.amplitudes[:, -40:]
    coupled = np.abs(array.links) > 0
    local = np.einsum("it,ij,jt->t", last, coupled, last.conj()).real / max(int(coupled.sum()), 1)
    return ArrayRun(
        array,
        float(np.abs(last.mean(axis=0)).mean()),
        float(np.sqrt(np.maximum(local.mean(), 0.0))),
        float(np.abs(last).mean()),
    )

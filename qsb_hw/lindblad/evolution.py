"""Time evolution of Lindblad models with a bound on its error.

ρ(t) = ρ_s + V y(t): the way to the steady state ρ_s in a space V that is extended until u = V y obeys u̇ = L u closely
enough. A Lindblad semigroup contracts the trace norm, so ‖error(t)‖₁ ≤ ‖error(0)‖₁ + ∫₀ᵗ ‖u̇ − L u‖₁ ds. Nothing is
stepped: a time costs the same however fast the fastest and however slow the slowest process is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.lindblad.jumps import JumpEntries
from qsb_hw.lindblad.ketbra import Coordinates, KetBraGenerator, KetBraSpace, evolving_apart, pairs_of
from qsb_hw.lindblad.reduction import Reduction
from qsb_hw.lindblad.resolvent import resolvent_of
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.sectors import Sectors, check_charge, find_sectors
from qsb_hw.lindblad.task import LindbladLike

ACCURACY = 1e-6
"""Bound on the trace norm of the error unless another one is asked for."""
MOST_DIRECTIONS = 600
"""Directions of the reduced space at most."""
QUADRATURE, CANDIDATES = 400, 80
"""Times at which the defect is integrated; frequencies at which it is looked for."""
PER_SOLVE = 40
"""Directions for each system that is solved before the residual is looked at again."""
WHOLE_BELOW, WHOLE_FROM = 800, 100
"""Matrix elements up to which all of them are taken once so many directions are not enough."""
CONDITION = 1e7
"""Condition number of eigenvectors up to which the small matrix is exponentiated by them."""

Count = Callable[[int, float], None]
"""Called with (directions, error bound)."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some elements of ρ that evolve apart from the others: `rest` + `weights` @ `basis` in their coordinates.

    Where the space does not hold the transposed elements, they are the complex conjugate of these.
    """

    coordinates: Coordinates
    rest: Complexes | Floats
    basis: Complexes | Floats
    weights: Complexes

    @property
    def mirrored(self) -> bool:
        """Whether the transposed elements of ρ are in no part."""
        return not self.coordinates.real

    def sums(self, group: Integers, row: Integers, col: Integers, value: Complexes, count: int) -> Complexes:
        """Σ value ρ_row,col of the elements of each group, (times, count)."""
        found = self._sums(group, row, col, value, count)
        return found + self._sums(group, col, row, value.conj(), count).conj() if self.mirrored else found

    def _sums(self, group: Integers, row: Integers, col: Integers, value: Complexes, count: int) -> Complexes:
        space = self.coordinates.generator.space
        at = space.position(row, col)
        group, value, at = group[at >= 0], value[at >= 0], at[at >= 0]
        if space.transposed is not None:
            value = np.concatenate([(0.5 + 0.5j) * value, (0.5 - 0.5j) * value])
            group, at = np.tile(group, 2), np.concatenate([at, space.transposed[at]])
        functionals = sp.csr_array((value, (group, at)), shape=(count, space.size))
        return np.asarray(functionals @ self.rest + self.weights @ (functionals @ self.basis.T).T)

    def matrix(self, number: int) -> sp.csr_array:
        """These elements of ρ at one time, (D, D)."""
        moved = self.rest + self.weights[number] @ self.basis
        flat = self.coordinates.flat(moved.real if self.coordinates.real else moved)
        found = sp.csr_array(self.coordinates.generator.space.matrix(flat))
        return sp.csr_array(found + found.conj().T) if self.mirrored else found


@dataclass(frozen=True, eq=False)
class Motion:
    """ρ at some times.

    Attributes
    ----------
    parts : tuple of Part
        That of equal charges first.
    error : float
        Bound on ‖ρ − ρ_true‖₁ over all times.
    solves : int
        Shifted systems solved.
    """

    parts: tuple[Part, ...]
    error: float
    solves: int

    @property
    def directions(self) -> int:
        """Of all reduced spaces together."""
        return sum(len(part.basis) for part in self.parts)

    def sums(self, group: Integers, row: Integers, col: Integers, value: Complexes, count: int) -> Complexes:
        """Σ value ρ_row,col of the elements of each group, (times, count)."""
        return np.asarray(sum(part.sums(group, row, col, value, count) for part in self.parts))

    def matrix(self, number: int) -> sp.csr_array:
        """ρ at one time, (D, D)."""
        return sp.csr_array(sum(part.matrix(number) for part in self.parts))


def propagate(
    model: LindbladLike,
    initial: sp.sparray,
    times: Floats,
    steady: SteadyState | None,
    accuracy: float = ACCURACY,
    progress: Count | None = None,
) -> Motion:
    """Evolve a density matrix (D, D) to all `times`, (k,), ascending from zero or later.

    `steady` is the certified steady state, where there is one.
    """
    if model.charge is not None:
        check_charge(model.charge, abs(model.hamiltonian), model.jumps)
    sectors = find_sectors(model.hamiltonian, model.jumps)
    root = math.sqrt(model.hamiltonian.shape[0])
    certain = steady is not None and steady.ok
    known = 2 * root * steady.error_bound if steady is not None and certain else 0.0
    parts, error, solves = list[Part](), known, 0
    for space in spaces_of(model, sectors, initial, diagonal=True):
        coordinates = Coordinates(KetBraGenerator.of(model.hamiltonian, model.jumps, space))
        start = coordinates.vector(space.flatten(initial))
        rest = np.zeros_like(start)
        if steady is not None and certain:
            rest = coordinates.vector(_flat_steady(space, steady))
        share = 1.0 if coordinates.real else 2.0
        wanted = max(accuracy - error, 0.1 * accuracy) / (share * root)
        with threads_for(space.largest_block):
            reduction, bound, count = reduced(coordinates, start - rest, float(times[-1]), wanted, progress)
            weights = small_motion(reduction, times)[0]
        turning = np.exp(-1j * coordinates.generator.frame * times)[:, None]
        parts.append(Part(coordinates, rest, reduction.basis.copy(), weights * turning))
        error, solves = error + share * root * bound, solves + count
    return Motion(tuple(parts), float(error), solves)


def spaces_of(
    model: LindbladLike, sectors: Sectors, operator: sp.sparray, diagonal: bool = False, mirrored: bool = True
) -> list[KetBraSpace]:
    """Spaces in which the parts of an operator evolve; first all equal sectors if `diagonal`.

    Of two that are transposed to one another only one if `mirrored`.
    """
    entries, count = JumpEntries.of(model.jumps, model.hamiltonian.shape[0]), sectors.count
    pairs = pairs_of(sectors, operator)
    equal = np.arange(count) * (count + 1)
    everything = np.union1d(pairs, equal) if diagonal else pairs
    apart = evolving_apart(sectors, entries, everything)
    if diagonal:  # sets of equal sectors are one space, with one steady state
        together = [codes for codes in apart if np.intersect1d(codes, equal, assume_unique=True).size]
        apart = [np.concatenate(together), *(c for c in apart if not any(c is one for one in together))]
    chosen, seen = list[KetBraSpace](), set[int]()
    for codes in apart:
        if int(codes[0]) not in seen:
            chosen.append(KetBraSpace.of(sectors, codes))
            seen |= set((codes % count * count + codes // count).tolist() if mirrored else ())
    return chosen


def _flat_steady(space: KetBraSpace, steady: SteadyState) -> Complexes:
    row, col = space.elements
    inside = np.nonzero(steady.space.offset[row] == steady.space.offset[col])[0]
    row, col = row[inside], col[inside]
    above, below = (steady.flat[steady.space.position(*p)] for p in ((row, col), (col, row)))
    flat = np.zeros(space.size, dtype=complex)
    flat[inside] = (above + below) / 2 + 0.5j * (above - below)
    return flat


def reduced(
    coordinates: Coordinates, start: Complexes | Floats, longest: float, accuracy: float, progress: Count | None,
    most: int | None = None,
) -> tuple[Reduction, float, int]:  # fmt: skip
    """Extend the space until the defect integrated up to the longest time is below the accuracy (Frobenius norm)."""
    matrix, solves, most = coordinates.matrix, 0, MOST_DIRECTIONS if most is None else most
    reduction, resolvent = Reduction(matrix, start), resolvent_of(coordinates)
    fastest = float(abs(matrix).sum(axis=1).max(initial=0.0)) or 1.0
    if longest == 0 or not start.any() or fastest * longest < 1e-300:
        return reduction, 0.0, 0
    grid = np.concatenate([[0.0], np.geomspace(0.1 / longest, max(fastest, 1 / longest), CANDIDATES)])
    grid = grid if coordinates.real else np.concatenate([grid, -grid])
    checked = 0
    while True:
        complete = reduction.size == start.size
        if complete or reduction.size >= 1.1 * checked or reduction.size >= most:
            checked, bound = reduction.size, _defect(reduction, longest, fastest, reduction.outside())
            if bound <= accuracy or complete:
                bound = _defect(reduction, longest, fastest, reduction.leaving())
            if progress is not None:
                progress(reduction.size, bound)
            if bound <= accuracy or complete or reduction.size >= most:
                return reduction, bound, solves
        if reduction.size >= WHOLE_FROM and start.size <= WHOLE_BELOW:
            reduction = Reduction.whole(matrix, start)
            continue
        turning = np.linalg.eigvals(reduction.small).imag
        shifts = 1 / longest + 1j * np.concatenate([grid, np.abs(turning) if coordinates.real else turning])
        seen = np.sqrt(np.abs(shifts)) * reduction.residual_norms(shifts)
        wanted, added = 1 + reduction.size // PER_SOLVE, 0
        chosen = _apart(shifts, seen, max(wanted, 5))
        left = [reduction.residual(shift) for shift in chosen[:wanted]]  # the others only if these bring nothing new
        for place, shift in enumerate(chosen):
            solves += 1
            rest = left[place] if place < wanted else reduction.residual(shift)
            added += reduction.add_solution(resolvent.solve(shift, rest))
            if added >= wanted:
                break
        if not added:
            return reduction, _defect(reduction, longest, fastest, reduction.leaving()), solves


def _apart(shifts: Complexes, seen: Floats, count: int) -> list[complex]:
    """Shifts where most is left, the highest of each peak first, then the others in their order."""
    order = np.argsort(shifts.imag)
    padded = np.concatenate([[-1.0], seen[order], [-1.0]])
    peak = np.zeros(shifts.size, dtype=bool)
    peak[order] = (padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:])
    ranked = np.lexsort((-seen, ~peak)) if count > 5 else np.argsort(-seen)
    return list(dict.fromkeys(shifts[ranked[: 2 * count]].tolist()))[:count]


def _defect(reduction: Reduction, longest: float, fastest: float, outside: Complexes | Floats) -> float:
    """∫ ‖u̇ − L u‖ dt up to the longest time, and what is left out at the beginning."""
    times = np.concatenate([[0.0], np.geomspace(min(1e-2 / fastest, 0.1 * longest), longest, QUADRATURE)])
    weights, left_out = small_motion(reduction, times)
    norms = np.linalg.norm(weights @ outside, axis=1)
    total = float(np.sum(np.diff(times) * (norms[1:] + norms[:-1]) / 2)) + left_out
    return total if math.isfinite(total) else math.inf


def small_motion(reduction: Reduction, times: Floats) -> tuple[Complexes, float]:
    """exp(t V†LV) b at some times, (times, m), without modes that grow; the norm of those at the beginning."""
    if not reduction.size:
        return np.zeros((times.size, 0), dtype=complex), 0.0
    values, vectors = np.linalg.eig(reduction.small)
    longest = float(times[-1])
    if np.linalg.cond(vectors) < CONDITION:
        parts = np.linalg.solve(vectors, reduction.source.astype(complex))
        growing = values.real * longest > 1e-9
        left_out = float(np.linalg.norm(vectors[:, growing] @ parts[growing])) if growing.any() else 0.0
        parts[growing] = 0
        exponents = np.where(growing, 0, values)
        return np.asarray((np.exp(np.outer(times, exponents)) * parts) @ vectors.T), left_out
    small, source = np.asarray(reduction.small, dtype=complex), reduction.source.astype(complex)
    return np.array([scipy.linalg.expm(t * small) @ source for t in times]), 0.0

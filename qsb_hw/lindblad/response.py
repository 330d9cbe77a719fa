"""Correlations of a steady state in frequency: w·(−L − iω)⁻¹ b for every ω from one reduction of L."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.lindblad.certificate import EPSILON
from qsb_hw.lindblad.evolution import spaces_of
from qsb_hw.lindblad.ketbra import Coordinates, KetBraGenerator, KetBraSpace
from qsb_hw.lindblad.reduction import Reduction
from qsb_hw.lindblad.resolvent import resolvent_of
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.task import LindbladLike

ACCURACY = 1e-6
"""Error of a spectrum over its highest value, unless another one is asked for."""
DENSE_BELOW = 160
"""Matrix elements of a sector up to which it is kept whole."""
TARGETED_FROM = 5000
"""Matrix elements from which on a sector is reduced only for the places asked for, where they are."""
MOST_DIRECTIONS = 600
"""Directions of a reduced space at most."""
PLAIN = 200
"""Equal steps over the whole range of a sector's frequencies at which lines are looked for."""
NEAR_LINES = (0.0, 0.5, 1.5, 5.0, 20.0, 100.0)
"""Distances from a line, in half its width, at which the residual is looked at."""
CONDITION = 1e6
"""Condition number of eigenvectors up to which a response is the sum of its modes."""
UNDAMPED = 1e-13
"""Decay of a coherence, over the fastest rate there is, that cannot be told from none."""
STEADY = 1e-12
"""Eigenvalue over the largest up to which a mode is the steady state: nothing of it is left in what responds."""


@dataclass(frozen=True, eq=False)
class Response:
    """w·(z − L)⁻¹ b of one sector, z = −iω, in a reduced space.

    Attributes
    ----------
    small, source : (m, m), (m,)
        L and b there.
    weights : (m,)
        w there.
    marks : (groups, m)
        Sums of elements by which modes are told apart.
    frame : float
        Frequency that `small` is without.
    error : float
        Bound on |w·(z − L)⁻¹ b − found| at every frequency looked at, by the slowest decay found.
    leaving : (m, k)
        What leaves the space.
    solves : int
        Shifted systems solved.
    targeted : bool
        Whether it is known at the places asked for alone.
    """

    small: Complexes
    source: Complexes
    weights: Complexes
    marks: Complexes
    frame: float
    error: float
    leaving: Complexes
    solves: int
    targeted: bool = False

    @cached_property
    def _modes(self) -> tuple[Complexes, Complexes, Complexes, float]:
        """Eigenvalues of `small`, eigenvectors, residues, and the condition number of the eigenvectors."""
        values, vectors = np.linalg.eig(self.small)
        parts = np.linalg.solve(vectors, self.source)
        # The source is without its steady part: at ω = 0 the rounding of it would be divided by next to nothing.
        parts[np.abs(values - 1j * self.frame) <= STEADY * np.abs(values).max(initial=0.0)] = 0
        return values, vectors, (self.weights @ vectors) * parts, float(np.linalg.cond(vectors))

    @cached_property
    def sensitivity(self) -> tuple[float, float]:
        """‖w (z − L)⁻¹‖ and the rounding error of w·(z − L)⁻¹ b, the largest at the frequencies of all modes."""
        values, vectors, residues, condition = self._modes
        moving = np.abs(values - 1j * self.frame) > STEADY * np.abs(values).max(initial=0.0)
        inverse = np.linalg.pinv(vectors)
        distances = 1j * values.imag[moving, None] - values[None, moving]
        gains = np.linalg.norm(((self.weights @ vectors)[moving] / distances) @ inverse[moving], axis=1)
        sizes = np.abs(residues[moving] / distances).sum(axis=1)
        rounding = EPSILON * min(condition, CONDITION) * float(sizes.max(initial=0.0))
        return float(gains.max(initial=0.0)), rounding

    def at(self, frequencies: Floats | Complexes) -> Complexes:
        """w·(−L − iω)⁻¹ b, (frequencies,); at ω + iB the correlation is weighted by e^{−Bτ}."""
        shifts = -1j * (np.asarray(frequencies, dtype=complex) - self.frame)
        values, _, residues, condition = self._modes
        if condition < CONDITION:
            return np.asarray((1 / (shifts[:, None] - values)) @ residues)
        one = np.eye(len(values))
        return np.array([self.weights @ np.linalg.solve(z * one - self.small, self.source) for z in shifts])

    def modes(self) -> tuple[Complexes, Complexes, Integers, Floats]:
        """Eigenvalues −Γ/2 − iω of L, their residues, the group most of each is in, and residuals, (m,) each."""
        values, vectors, residues, _ = self._modes
        errors = np.linalg.norm(vectors.T @ self.leaving, axis=1)
        group = np.argmax(np.abs(self.marks @ vectors), axis=0)
        return values - 1j * self.frame, residues, group, errors


def respond(
    model: LindbladLike,
    source: sp.sparray,
    target: sp.sparray,
    steady: sp.sparray,
    marks: tuple[Integers, Integers, Integers],
    accuracy: float = ACCURACY,
    places: Complexes | None = None,
) -> list[Response]:
    """Responses Tr[A (−L − iω)⁻¹ B] of B = `source`, less its steady part, for A = `target`, one for each sector.

    `marks` are the group, row and column of the elements by which modes are told apart. With `places`, ω + iB, a large
    sector is reduced for these alone: its modes are none then.
    """
    sectors = find_sectors(model.hamiltonian, model.jumps)
    constant = complex(sp.csr_array(source).trace())
    moving = sp.coo_array(source - constant * steady) if constant else sp.coo_array(source)
    moving.eliminate_zeros()
    found = []
    for space in spaces_of(model, sectors, moving, mirrored=False):
        generator = KetBraGenerator.of(model.hamiltonian, model.jumps, space)
        coordinates = Coordinates(generator, hermitian=False)
        weights = coordinates.expectation(target)
        if weights.any() and (start := space.flatten(moving)).any():
            with threads_for(space.largest_block):
                found.append(_reduced(coordinates, start, weights, _summing(space, *marks), accuracy, places))
    return found


def _summing(space: KetBraSpace, group: Integers, row: Integers, col: Integers) -> sp.csr_array:
    """Functionals (groups, n) that add up the elements of each group."""
    at = space.position(row, col)
    inside = at >= 0
    ones = np.ones(int(inside.sum()))
    return sp.csr_array((ones, (group[inside], at[inside])), shape=(int(group.max(initial=0)) + 1, space.size))


def _whole(coordinates: Coordinates, start: Complexes, total: Complexes, marks: sp.csr_array) -> Response:
    """The whole sector where it is small."""
    return Response(
        small=coordinates.matrix.toarray(),
        source=start,
        weights=total,
        marks=np.asarray(marks.toarray(), dtype=complex),
        frame=coordinates.generator.frame,
        error=0.0,
        leaving=np.zeros((start.size, 1), dtype=complex),
        solves=0,
    )


def _targeted(
    coordinates: Coordinates,
    start: Complexes,
    total: Complexes,
    marks: sp.csr_array,
    accuracy: float,
    places: Complexes,
) -> Response:
    """Extend the space until the residual is small at some places off the axis, where (z − L)⁻¹ is at most 1/Re z."""
    reduction, resolvent, solves = Reduction(coordinates.matrix, start), resolvent_of(coordinates), 0
    shifts = -1j * (places - coordinates.generator.frame)
    norm, error = float(np.linalg.norm(total)), math.inf
    while True:
        bounds = norm * reduction.residual_norms(shifts) / shifts.real
        error = float(bounds.max())
        highest = float(np.abs(reduction.resolve(shifts) @ (reduction.basis @ total)).max())
        if error <= accuracy * highest or reduction.size >= min(start.size, MOST_DIRECTIONS):
            break
        shift = complex(shifts[int(np.argmax(bounds))])
        solves += 1
        if not reduction.add(resolvent.solve(shift, reduction.residual(shift))):
            break
    return replace(_found(coordinates, reduction, total, marks, error, solves), targeted=True)


def _found(
    coordinates: Coordinates, reduction: Reduction, total: Complexes, marks: sp.csr_array, error: float, solves: int
) -> Response:
    """What a reduced space says."""
    return Response(
        small=np.asarray(reduction.small, dtype=complex),
        source=np.asarray(reduction.source, dtype=complex),
        weights=np.asarray(reduction.basis @ total),
        marks=np.asarray(marks @ reduction.basis.T),
        frame=coordinates.generator.frame,
        error=error,
        leaving=np.asarray(reduction.outside(), dtype=complex),
        solves=solves,
    )


def _reduced(
    coordinates: Coordinates,
    start: Complexes,
    total: Complexes,
    marks: sp.csr_array,
    accuracy: float,
    places: Complexes | None,
) -> Response:
    """Extend the space until the residual is small wherever it is looked at."""
    matrix, solves = coordinates.matrix, 0
    if start.size <= DENSE_BELOW:
        return _whole(coordinates, start, total, marks)
    if places is not None and start.size > TARGETED_FROM:
        return _targeted(coordinates, start, total, marks, accuracy, places)
    reduction, resolvent = Reduction(matrix, start), resolvent_of(coordinates)
    diagonal = matrix.diagonal()
    radius = np.asarray(abs(matrix).sum(axis=1)) - np.abs(diagonal)
    low, high = float(np.min(-diagonal.imag - radius)), float(np.max(-diagonal.imag + radius))
    fastest = float(np.max(np.abs(diagonal) + radius))
    plain = np.linspace(low, high, PLAIN)
    norm = float(np.linalg.norm(total))
    checked, error = 0, math.inf
    while True:
        values = np.linalg.eigvals(reduction.small)
        widths = np.maximum(-values.real, UNDAMPED * fastest)
        near = [-values.imag + side * far * widths for far in NEAR_LINES for side in (-1, 1)]
        frequencies = np.concatenate([plain, *near])
        residuals = reduction.residual_norms(-1j * frequencies)
        full = reduction.size in (start.size, MOST_DIRECTIONS)
        if full or reduction.size >= 1.1 * checked:
            checked = reduction.size
            error = norm * float(residuals.max()) / float(widths.min())
            solved = np.abs(reduction.resolve(-1j * frequencies) @ (reduction.basis @ total))
            if full or error <= accuracy * float(solved.max()):
                break
        reached = False
        for place in np.argsort(-residuals)[:5]:
            shift = complex(1e-12 * fastest - 1j * frequencies[place])
            solves += 1
            if reduction.add(resolvent.solve(shift, reduction.residual(shift))):
                reached = True
                break
        if not reached:
            break
    if reduction.size >= start.size:
        error = norm * float(residuals.max()) / float(widths.min())
    return _found(coordinates, reduction, total, marks, error, solves)

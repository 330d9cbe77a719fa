"""Where a preparation ends up: the projection of a state on what L leaves alone.

[ε (ε − L)⁻¹]ᵏ keeps all that is steady and takes a mode of eigenvalue λ down by |ε/(ε − λ)|ᵏ. What it converges to is
the long-time limit, or the time average where something goes on turning without decay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.lindblad.certificate import ACCURACY, EPSILON, SAFETY
from qsb_hw.lindblad.evolution import reduced, small_motion, spaces_of
from qsb_hw.lindblad.ketbra import Coordinates, KetBraGenerator
from qsb_hw.lindblad.resolvent import Resolvent, resolvent_of
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.sectors import Sectors, find_sectors
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.steady import Auto
from qsb_hw.lindblad.task import LindbladLike, OperationCounts
from qsb_hw.result import Certificate, Status

SHIFTS = (1e-4, 1e-6, 1e-8)
"""ε over the fastest rate, tried one after the other until the projection converges."""
MOST_STEPS, ENOUGH = 400, 1e-12
"""Applications for each ε; change of the state from which on it counts as projected."""
REFINED, MOST_REFINEMENTS = 1e-13, 60
"""Relative residual of every solve, and corrections at most."""
TURNING_BELOW = 1000
"""Matrix elements up to which all eigenvalues are computed to find what turns without decay."""
LOOKED_AT = (1e2, 1e4, 1e6)
"""Times over the fastest one at which it is asked, beyond that size, what is left of start − limit."""
MOST_LOOKED_AT = 80
"""Directions at most in which that is looked for: what needs more is undecided."""
UNDAMPED, TURNS = 1e-11, 1e-9
"""Decay up to which, and frequency from which on, a mode turns without decay, both over the fastest rate."""


@dataclass(frozen=True, eq=False)
class _Projected:
    flat: Complexes | Floats
    error: float
    gap: float
    residual: float
    steps: int
    turning: float  # norm of what turns for ever; NaN where that is not known


def long_time_limit(model: LindbladLike, initial: sp.sparray, accuracy: float = ACCURACY) -> SteadyState:
    """Steady state that a density matrix (D, D) ends in, also where there are several."""
    sectors = find_sectors(model.hamiltonian, model.jumps)
    size = model.hamiltonian.shape[0]
    total, found = sp.csr_array((size, size), dtype=complex), list[_Projected]()
    rate = 1.0
    for space in spaces_of(model, sectors, initial):
        coordinates = Coordinates(KetBraGenerator.of(model.hamiltonian, model.jumps, space))
        rate = coordinates.generator.rate
        start = coordinates.vector(space.flatten(initial))
        part = _projected(coordinates, start)
        part = replace(part, turning=_turning(coordinates, start, start - part.flat, accuracy))
        matrix = sp.csr_array(space.matrix(coordinates.flat(part.flat)))
        total = total + matrix if coordinates.real else total + matrix + matrix.conj().T
        found.append(part)
    total.data[np.abs(total.data) < EPSILON] = 0
    total.eliminate_zeros()
    block_space, flat = _packed(total / complex(total.trace()).real, sectors)
    error = float(sum(part.error for part in found)) + EPSILON
    lowest = float(np.min(block_space.lowest_eigenvalue(flat)))
    status, message = _status(found, error, lowest, accuracy)
    return SteadyState(
        status=status,
        message=message,
        certificate=Certificate(
            float(np.hypot.reduce([part.residual for part in found]) / (np.linalg.norm(flat) * rate)),
            error,
            min(part.gap for part in found),
        ),
        lowest_eigenvalue=lowest,
        solver=Auto(),
        counts=OperationCounts(products=sum(part.steps for part in found)),
        dims=model.dims,
        space=block_space,
        flat=flat,
    )


def _status(found: list[_Projected], error: float, lowest: float, accuracy: float) -> tuple[Status, str]:
    if not error <= accuracy:
        return Status.NOT_CONVERGED, (
            f"The error may be as large as {error:.1e}, above {accuracy:.0e}: something relaxes too slowly. "
            "Evolve in time instead."
        )
    if any(part.turning > accuracy for part in found):
        return Status.STILL_COHERENT, (
            "Coherences turn without decay: the preparation has no long-time limit. Evolve in time instead."
        )
    if lowest < -max(1e-8, SAFETY * error):
        return Status.UNPHYSICAL, f"The lowest eigenvalue of ρ is {lowest:.1e}: the problem is ill-conditioned."
    if any(math.isnan(part.turning) for part in found):
        return Status.NOT_CONVERGED, (
            "It is not known whether coherences turn without decay: what is left of the preparation neither dies out "
            f"within {LOOKED_AT[-1]:.0e} of the fastest times nor moves in so few as {MOST_LOOKED_AT} directions, and "
            "where any turn this is the average over time. Evolve in time instead, or keep fewer levels: up to "
            f"{TURNING_BELOW} elements of ρ that couple, {math.isqrt(TURNING_BELOW)} states without symmetry, every "
            "eigenvalue is computed and it is decided."
        )
    return Status.CONVERGED, ""


def _projected(coordinates: Coordinates, start: Complexes | Floats) -> _Projected:
    matrix, rate = coordinates.matrix, coordinates.generator.rate
    best = _Projected(start, math.inf, 0.0, float(np.linalg.norm(matrix @ start)), 0, math.nan)
    shift_frame = -1j * coordinates.generator.frame  # a steady coherence does not turn in the frame of the model
    for relative in SHIFTS:
        resolvent, epsilon = resolvent_of(coordinates), relative * rate
        shift = complex(epsilon) if coordinates.real else complex(epsilon - shift_frame)
        flat, before, ratio = start, math.inf, 0.0
        for step in range(1, MOST_STEPS + 1):
            after = epsilon * _solved(resolvent, matrix, shift, flat)
            after = after.real if coordinates.real else after
            change = float(np.linalg.norm(after - flat))
            ratio = change / before if before and step > 1 else ratio
            flat, before = after, change
            if change <= ENOUGH or (step > 10 and ratio > 0.97):
                break
        rounding = 10 * EPSILON / relative
        tail = before * ratio / (1 - ratio) if ratio < 1 else math.inf
        error = float(tail + rounding)
        if error < best.error:
            gap = epsilon * (1 / ratio - 1) if ratio > 0 else math.inf
            moved = matrix @ flat if coordinates.real else matrix @ flat + shift_frame * flat
            best = _Projected(flat, error, gap, float(np.linalg.norm(moved)), step, math.nan)
        if before <= ENOUGH:
            break
    return best


def _solved(resolvent: Resolvent, matrix: sp.csr_array, shift: complex, rhs: Complexes | Floats) -> Complexes | Floats:
    """(z − L)⁻¹ to full precision, by corrections."""
    solution = resolvent.solve(shift, rhs)
    size = float(np.linalg.norm(rhs)) or 1.0
    for _ in range(MOST_REFINEMENTS):
        left = rhs - shift * solution + matrix @ solution
        if np.linalg.norm(left) <= REFINED * size:
            break
        solution = solution + resolvent.solve(shift, left)
    return solution


def _turning(coordinates: Coordinates, start: Complexes | Floats, rest: Complexes | Floats, accuracy: float) -> float:
    """Norm of the part of a vector that turns for ever, or a bound on it; NaN where neither is known.

    `rest` is the vector less its projection.
    """
    if start.size > TURNING_BELOW:
        return _still_turning(coordinates, rest, accuracy)
    values, vectors = np.linalg.eig(coordinates.matrix.toarray())
    for_ever = _for_ever(coordinates, values)
    if not for_ever.any():
        return 0.0
    parts = np.linalg.lstsq(vectors, np.asarray(start, dtype=complex), rcond=None)[0]
    return float(np.linalg.norm(vectors[:, for_ever] @ parts[for_ever]))


def _for_ever(coordinates: Coordinates, values: Complexes) -> NDArray[np.bool_]:
    """Which eigenvalues are of modes that turn without decay."""
    rate, frequencies = coordinates.generator.rate, values.imag - coordinates.generator.frame
    return (np.abs(values.real) < UNDAMPED * rate) & (np.abs(frequencies) > TURNS * rate)


def _still_turning(coordinates: Coordinates, rest: Complexes | Floats, accuracy: float) -> float:
    """The same of a large space: nothing where the rest dies out, else what modes on the imaginary axis have of it."""
    rate = coordinates.generator.rate
    if float(np.linalg.norm(rest)) <= accuracy:
        return float(np.linalg.norm(rest))
    with threads_for(coordinates.generator.space.largest_block):
        for time in LOOKED_AT:
            reduction, bound, _ = reduced(coordinates, rest, time / rate, 0.1 * accuracy, None, MOST_LOOKED_AT)
            moved, left_out = small_motion(reduction, np.array([time / rate]))
            if (left := float(np.linalg.norm(moved)) + left_out + bound) <= accuracy:
                return left
            values, vectors = np.linalg.eig(reduction.small)
            resolved = np.linalg.norm(vectors.T @ reduction.leaving(), axis=1) < TURNS * rate
            chosen = _for_ever(coordinates, values) & resolved
            parts = np.linalg.lstsq(vectors, reduction.source.astype(complex), rcond=None)[0]
            if (turning := float(np.linalg.norm(vectors[:, chosen] @ parts[chosen]))) > accuracy:
                return turning
    return math.nan


def _packed(state: sp.csr_array, sectors: Sectors) -> tuple[BlockSpace, Floats]:
    """A density matrix in the sectors, or in a single block where it has coherences between them."""
    entries = sp.coo_array(state)
    row, col = entries.coords
    if np.any(sectors.labels[row] != sectors.labels[col]):
        sectors = Sectors(np.zeros_like(sectors.labels), (np.zeros(1, dtype=np.int64),))
    space = BlockSpace.over(sectors)
    flat = np.zeros(space.size)
    np.add.at(flat, space.position(row, col), entries.data.real + entries.data.imag)
    return space, flat

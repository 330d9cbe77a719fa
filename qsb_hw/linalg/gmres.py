"""Restarted GMRES on real vectors, with its basis in one array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GmresResult:
    """Outcome of `gmres`.

    Attributes
    ----------
    solution : (n,) float
        Best vector found.
    residual : float
        ‖b − A x‖ / ‖b‖, computed from the solution and not from the recurrence.
    steps : int
        Krylov steps taken.
    products : int
        Products with A, restarts included.
    converged : bool
        Whether the residual met the tolerance.
    """

    solution: Floats
    residual: float
    steps: int
    products: int
    converged: bool


def gmres(
    apply: Callable[[Floats], Floats],
    rhs: Floats,
    start: Floats,
    tolerance: float,
    restart: int,
    max_steps: int,
    on_step: Callable[[int, float], None] | None = None,
) -> GmresResult:
    """Solve A x = b by GMRES(restart) from `start` (Saad & Schultz 1986).

    Orthogonalisation is classical Gram–Schmidt done twice: two matrix–vector products instead of a loop,
    and as stable. Ends when ‖b − A x‖ ≤ tolerance ‖b‖, after `max_steps`, or when a restart gains nothing.
    """
    scale = float(np.linalg.norm(rhs)) or 1.0
    solution, steps, products = start.copy(), 0, 0
    best = np.inf
    while True:
        residual = rhs - apply(solution)
        products += 1
        norm = float(np.linalg.norm(residual))
        stuck = norm >= 0.5 * best
        if norm <= tolerance * scale or steps >= max_steps or stuck:
            return GmresResult(solution, norm / scale, steps, products, norm <= tolerance * scale)
        best = norm
        length = min(restart, max_steps - steps)
        correction, taken = _cycle(apply, residual, norm, 0.3 * tolerance * scale, length, steps, scale, on_step)
        solution += correction
        steps += taken
        products += taken


def _cycle(
    apply: Callable[[Floats], Floats],
    residual: Floats,
    norm: float,
    goal: float,
    length: int,
    done: int,
    scale: float,
    on_step: Callable[[int, float], None] | None,
) -> tuple[Floats, int]:
    """One cycle of Arnoldi with Givens rotations: the correction and the number of steps."""
    basis = np.empty((length + 1, residual.size))
    np.divide(residual, norm, out=basis[0])
    triangle = np.zeros((length, length))
    rotations: list[tuple[float, float]] = []
    target = np.zeros(length + 1)
    target[0] = norm
    for step in range(length):
        column, below = _orthogonalise(apply(basis[step]), basis[: step + 1])
        for k, (c, s) in enumerate(rotations):
            column[k], column[k + 1] = c * column[k] + s * column[k + 1], c * column[k + 1] - s * column[k]
        height = float(np.hypot(column[step], below[0])) or np.finfo(float).tiny
        c, s = column[step] / height, below[0] / height
        rotations.append((c, s))
        triangle[: step + 1, step] = column[: step + 1]
        triangle[step, step] = height
        target[step], target[step + 1] = c * target[step], -s * target[step]
        if on_step is not None:
            on_step(done + step + 1, abs(target[step + 1]) / scale)
        if abs(target[step + 1]) <= goal or below[0] <= 1e-15 * height:
            break
        np.divide(below[1], below[0], out=basis[step + 1])
    taken = step + 1
    weights = np.linalg.solve(triangle[:taken, :taken], target[:taken])
    return weights @ basis[:taken], taken


def _orthogonalise(vector: Floats, basis: Floats) -> tuple[Floats, tuple[float, Floats]]:
    first = basis @ vector
    vector = vector - first @ basis
    second = basis @ vector
    vector -= second @ basis
    column = np.append(first + second, 0.0)
    return column, (float(np.linalg.norm(vector)), vector)

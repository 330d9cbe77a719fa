"""Mixed-precision GMRES with subspace recycling.

Residuals are recomputed in double precision before each round (Carson & Higham, SIAM J. Sci. Comput. 40, A817 (2018)).
With A D = Q H for orthonormal Q, every new residual is first reduced over all of H and only then is a new direction
taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.lindblad.arrays import PROCESSOR, Arrays

Apply = Callable[[Any], Any]

SINGLE_GAIN = 1e-4
"""Reduction of the residual asked of a round in single precision."""
PROBED = 0.1
"""Share of a random vector that may stay unexplored in the search for the vector that A shrinks most."""
FOLLOWED = 0.3
"""The same in each iteration that improves the vector found."""
IDLE = 1e3
"""New part of an image, in units of its rounding, below which it counts as rounding."""
FEWEST_NEW, MOST_NEW = 2, 3
"""New directions taken in each iteration of that search."""
SETTLED = 0.7
"""Ratio of the smallest image to that of the iteration before above which the search has converged."""
DOUBLE_GAIN = 1e-12
"""Reduction of the residual below which a round in double precision would only reproduce rounding."""


def norm_of(vector: Any) -> float:
    """‖v‖ of a vector; NumPy's own function takes several times as long for a short one."""
    return math.sqrt(vector @ vector)


@dataclass(frozen=True, slots=True, eq=False)
class GmresResult:
    """A solution with its true ‖b − A x‖ / max(‖b‖, ‖x‖), and products with A in either and in `single` precision."""

    solution: Floats
    residual: float
    steps: int
    products: int
    single: int
    converged: bool


class RefinedGmres:
    """Solves A x = b by refined GMRES (Saad & Schultz 1986), and keeps what it has explored of A.

    With `rough`, A in single precision, Krylov vectors are kept in single precision until a round gains less than a
    factor of ten; they and what `rough` takes are of `arrays`. When `restart` of them are used up the basis is
    restarted.
    """

    def __init__(
        self, apply: Apply, size: int, restart: int, rough: Apply | None = None, arrays: Arrays = PROCESSOR
    ) -> None:
        self._apply, self._size, self._restart = apply, size, restart
        self._krylov = (
            _Krylov(apply, size, restart, np.float64, PROCESSOR)
            if rough is None
            else _Krylov(rough, size, restart, np.float32, arrays)
        )

    def solve(
        self,
        rhs: Floats,
        start: Floats,
        tolerance: float,
        max_steps: int,
        on_step: Callable[[int, float], None] | None = None,
    ) -> GmresResult:
        """The solution of A x = b from a start, to ‖b − A x‖ ≤ tolerance · max(‖b‖, ‖x‖) or as near as it comes.

        `on_step` is called with (step, relative residual).
        """
        solution, products, best = start.copy(), 0, np.inf
        begun = self._krylov.steps
        given_up = 0  # steps in single precision, once that has turned out too rough
        while True:
            residual = rhs - self._apply(solution)
            products += 1
            norm = norm_of(residual)
            scale = max(norm_of(rhs), norm_of(solution), 1e-300)
            krylov = self._krylov
            met, steps = norm <= tolerance * scale, given_up + krylov.steps - begun
            if krylov.single and norm > 0.1 * best and not met:
                given_up, begun = steps, 0
                self._krylov = _Krylov(self._apply, self._size, self._restart, np.float64, PROCESSOR)
            elif norm > 0.5 * best or met or steps >= max_steps:
                single = steps if krylov.single else given_up
                return GmresResult(solution, norm / scale, steps, products + steps, single, met)
            best = norm
            limit = max_steps - given_up + begun
            report = on_step and partial(_report, on_step, given_up, norm / scale)
            solution += self._krylov.reduce(residual, 0.3 * tolerance * scale / norm, limit, report)

    def least_image(self, start: Floats, aside: Floats | None = None) -> tuple[Floats, int, bool]:
        """Unit vector that A shrinks most, the steps it took, and whether the factor has converged.

        Only vectors orthogonal to the unit vector `aside` count, where it is given.
        """
        krylov, before = self._krylov, self._krylov.steps
        krylov.explore(start, PROBED)
        vector, image = krylov.least_image(aside)
        while krylov.steps - before <= self._restart:
            krylov.explore(vector, FOLLOWED)  # inverse iteration: what A shrinks most is in the x of A x = vector
            vector, smaller = krylov.least_image(aside)
            if smaller > SETTLED * image:
                return vector, krylov.steps - before, True
            image = smaller
        return vector, krylov.steps - before, False


def _report(on_step: Callable[[int, float], None], done: int, level: float, step: int, left: float) -> None:
    on_step(done + step, left * level)


class _Krylov:
    """Orthonormal Q and directions D = Q G with A D = Q H; H = Z R with orthonormal Z."""

    def __init__(self, apply: Apply, size: int, restart: int, dtype: type[np.floating[Any]], arrays: Arrays) -> None:
        self.apply, self.dtype, self.room, self.arrays = apply, np.dtype(dtype), restart + 1, arrays
        self.basis: Any = arrays.module.empty((self.room, size), dtype=dtype)
        self.directions, self.ranges, self.triangle = (np.zeros((self.room, self.room)) for _ in range(3))
        self.count = self.used = self.steps = 0
        self.idle: tuple[Floats, Floats] | None = None  # a direction whose image brought nothing new, and that image

    @property
    def single(self) -> bool:
        """Whether it works in single precision."""
        return bool(self.dtype == np.float32)

    def reduce(self, residual: Floats, goal: float, limit: int, report: Callable[[int, float], None] | None) -> Floats:
        """The x with ‖residual − A x‖ ≤ goal ‖residual‖, or as far as room, steps and precision allow."""
        norm = norm_of(residual)
        if self.count > self.room - 2:
            self.count, self.used, self.idle = 0, 0, None
        source = self._coordinates(self._there(residual / norm))
        weights = np.zeros(self.room)
        left = source.copy()
        self._project(left, weights)
        goal = max(goal, SINGLE_GAIN if self.single else DOUBLE_GAIN)
        while norm_of(left) > goal and self.steps < limit and self.count < self.room:
            if not self._step(left):
                break
            column = self.ranges[:, self.used - 1]
            weights[self.used - 1] = column @ left
            left -= weights[self.used - 1] * column
            if report is not None:
                report(self.steps, norm_of(left))
        return norm * self._combine(weights)

    def explore(self, start: Floats, share: float) -> None:
        """Take directions until no more than a share of `start` is out of their reach, or there is no room."""
        if self.count > self.room // 2:
            self.count, self.used, self.idle = 0, 0, None
        before = self.steps
        self.reduce(start, share, before + MOST_NEW, None)
        if self.steps < before + FEWEST_NEW:
            self.reduce(start, 0.0, before + FEWEST_NEW, None)

    def least_image(self, aside: Floats | None) -> tuple[Floats, float]:
        """Unit vector in the span of the directions, orthogonal to another, with the smallest image, and its norm."""
        count, used = self.count, self.used
        directions, triangle = self.directions[:count, :used], self.triangle[:used, :used]
        if self.idle is not None:
            directions = np.column_stack([directions, self.idle[0][:count]])
            triangle = np.column_stack([self.triangle[: used + 1, :used], self.idle[1][: used + 1]])
        if aside is not None:
            share = self.arrays.floats(self.basis[:count] @ self._there(aside)) @ directions
            allowed = np.linalg.svd(share[None, :])[2][1:].T
            directions, triangle = directions @ allowed, triangle @ allowed
        _, images, turns = np.linalg.svd(triangle)
        vector = self.arrays.floats(self._there(directions @ turns[-1]) @ self.basis[:count])
        return vector / norm_of(vector), float(images[-1])

    def _project(self, left: Floats, weights: Floats) -> None:
        """Take out of `left` what the directions known so far can reach."""
        known = self.ranges[:, : self.used]
        for _ in range(2):
            part = left @ known
            weights[: self.used] += part
            left -= known @ part

    def _step(self, left: Floats) -> bool:
        """Take one new direction; False if none reduces the residual."""
        direction = self._unexplored(left)
        if direction is None:
            return False
        used, image = self.used, self._coordinates(self.apply(self._vector(direction)))
        self.steps += 1
        column = np.zeros(self.room)
        size = norm_of(image)
        self._project(image, column)
        height = norm_of(image)
        column[used] = height
        if height <= IDLE * np.finfo(self.dtype).eps * size:
            self.idle = direction, column
            return False
        self.directions[:, used] = direction
        self.triangle[:, used] = column
        self.ranges[:, used] = image / height
        self.used += 1
        return True

    def _unexplored(self, left: Floats) -> Floats | None:
        """Unit direction not taken yet: along what is left where possible, else the newest vector."""
        taken, newest = self.directions[:, : self.used], np.zeros(self.room)
        newest[self.count - 1] = 1.0
        for candidate, least in ((left, 1e-3 * norm_of(left)), (newest, 1e-3)):
            fresh = candidate - taken @ (candidate @ taken)
            fresh -= taken @ (fresh @ taken)
            if norm_of(fresh) > least:
                return np.asarray(fresh / norm_of(fresh))
        return None

    def _there(self, vector: Floats) -> Any:
        """A vector in the precision, and where the arrays are, in which it works."""
        return self.arrays.there(vector, self.dtype)

    def _vector(self, coordinates: Floats) -> Any:
        largest = int(np.argmax(np.abs(coordinates)))
        if abs(coordinates[largest]) > 1 - 1e-13:
            coordinates[...] = 0
            coordinates[largest] = 1
            return self.basis[largest]
        return self._there(coordinates[: self.count]) @ self.basis[: self.count]

    def _coordinates(self, vector: Any) -> Floats:
        """Coordinates of a vector in the basis, which is extended by what it lacks (classical Gram–Schmidt, twice)."""
        basis, coordinates = self.basis[: self.count], np.zeros(self.room)
        before = norm_of(vector)
        size, left = before, before
        for _ in range(2):
            part = basis @ vector
            vector = vector - part @ basis
            coordinates[: self.count] += self.arrays.here(part)
            left = norm_of(vector)
            if left > 0.5 * size:
                break
            size = left
        if left > 4 * np.finfo(self.dtype).eps * before and self.count < self.room:
            vector /= left
            self.basis[self.count] = vector
            coordinates[self.count] = left
            self.count += 1
        return coordinates

    def _combine(self, weights: Floats) -> Floats:
        used = self.used
        if not used:
            return np.zeros(self.basis.shape[1])
        amounts = np.linalg.solve(self.triangle[:used, :used], weights[:used])
        coordinates = self.directions[: self.count, :used] @ amounts
        return self.arrays.floats(self._there(coordinates) @ self.basis[: self.count])

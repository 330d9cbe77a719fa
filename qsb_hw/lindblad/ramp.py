"""Evolution while a generator changes: the commutator-free Magnus integrator of fourth order.

ρ(t + h) = exp(h (a₂L₁ + a₁L₂)) exp(h (a₁L₁ + a₂L₂)) ρ(t) with L at the Gauss points of a step, a = ¼ ± √3/6 (Blanes &
Moan, Appl. Numer. Math. 56, 1519 (2006)). Each exponential is that of `qsb_hw.lindblad.evolution`, with its bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.lindblad.certificate import EPSILON
from qsb_hw.lindblad.evolution import Motion, Part, reduced, small_motion, spaces_of
from qsb_hw.lindblad.ketbra import Coordinates, KetBraGenerator, KetBraSpace
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.task import LindbladLike

POINTS = 0.5 - math.sqrt(3) / 6, 0.5 + math.sqrt(3) / 6
"""Gauss points of a step."""
WEIGHTS = 0.25 + math.sqrt(3) / 6, 0.25 - math.sqrt(3) / 6
"""Shares of the two generators in the first exponential; the other way round in the second."""


TAYLOR = 300.0
"""Norm of an exponent up to which its exponential is a Taylor series, with about as many products."""


@dataclass(frozen=True, eq=False)
class _Mixed(Coordinates):
    """Coordinates whose L is a mixture of two; the nearest of these serves to find directions."""

    mixture: sp.csr_array | None = None

    @property
    def matrix(self) -> sp.csr_array:
        """The mixture."""
        assert self.mixture is not None
        return self.mixture


@dataclass(frozen=True, eq=False)
class _Union:
    """What two models have between them, for their sectors."""

    hamiltonian: sp.csr_array
    jumps: Sequence[sp.csr_array]


def ramp(
    model_at: Callable[[float], LindbladLike], initial: sp.sparray, duration: float, steps: int, kept: int,
    accuracy: float,
) -> tuple[Motion, Floats]:  # fmt: skip
    """States at the ends of about `kept` of the steps of a ramp, and the times; the error is that of the exponentials.

    `model_at` gives the model at a share of the ramp.
    """
    step, ends = duration / steps, _ends(steps, kept)
    first, last = (model_at(share) for share in (POINTS[0] / steps, 1 - POINTS[0] / steps))
    union = _Union(sp.csr_array(abs(first.hamiltonian) + abs(last.hamiltonian)), [*first.jumps, *last.jumps])
    spaces = spaces_of(union, find_sectors(union.hamiltonian, union.jumps), initial, diagonal=True)  # type: ignore[arg-type]
    found = [_Course(space, initial) for space in spaces]
    root = math.sqrt(initial.shape[0])
    for k in range(steps):
        models = [model_at((k + point) / steps) for point in POINTS]
        for one in found:
            one.step(models, step, accuracy / (2 * steps * root))
            if k + 1 in ends:
                one.keep()
    motion = Motion(
        tuple(one.part for one in found), float(sum(root * one.share * one.error for one in found)),
        sum(one.solves for one in found),
    )  # fmt: skip
    return motion, step * np.array([0, *ends], dtype=float)


def _moved(
    near: Coordinates, mixture: sp.csr_array, vector: Complexes | Floats, time: float, accuracy: float
) -> tuple[Complexes, float, int]:
    """exp(time · mixture) vector, a bound on its error, and the systems solved: none where a Taylor series serves."""
    if time * float(abs(mixture).sum(axis=0).max(initial=0.0)) <= TAYLOR:
        found = spla.expm_multiply(time * mixture, vector)
        return np.asarray(found, dtype=complex), TAYLOR * EPSILON * float(np.linalg.norm(vector)), 0
    reduction, bound, solves = reduced(_Mixed(near.generator, mixture=mixture), vector, time, accuracy, None)
    return small_motion(reduction, np.array([time]))[0][0] @ reduction.basis, bound, solves


def _ends(steps: int, kept: int) -> list[int]:
    """Numbers of the steps after which the state is kept, the last among them."""
    return sorted({round(k) for k in np.linspace(0, steps, min(steps, max(kept, 2)) + 1)[1:].tolist()})


class _Course:
    """A part of ρ on its way through a ramp."""

    def __init__(self, space: KetBraSpace, initial: sp.sparray) -> None:
        self.space, self.flat = space, space.flatten(initial)
        self.vector: Complexes | Floats | None = None
        self.coordinates: Coordinates | None = None
        self.states: list[Complexes | Floats] = []
        self.error, self.solves, self.share = 0.0, 0, 1.0

    def step(self, models: Sequence[LindbladLike], time: float, accuracy: float) -> None:
        generators = [KetBraGenerator.of(model.hamiltonian, model.jumps, self.space) for model in models]
        own = [Coordinates(generator) for generator in generators]
        if self.vector is None:
            self.vector, self.coordinates = own[0].vector(self.flat), own[0]
            self.share = 1.0 if own[0].real else 2.0
            self.states.append(self.vector)
        for near, weights in zip(own, (WEIGHTS, WEIGHTS[::-1]), strict=True):
            mixture = sp.csr_array(weights[0] * own[0].matrix + weights[1] * own[1].matrix)
            with threads_for(self.space.largest_block):
                found, bound, solves = _moved(near, mixture, self.vector, time, accuracy / self.share)
            frame = sum(w * generator.frame for w, generator in zip(weights, generators, strict=True))
            self.vector = found.real if near.real else found * np.exp(-1j * frame * time)
            self.error, self.solves = self.error + bound, self.solves + solves

    def keep(self) -> None:
        assert self.vector is not None
        self.states.append(self.vector)

    @property
    def part(self) -> Part:
        """The states that were kept, each a direction of its own."""
        assert self.coordinates is not None
        basis: Complexes = np.array(self.states, dtype=complex if np.iscomplexobj(self.states[0]) else float)
        return Part(self.coordinates, np.zeros_like(basis[0]), basis, np.eye(len(basis), dtype=complex))

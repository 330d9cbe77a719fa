"""How far a steady state is from the true one.

For a state ρ of trace one with residual r = Lρ the error is L⁺r, L⁺ the inverse of L on traceless matrices. So
‖error‖ ≤ ‖L⁺‖ (‖r‖ + rounding of r). ‖L⁺‖ is estimated from below by the vectors that it is found to amplify most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qsb_hw._typing import Complexes, Floats
from qsb_hw.arguments import real
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.space import BlockSpace, pack, unpack

ACCURACY = 1e-6
"""Error bound up to which a state counts as converged, unless a solver is told otherwise."""
SAFETY = 3.0
"""Factor by which ‖L⁺‖ may be underestimated."""
EPSILON = float(np.finfo(float).eps)
UNRESOLVED = 0.1
"""ε‖L‖‖L⁺‖ above which double precision cannot distinguish the slowest relaxation rate from zero."""


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """How strongly a generator's steady state answers a residual.

    `amplification` is ‖L⁺‖, the largest ratio ‖x‖/‖Lx‖ found for traceless Hermitian x, and `direction` that x, packed.
    `gap` is the decay rate −Re λ of the mode nearest zero where L was factorised as a whole; else 1/‖L⁺‖ as Krylov
    vectors or the populations of a chain show it; infinite where a single state is all there is.
    """

    amplification: float
    gap: float
    direction: Floats

    def unresolved(self, generator: BlockGenerator) -> bool:
        """Whether the slowest relaxation is lost in the rounding of the generator's elements."""
        return not self.amplification * generator.rate * EPSILON < UNRESOLVED


def check_accuracy(accuracy: float) -> None:
    """Raise `ArgumentError` unless an accuracy asked for is a positive number."""
    real("`accuracy`", accuracy, f"Give the largest error bound to accept; {ACCURACY:.0e} unless given.", above=0.0)


def traceless(space: BlockSpace, flat: Floats) -> Floats:
    """The same without its trace, which is taken evenly from the populations."""
    out = flat.copy()
    out[space.diagonal] -= space.trace(flat) / space.diagonal.size
    return out


def bases_of(space: BlockSpace, steady: Floats, single: bool) -> tuple[list[Complexes], float]:
    """Eigenvectors of every block of a state, in single precision if asked, and its lowest eigenvalue; NaN then."""
    kind: type[np.complexfloating[Any]] = np.complex64 if single else np.complex128
    found = [np.linalg.eigh(unpack(batch.of(steady)).astype(kind, copy=False)) for batch in space.batches]
    lowest = math.nan if single else min(float(values.min()) for values, _ in found)
    return [vectors for _, vectors in found], lowest


def probe(space: BlockSpace, bases: Sequence[Complexes] = ()) -> Floats:
    """Random traceless vector of norm one, the same for the same space, with a share in what may be slow.

    That tells states apart that are steady for a while: diagonal in the basis given, or in `bases`, that of the state
    found.
    """
    rng = np.random.default_rng(space.size)
    vector = 0.2 * rng.standard_normal(space.size) / np.sqrt(space.size)
    vector[space.diagonal] += rng.standard_normal(space.diagonal.size) / np.sqrt(space.diagonal.size)
    for batch, basis in zip(space.batches, bases, strict=False):
        signs = rng.choice((-1.0, 1.0), (batch.count, 1, batch.size)) / np.sqrt(space.diagonal.size)
        batch.of(vector)[...] += pack((basis * signs) @ np.swapaxes(basis.conj(), -1, -2))
    vector = traceless(space, vector)
    return np.asarray(vector / np.linalg.norm(vector))


def error_bound(generator: BlockGenerator, flat: Floats, amplification: float) -> float:
    """Bound on ‖ρ − ρ_true‖ (Frobenius norm) of a packed state of trace one."""
    return bound_and_residual(generator, flat, amplification)[0]


def bound_and_residual(generator: BlockGenerator, flat: Floats, amplification: float) -> tuple[float, float]:
    """That bound, and ‖Lρ‖/(‖ρ‖·rate), which takes the same product."""
    defect, rounding = generator.defect(flat)
    norm = float(np.linalg.norm(flat))
    bound = float(SAFETY * amplification * (defect + 2 * EPSILON * rounding) + EPSILON * norm)
    return bound, float(defect / (norm * generator.rate))

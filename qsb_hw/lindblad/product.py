"""The inverse of L0 where H_eff is nearly a sum over two parts of the space, as of two weakly coupled devices.

With H_eff = A ⊗ 1 + 1 ⊗ B + R and R weak, L0 is taken without R, whose commutator joins the jumps. Its eigenvectors are
products: two small matrices are diagonalised instead of a large one, and a change of basis of D states costs (a + b)D²
multiplications for parts of a and b states instead of D³. Where a charge cuts the space into sectors these are small
enough without.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes
from qsb_hw.lindblad.arrays import Arrays
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.sylvester import LARGEST_CONDITION, SylvesterInverse, decay_spectrum

PRODUCT_ABOVE = 200
"""Rows of a single block from which products pay."""
WEAK = 150.0
"""Largest element of R, in units of the slowest decay of a product state, for L0 without R."""
ROUNDING = 3e-15
"""Elements of R, in units of the largest of H_eff, below which they are those of the sum's rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """L0⁻¹ on one packed block: what acts on the rows' two indices and then on the columns' two.

    It takes adjoints to adjoints. So of a matrix packed as a real P the image, packed, is Re X − (Im X)ᵀ, X that of P
    itself.
    """

    into: tuple[Complexes, ...]
    back: tuple[Complexes, ...]
    weights: Complexes

    @classmethod
    def of(cls, values: Complexes, vectors: Sequence[Complexes]) -> _Product:
        """From the eigenvalues, (D,), of A ⊗ 1 + 1 ⊗ B, and the eigenvectors of A and B."""
        pairs = [np.linalg.inv(one) for one in vectors], vectors
        into, back = (tuple(np.ascontiguousarray(x) for x in (a.T, b.T, a.conj().T, b.conj().T)) for a, b in pairs)
        return cls(into, back, 1 / (-1j * (values[:, None] - values[None, :].conj())))

    def single(self, arrays: Arrays) -> _Product:
        into, back = (tuple(map(arrays.single, one)) for one in (self.into, self.back))
        return _Product(into, back, arrays.single(self.weights))

    def __call__(self, rhs: Any) -> Any:
        first, *others = self.into
        real: Any = rhs.reshape(first.shape[0], -1).T @ first.view(rhs.dtype)
        matrix = _changed(real.view(first.dtype), others).reshape(self.weights.shape)
        matrix *= self.weights
        matrix = _changed(matrix, self.back).reshape(self.weights.shape)
        return matrix.real - matrix.imag.T


def _changed(array: Any, matrices: Iterable[Any]) -> Any:
    """The first index of an array changed and put last, once for each matrix."""
    for matrix in matrices:
        array = array.reshape(matrix.shape[0], -1).T @ matrix
    return array


def product_split(generator: BlockGenerator, dims: Sequence[int]) -> tuple[SylvesterInverse, sp.csr_array] | None:
    """L0⁻¹ without R and −i[R, ·] on packed vectors, (n, n); None where there is no single large block or no weak R.

    The parts are the subsystems up to one of them and those after, of dimensions `dims` in the order of the states.
    """
    space = generator.space
    if space.largest_block < max(PRODUCT_ABOVE, space.diagonal.size) or math.prod(dims) != space.diagonal.size:
        return None
    for shape in _cuts(dims):
        found = _split(generator.effective[0][0], shape, generator.rate)
        if found is not None:
            solver, rest = found
            coupling = replace(generator, effective=(rest[None],), assembled=None).drift_matrix()
            return SylvesterInverse(space.batches, 0.0, (solver,), 2), coupling
    return None


def _cuts(dims: Sequence[int]) -> Iterator[tuple[int, int]]:
    """States of two parts, those of most equal size first, as long as the smaller has more than one state."""
    before = [math.prod(dims[:k]) for k in range(1, len(dims))]
    shapes = {(a, math.prod(dims) // a) for a in before}
    yield from sorted((shape for shape in shapes if min(shape) > 1), key=sum)


def _split(effective: Complexes, shape: tuple[int, int], rate: float) -> tuple[_Product, Complexes] | None:
    """L0⁻¹ without R, and R, for one cut; None where R is not weak or eigenvectors are nearly dependent."""
    a, b = shape
    whole = effective.reshape(a, b, a, b)
    half = 0.5 * np.trace(effective) / effective.shape[0]
    first = np.einsum("ikjk->ij", whole) / b - half * np.eye(a)
    second = np.einsum("kikj->ij", whole) / a - half * np.eye(b)
    rest = effective - np.kron(first, np.eye(b)) - np.kron(np.eye(a), second)
    rest[np.abs(rest) < ROUNDING * np.abs(effective).max()] = 0
    spectra = [decay_spectrum(part) for part in (first, second)]
    values = np.add.outer(spectra[0][0], spectra[1][0]).ravel()
    slowest = -2 * float(values.imag.max())
    if not slowest > 1e-9 * rate or np.abs(rest).max() > WEAK * slowest:
        return None
    vectors = [found for _, found in spectra]
    if max(np.linalg.cond(one) for one in vectors) > LARGEST_CONDITION:
        return None
    return _Product.of(values, vectors), rest

"""Small helpers on matrices that have nothing to do with what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeVar

import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

Array = TypeVar("Array", bound=NDArray[Any])


def frozen(array: Array) -> Array:
    """A read-only copy."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def is_hermitian(matrix: Any, tolerance: float = 1e-12) -> bool:
    """Whether M = M† within `tolerance` of its largest element; dense or sparse."""
    difference = abs(matrix - matrix.conj().T)
    return float(difference.max()) <= tolerance * max(float(abs(matrix).max()), 1e-300)


def kron_all(factors: Sequence[Any]) -> sp.csr_array:
    """Kronecker product of all `factors`, first factor slowest."""
    return sp.csr_array(reduce(lambda a, b: sp.kron(a, b, format="csr"), factors))


def embed(operators: dict[int, ArrayLike | sp.sparray], dims: Sequence[int]) -> sp.csr_array:
    """Operator on ⊗ dims that acts as given on the named factors and as identity elsewhere."""
    return kron_all(
        [sp.csr_array(operators[k]) if k in operators else sp.eye_array(d, format="csr") for k, d in enumerate(dims)]
    )

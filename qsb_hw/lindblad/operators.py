"""Small helpers on matrices that have nothing to do with what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from qsb_hw.lindblad.elements import embedded
from qsb_hw.lindblad.jumps import Entries

Array = TypeVar("Array", bound=NDArray[Any])
Record = TypeVar("Record")


def frozen(array: Array) -> Array:
    """A read-only copy."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def altered(instance: Record, **changes: Any) -> Record:
    """A copy of a frozen dataclass with other values for some fields, which are known to be right: nothing is checked.

    `dataclasses.replace` checks everything again, which takes longer than solving a small model.
    """
    copy = object.__new__(type(instance))
    for name in instance.__dataclass_fields__:  # type: ignore[attr-defined]
        object.__setattr__(copy, name, changes[name] if name in changes else getattr(instance, name))
    return copy


def is_hermitian(matrix: Any, tolerance: float = 1e-12) -> bool:
    """Whether M = M† within `tolerance` of its largest element; dense or sparse."""
    difference = abs(matrix - matrix.conj().T)
    return float(difference.max()) <= tolerance * max(float(abs(matrix).max()), 1e-300)


def embed(operators: dict[int, ArrayLike | sp.sparray], dims: Sequence[int]) -> sp.csr_array:
    """Operator on ⊗ dims that acts as given on the named factors and as identity elsewhere, first factor slowest."""
    return embedded({k: Entries.of(operator) for k, operator in operators.items()}, dims).sparse()

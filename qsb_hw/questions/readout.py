"""What a detector that confuses levels makes of their populations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from qsb_hw._typing import Floats
from qsb_hw.arguments import real, real_array
from qsb_hw.errors import require


def confusions(sizes: tuple[int, ...], given: float | Sequence[ArrayLike]) -> tuple[Floats, ...]:
    """Probabilities that level m (column) is read as n (row), one matrix for each oscillator of so many levels."""
    if np.ndim(given) == 0:  # type: ignore[arg-type]
        wrong = real("`readout_error`", given, "Give a probability.", least=0.0)
        require(wrong < 0.5, "`readout_error` must be below 0.5", wrong, "Else the levels cannot be told apart.")
        return tuple(neighbouring(size, wrong) for size in sizes)
    hint = "Give one matrix per oscillator; every column adds up to 1."
    matrices = list(given)  # type: ignore[arg-type]
    require(len(matrices) == len(sizes), "`readout_error` must have a matrix per oscillator", len(matrices), hint)
    found = tuple(real_array("`readout_error`", matrix, hint) for matrix in matrices)
    for matrix, size in zip(found, sizes, strict=True):
        good = matrix.shape == (size, size) and np.all(matrix >= 0) and np.allclose(matrix.sum(axis=0), 1)
        require(bool(good), f"`readout_error` must be {size} × {size} probabilities", f"shape {matrix.shape}", hint)
        least = float(np.linalg.svd(matrix, compute_uv=False)[-1])
        require(least > 1e-6, "Levels must be told apart by the readout", "two that are not", hint)
    return found


def together(matrices: Sequence[Floats]) -> Floats:
    """Confusion of joint outcomes, the first oscillator slowest."""
    return reduce(lambda one, other: np.asarray(np.kron(one, other)), matrices)


def neighbouring(size: int, wrong: float) -> Floats:
    """Confusion with the neighbouring levels, either alike, (size, size)."""
    matrix = np.diag(np.full(size, 1 - wrong))
    for level in range(size):
        near = [n for n in (level - 1, level + 1) if 0 <= n < size]
        for n in near:
            matrix[n, level] = wrong / len(near)
    return matrix if size > 1 else np.ones((1, 1))

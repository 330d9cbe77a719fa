"""What a detector that confuses levels makes of their populations."""

from __future__ import annotations

from typing import Any

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.arguments import is_real, real, real_array
from qsb_hw.errors import require

WORST_CONDITION = 1e3
"""Condition number of a confusion matrix up to which it is undone."""
READOUT = "Give one error for all levels, a confusion matrix C[m, n] = P(read m | level n), or a tuple, one for each."


def confusion(readout_error: Any, levels: int) -> Floats:
    """Confusion matrix C[m, n], the probability to read m where it is n, (levels, levels).

    One number ε is shared out evenly among the wrong levels.
    """
    if is_real(readout_error):
        error, chance = real("`readout_error`", readout_error, READOUT, least=0.0), 1 - 1 / levels
        must = f"`readout_error` must be below that of a guess, {chance:.3g} for {levels} levels"
        require(error < chance, must, error, READOUT)
        wrong = error / (levels - 1) if levels > 1 else 0.0
        return np.full((levels, levels), wrong) + (1 - error - wrong) * np.eye(levels)
    matrix = real_array("A confusion matrix", readout_error, READOUT)
    must = f"A confusion matrix must be {levels} × {levels} here"
    require(matrix.shape == (levels, levels), must, f"shape {matrix.shape}", READOUT)
    stochastic = bool(np.all(matrix >= 0) and np.all(np.abs(matrix.sum(axis=0) - 1) < 1e-6))
    must = "Columns of a confusion matrix must be probabilities that add up to one"
    require(stochastic, must, matrix.sum(axis=0).round(6).tolist(), READOUT)
    condition = float(np.linalg.cond(matrix))
    must = f"A confusion matrix must have a condition number of at most {WORST_CONDITION:g} to be undone"
    require(condition <= WORST_CONDITION, must, f"{condition:.3g}", "Levels that look alike cannot be told apart.")
    return matrix


def confusions(readout_error: Any, levels: tuple[int, ...]) -> tuple[Floats, ...]:
    """One confusion matrix for each oscillator; a tuple of errors is one for each."""
    each = readout_error if isinstance(readout_error, tuple) else (readout_error,) * len(levels)
    must = f"A tuple of readout errors must have one for each of {len(levels)} oscillators"
    require(len(each) == len(levels), must, len(each), READOUT)
    return tuple(confusion(one, n) for one, n in zip(each, levels, strict=True))


def together(matrices: tuple[Floats, ...]) -> Floats:
    """Confusion of joint outcomes, the first oscillator slowest."""
    joint = np.ones((1, 1))
    for matrix in matrices:
        joint = np.asarray(np.kron(joint, matrix), dtype=float)
    return joint

"""Like oscillators exchanged: the steady state at −Δ from that at Δ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qsb_hw._typing import Integers
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.task import OperationCounts


def exchanged(states: Sequence[SteadyState]) -> list[SteadyState]:
    """States of two like oscillators with the oscillators exchanged; solutions at −Δ of those at Δ.

    With H(Δ) = H(0) + ΔQ₁, Q₁ the charge of the first oscillator and its baths, and X the exchange, XH(Δ)X = H(0) +
    ΔQ₂ = H(−Δ) + Δ(Q₁ + Q₂). Where the total charge is conserved ρ commutes with it, and Xρ(Δ)X = ρ(−Δ) exactly. The
    states must be of equal oscillators with a real V and a conserved charge.
    """
    orders: dict[int, Integers] = {}
    for one in states:
        if id(one.space) not in orders:
            orders[id(one.space)] = _exchange(one)
    return [replace(one, flat=one.flat[orders[id(one.space)]], counts=OperationCounts()) for one in states]


def _exchange(state: SteadyState) -> Integers:
    """Where every element of the exchanged ρ stands in the packed ρ."""
    space, half = state.space, math.prod(state.dims[: len(state.dims) // 2])
    other = np.arange(half**2).reshape(half, half).T.ravel()
    order = np.empty(space.size, dtype=np.int64)
    for batch in space.batches:
        row, col = batch.states[:, :, None], batch.states[:, None, :]
        order[space.position(row, col)] = space.position(other[row], other[col])
    return order

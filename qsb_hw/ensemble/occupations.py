"""Permutation-symmetric operators of N identical oscillators, by how many of them are in which |a⟩⟨b|.

The symmetric operators are spanned by e_n = (number of arrangements)^(−1/2) Σ ⊗_i |a_i⟩⟨b_i|, summed over all distinct
arrangements of n_ab factors |a⟩⟨b|, Σ n_ab = N: they are orthonormal, and a superoperator that acts on every oscillator
alike, Σ_i ℓ_i, moves one factor at a time, e_n → √(n_β (n_α + 1)) ℓ_αβ e_{n − β + α}. The charge Σ n_ab (a − b) is what
a common phase turns; there are C(N + d² − 1, d² − 1) occupations, a small part of them in any one sector of charge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.errors import CapacityError

COUNTABLE = 10**15
"""Occupations beyond which they are not even counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Occupations:
    """All ways to distribute N oscillators over the |a⟩⟨b|, counted by charge."""

    count: int  # N
    levels: int  # d
    parts: Integers  # (d²,) order in which the |a⟩⟨b|, numbered row by row, are filled
    charges: Integers  # (d²,) a − b of every part in that order
    ways: Integers  # [k, r, c]: ways to put r oscillators of total charge c − (d−1)N into parts k, k+1, …

    @classmethod
    def of(cls, count: int, levels: int) -> Occupations:
        """Of `count` oscillators with `levels` levels."""
        size = levels**2
        total = math.comb(count + size - 1, size - 1)
        if total > COUNTABLE:
            raise CapacityError(
                f"The occupations of {count} oscillators must be enumerable, but there are about "
                f"10^{math.log10(total):.0f}. "
                "Take fewer oscillators or levels, or `finite_size`."
            )
        step = np.arange(levels)
        charge = (step[:, None] - step[None, :]).ravel()
        # large charges first, a charge of one and of zero last: few beginnings then lead nowhere
        last = [levels, 0]
        parts = np.array(sorted(set(range(size)) - set(last), key=lambda k: -abs(charge[k])) + last)
        return cls(count, levels, parts, charge[parts], _ways(count, levels, charge[parts]))

    def size(self, charge: int) -> int:
        """Number of occupations in a sector."""
        offset = (self.levels - 1) * self.count + charge
        return int(self.ways[0, self.count, offset]) if 0 <= offset < self.ways.shape[2] else 0

    def sector(self, charge: int) -> NDArray[np.int16]:
        """Occupations of one charge in the order of `index`, (size, d²), columns in the order of `parts`."""
        left = np.array([self.count])
        charge_left = np.array([charge + (self.levels - 1) * self.count])
        columns: list[NDArray[np.int16]] = []
        for k, own in enumerate(self.charges):
            origin = np.repeat(np.arange(left.size), left + 1)
            taken = np.arange(origin.size) - np.repeat(np.cumsum(left + 1) - left - 1, left + 1)
            left, charge_left = left[origin] - taken, charge_left[origin] - taken * own
            leads = (charge_left >= 0) & (charge_left < self.ways.shape[2])
            leads[leads] = self.ways[k + 1, left[leads], charge_left[leads]] > 0
            columns = [column[origin[leads]] for column in columns] + [taken[leads].astype(np.int16)]
            left, charge_left = left[leads], charge_left[leads]
        return np.stack(columns, axis=1)

    def index(self, charge: int, states: NDArray[np.int16]) -> Integers:
        """Places of occupations (M, d²) in their sector."""
        left = np.full(len(states), self.count)
        charge_left = np.full(len(states), charge + (self.levels - 1) * self.count)
        places = np.zeros(len(states), dtype=np.int64)
        for k, own in enumerate(self.charges):
            before = self.ways[k, left, charge_left]
            left, charge_left = left - states[:, k], charge_left - own * states[:, k]
            places += before - self.ways[k, left, charge_left]
        return places

    def arrangements(self, states: NDArray[np.int16]) -> Floats:
        """Logarithm of the number of arrangements of occupations, (M,)."""
        from scipy.special import gammaln

        logarithms = gammaln(np.arange(self.count + 1) + 1.0)
        return np.asarray(logarithms[self.count] - logarithms[states].sum(axis=1))

    def lifted(self, superoperator: Complexes, charge: int) -> sp.csr_array:
        """Σ_i ℓ_i from the sector of `charge` to the one ℓ leads to; ℓ is (d², d²), row-major, of one charge."""
        matrix = superoperator[np.ix_(self.parts, self.parts)]
        targets, sources = np.nonzero(matrix)
        shifts = self.charges[targets] - self.charges[sources]
        shift = int(shifts[0]) if shifts.size else 0
        states = self.sector(charge)
        rows, cols, values = [], [], []
        for target, source in zip(targets, sources, strict=True):
            origin = np.flatnonzero(states[:, source])
            moved = states[origin]
            weight = moved[:, source].astype(float)
            moved[:, source] -= 1
            moved[:, target] += 1
            weight *= moved[:, target]
            rows.append(self.index(charge + shift, moved).astype(np.int32))
            cols.append(origin.astype(np.int32))
            values.append(matrix[target, source] * np.sqrt(weight))
        shape = (self.size(charge + shift), len(states))
        if not rows:
            return sp.csr_array(shape, dtype=complex)
        place = (np.concatenate(rows), np.concatenate(cols))
        return sp.coo_array((np.concatenate(values), place), shape=shape).tocsr()


def _ways(count: int, levels: int, charges: Integers) -> Integers:
    """Filled from the last part backwards: a part holds none, or one oscillator and what it held before."""
    span = (levels - 1) * count
    ways = np.zeros((charges.size + 1, count + 1, 2 * span + 1), dtype=np.int64)
    ways[-1, 0, span] = 1
    for k in range(charges.size - 1, -1, -1):
        own = int(charges[k])
        for r in range(count + 1):
            ways[k, r] = ways[k + 1, r]
            if r:
                low, high = max(own, 0), min(own, 0)
                ways[k, r, low : ways.shape[2] + high] += ways[k, r - 1, -high : ways.shape[2] - low]
    return ways

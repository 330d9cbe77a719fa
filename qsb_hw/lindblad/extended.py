"""A Lindblad generator applied in twice the working precision.

Its elements are kept as the products of the model's own numbers that they are made of, and sums over a row are exact,
so that iterative refinement converges to the steady state of the model and not of its rounded generator: products
without error after Dekker, Numer. Math. 18, 224 (1971), sums by error-free extraction after Rump, Ogita & Oishi, SIAM
J. Sci. Comput. 31, 189 (2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.jumps import Entries, JumpEntries
from qsb_hw.lindblad.pattern import count_pairs, element_pairs
from qsb_hw.lindblad.space import BlockSpace, pairs_within_groups, transposition

TERM_BYTES = 120.0
"""Bytes that each term takes while a generator is built and applied."""


def exact_product(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Rounded product and its rounding error, which add up to the product."""
    product = one * other
    one_high, one_low = _halves(one)
    other_high, other_low = _halves(other)
    error = ((one_high * other_high - product) + one_high * other_low + one_low * other_high) + one_low * other_low
    return product, error


def _halves(value: Floats) -> tuple[Floats, Floats]:
    scaled = 134217729.0 * value  # 2²⁷ + 1
    high = scaled - (scaled - value)
    return high, value - high


def exact_sum(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Rounded sum and its rounding error, which add up to the sum."""
    total = one + other
    part = total - one
    return total, (one - (total - part)) + (other - part)


@dataclass(frozen=True, slots=True, eq=False)
class ExactGenerator:
    """L on packed vectors: terms (high + low) · ρ[col]; those that add to each of `rows` begin at `starts`."""

    size: int
    rows: Integers
    starts: Integers
    col: Integers
    high: Floats
    low: Floats

    @classmethod
    def of(cls, elements: Elements, space: BlockSpace) -> ExactGenerator:
        """Terms of a model restricted to `space`."""
        entries = elements.jump_entries
        turning = Entries.total([Entries.diagonal(elements.energies), elements.hopping])
        parts = [*_fed(entries, space), *_decaying(entries, space), *_turning(turning, space)]
        row, col, one, other = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(row, kind="stable")
        rows, starts = np.unique(row[order], return_index=True)
        high, low = exact_product(one[order], other[order])
        return cls(space.size, rows, starts, col[order], high, low)

    def apply(self, high: Floats, low: Floats) -> Floats:
        """L (high + low), rounded once."""
        out = np.zeros(self.size)
        if not self.rows.size:
            return out
        product, error = exact_product(self.high, high[self.col])
        error += self.high * low[self.col] + self.low * high[self.col]
        counts = np.diff(np.append(self.starts, self.col.size))
        margin = np.exp2(np.ceil(np.log2(counts + 2.0)))
        sums = []
        for _ in range(2):
            largest = np.maximum.reduceat(np.abs(product), self.starts)
            grid = margin * np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
            spread = np.repeat(grid, counts)
            kept = (product + spread) - spread
            sums.append(np.add.reduceat(kept, self.starts))
            product = product - kept
        rest = np.add.reduceat(product + error, self.starts)
        out[self.rows] = sums[0] + (sums[1] + rest)
        return out


Term = tuple[Integers, Integers, Floats, Floats]


def _real_terms(row: Integers, col: Integers, one: Complexes, other: Complexes, turned: Integers) -> list[Term]:
    """Terms of weights one · other on packed vectors: a + ib takes P to aP + bPᵀ."""
    pairs = (
        (col, one.real, other.real),
        (col, -one.imag, other.imag),
        (turned[col], one.real, other.imag),
        (turned[col], one.imag, other.real),
    )
    terms = []
    for source, first, second in pairs:
        kept = np.nonzero((first != 0) & (second != 0))[0]
        if kept.size:
            terms.append((row[kept], source[kept], first[kept], second[kept]))
    return terms


def _fed(entries: JumpEntries, space: BlockSpace) -> list[Term]:
    """Σ L ρ L†: element (i, i′) from (j, j′) by L_ij L_i′j′*."""
    require_memory(TERM_BYTES * count_pairs(entries, space), "A generator in twice the precision", "Keep fewer levels.")
    first, second, row, col = element_pairs(entries, space)
    return _real_terms(row, col, entries.value[first], entries.value[second].conj(), transposition(space))


def _decaying(entries: JumpEntries, space: BlockSpace) -> list[Term]:
    """−½(Σ L†L ρ + ρ Σ L†L)."""
    target, source, value = entries.target, entries.source, entries.value
    first, second = pairs_within_groups(entries.number * space.offset.size + target)
    return _one_sided(source[first], source[second], -0.5 * value[first].conj(), value[second], space)


def _turning(hamiltonian: Entries, space: BlockSpace) -> list[Term]:
    """−i(Hρ − ρH)."""
    ones = np.ones(hamiltonian.value.size, dtype=complex)
    return _one_sided(hamiltonian.row, hamiltonian.col, -1j * hamiltonian.value, ones, space)


def _one_sided(left: Integers, right: Integers, one: Complexes, other: Complexes, space: BlockSpace) -> list[Term]:
    """Terms of Kρ + ρK† for K with elements ⟨left|K|right⟩ = one · other."""
    width = space.width[left]
    require_memory(2 * TERM_BYTES * float(width.sum()), "A generator in twice the precision", "Keep fewer levels.")
    which = np.repeat(np.arange(left.size), width)
    within = np.arange(which.size) - np.repeat(np.cumsum(width) - width, width)
    start, size = space.offset[left][which], width[which]
    a, c = space.place[left][which], space.place[right][which]
    turned = transposition(space)
    one, other = one[which], other[which]
    return [
        *_real_terms(start + a * size + within, start + c * size + within, one, other, turned),
        *_real_terms(start + within * size + a, start + within * size + c, one.conj(), other.conj(), turned),
    ]

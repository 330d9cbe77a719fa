"""A Lindblad generator on block-diagonal Hermitian matrices, which are packed as `space` says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import reverse_cuthill_mckee

from qsb_hw._typing import Complexes, Floats
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.pattern import Pattern, fastest
from qsb_hw.lindblad.space import BlockSpace, unpack

GENERATOR_BYTES = 220.0
"""Bytes per matrix element that building a generator takes."""
ASSEMBLED_BELOW = 4000
"""Matrix elements up to which a family of generators shares one assembled sparse matrix."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockGenerator:
    """L = L0 + J on packed block-diagonal matrices.

    L0 ρ = −i(H_eff ρ − ρ H_eff†) keeps every block to itself; J ρ = Σ L ρ L† feeds blocks from one another.

    Attributes
    ----------
    effective : tuple of (count, size, size) complex
        H_eff = H − (i/2) Σ L†L of every batch, less a real multiple of the identity per block, which drops
        out of the commutator and would only cost digits.
    feeding, assembled : (n, n) sparse array
        J on packed vectors, real; L as one matrix, where it has been put together already.
    work : callable, optional
        Gives `factorisation_work` where that is known for all generators of the same shape.
    rate : float
        The largest total jump rate of any basis state, the scale residuals are given in.
    """

    space: BlockSpace
    effective: tuple[Complexes, ...]
    feeding: sp.csr_array
    rate: float
    assembled: sp.csr_array | None = None
    work: Callable[[], float] | None = None

    @classmethod
    def of(cls, hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array], space: BlockSpace) -> BlockGenerator:
        """Generator of a model restricted to `space`."""
        elements = Elements.of(hamiltonian, jumps)
        return cls.on(Pattern.of(elements, space), elements)

    @classmethod
    def on(cls, pattern: Pattern, elements: Elements, work: Callable[[], float] | None = None) -> BlockGenerator:
        """Generator of a model whose elements lie as a pattern says, with the work of an LU where that is known."""
        rate = fastest(elements.jump_entries) or 1.0
        return cls(pattern.space, pattern.effective(elements), pattern.jumps(elements), rate, work=work)

    def apply(self, flat: Floats) -> Floats:
        """L ρ on the packed vector."""
        fed: Floats = self.feeding @ flat
        self._add_drift(flat, fed)
        return fed

    def _add_drift(self, flat: Floats, out: Floats) -> Floats:
        """Add L0 ρ to packed vectors (…, n); the norms of H_eff ρ."""
        squares = np.zeros(flat.shape[:-1])
        for batch, effective in zip(self.space.batches, self.effective, strict=True):
            drift = effective @ unpack(batch.of(flat))
            # −i(M − M†) with M = H_eff ρ is Hermitian: real part Im M + (Im M)ᵀ, imaginary −Re M + (Re M)ᵀ
            mixed = drift.imag - drift.real
            batch.of(out)[...] += mixed + np.swapaxes(drift.imag + drift.real, -1, -2)
            for part in (drift.real, drift.imag):
                squares += np.einsum("...bij,...bij->...", part, part)
        return np.asarray(np.sqrt(squares))

    def defect(self, flat: Floats) -> tuple[Floats, Floats]:
        """‖Lρ‖ of packed vectors (…, n), also of a family, and the size of what it is the difference of."""
        out: Floats = np.ascontiguousarray((self.feeding @ flat.T).T)
        fed = np.linalg.norm(out, axis=-1)
        drift = self._add_drift(flat, out)
        return np.linalg.norm(out, axis=-1), fed + 2 * drift

    def residual(self, flat: Floats) -> float:
        """‖Lρ‖ / (‖ρ‖ · rate), Frobenius norms."""
        return float(np.linalg.norm(self.apply(flat)) / (np.linalg.norm(flat) * self.rate))

    def matrix(self) -> sp.csr_array:
        """L as one real sparse matrix on packed vectors."""
        return self.assembled if self.assembled is not None else self.feeding + self.drift_matrix()

    def factorisation_work(self) -> float:
        """Multiplications of an LU of L within its profile after reordering: an upper estimate of what it costs."""
        if self.work is not None:
            return self.work()
        matrix = self.matrix()
        pattern = sp.csr_matrix(abs(matrix) + abs(matrix.T))
        order = reverse_cuthill_mckee(pattern, symmetric_mode=True)
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        entries = pattern.tocoo()
        first = np.arange(order.size)
        np.minimum.at(first, place[entries.row], place[entries.col])
        return float(np.sum((np.arange(order.size) - first).astype(float) ** 2))

    def tilt(self, direction: Elements) -> BlockGenerator:
        """Generator of −i[direction, ·] alone, on the same space."""
        return BlockGenerator.on(Pattern.of(direction, self.space), direction)

    def along(self, tilt: BlockGenerator) -> Callable[[float], BlockGenerator]:
        """The generator plus value times a `tilt` as a function of value; what does not change is shared."""
        parts = cache(lambda: (self.matrix(), tilt.matrix()))

        def at(value: float) -> BlockGenerator:
            effective = tuple(h + value * d for h, d in zip(self.effective, tilt.effective, strict=True))
            assembled = parts()[0] + value * parts()[1] if self.space.size <= ASSEMBLED_BELOW else None
            return replace(self, effective=effective, assembled=assembled)

        return at

    def drift_matrix(self) -> sp.csr_array:
        """L0 on packed vectors: element (i, j) is fed by −i h_ik from (k, j) and by i h_jk* from (i, k).

        With P = Re ρ + Im ρ a weight a + ib takes P to aP + bPᵀ, and transposed the two lie in each other's columns.
        """
        index: Any = np.int32 if self.space.size < np.iinfo(np.int32).max else np.int64
        row, col, data = [np.zeros(0, dtype=index)], [np.zeros(0, dtype=index)], [np.zeros(0)]
        for batch, effective in zip(self.space.batches, self.effective, strict=True):
            for turned, part in ((False, effective.imag), (True, effective.real)):
                block, i, k = (places.astype(index) for places in np.nonzero(part))
                value = part[block, i, k]
                start = (batch.start + block * batch.size**2)[:, None].astype(index)
                j = np.arange(batch.size, dtype=index)[None, :]
                from_left, from_right = start + j + batch.size * k[:, None], start + batch.size * j + k[:, None]
                row += [(start + j + batch.size * i[:, None]).ravel(), (start + batch.size * j + i[:, None]).ravel()]
                col += [from_right.ravel(), from_left.ravel()] if turned else [from_left.ravel(), from_right.ravel()]
                data += [np.repeat(-value if turned else value, batch.size), np.repeat(value, batch.size)]
        entries = (np.concatenate(data), (np.concatenate(row), np.concatenate(col)))
        return sp.csr_array(entries, shape=(self.space.size, self.space.size))

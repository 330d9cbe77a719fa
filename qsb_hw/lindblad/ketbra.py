"""Operators in pairs of symmetry sectors, one for the ket and one for the bra, and a Lindblad generator on them.

The steady state needs only pairs of equal sectors. A state with coherences between sectors, and whatever ρ becomes when
an operator that changes the charge acts on it, need others; those that the jumps reach from there are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.capacity import require_memory
from qsb_hw.lindblad.jumps import JumpEntries
from qsb_hw.lindblad.sectors import Sectors

ELEMENT_BYTES = 600.0
"""Of every matrix element of an operator: the generator's elements, and the vectors at work."""


@dataclass(frozen=True, eq=False)
class KetBraSpace:
    """Pairs of sectors in one flat vector, block after block, each by rows.

    Attributes
    ----------
    sectors : Sectors
        Partition of the basis.
    kets, bras : (P,) int
        The two sectors of every block, ordered.
    offset : (P+1,) int
        Where each block starts.
    members : (D,) int
        Basis states ordered by sector; `first` (count+1,) says where those of a sector begin.
    place : (D,) int
        Row of every basis state within its sector.
    """

    sectors: Sectors
    kets: Integers
    bras: Integers
    offset: Integers
    members: Integers
    first: Integers
    place: Integers

    @classmethod
    def of(cls, sectors: Sectors, pairs: Integers) -> KetBraSpace:
        """Layout of some pairs, coded as ket · count + bra."""
        count, labels, known = sectors.count, sectors.labels, np.sort(pairs)
        members = np.argsort(labels, kind="stable")
        sizes = np.bincount(labels, minlength=count)
        first = np.concatenate([[0], np.cumsum(sizes)])
        place = np.empty(labels.size, dtype=np.int64)
        place[members] = np.arange(labels.size) - np.repeat(first[:-1], sizes)
        ket, bra = known // count, known % count
        offset = np.concatenate([[0], np.cumsum(sizes[ket] * sizes[bra])]).astype(np.int64)
        space = cls(sectors, ket, bra, offset, members, first, place)
        require_memory(ELEMENT_BYTES * space.size, f"{space.size:.3g} matrix elements in time", "Keep fewer levels.")
        return space

    @property
    def size(self) -> int:
        """Matrix elements in all blocks."""
        return int(self.offset[-1])

    @cached_property
    def widths(self) -> Integers:
        """States of every sector, (count,)."""
        return np.diff(self.first)

    @cached_property
    def largest_block(self) -> int:
        """Rows or columns of the largest block."""
        return int(max(self.widths[self.kets].max(), self.widths[self.bras].max()))

    def position(self, row: Integers, col: Integers) -> Integers:
        """Position of elements (row, col) in the flat vector, −1 for those outside."""
        labels, count = self.sectors.labels, self.sectors.count
        codes, wanted = self.kets * count + self.bras, labels[row] * count + labels[col]
        block = np.minimum(np.searchsorted(codes, wanted), codes.size - 1)
        found = self.offset[block] + self.place[row] * self.widths[labels[col]] + self.place[col]
        return np.where(codes[block] == wanted, found, -1)

    @cached_property
    def elements(self) -> tuple[Integers, Integers]:
        """Row and column in the full matrix of every element of the flat vector."""
        rows, cols = [], []
        for ket, bra in zip(self.kets, self.bras, strict=True):
            of_ket, of_bra = self.states(ket), self.states(bra)
            rows.append(np.repeat(of_ket, of_bra.size))
            cols.append(np.tile(of_bra, of_ket.size))
        return np.concatenate(rows), np.concatenate(cols)

    def states(self, sector: int) -> Integers:
        """Basis states of a sector."""
        return self.members[self.first[sector] : self.first[sector + 1]]

    @cached_property
    def transposed(self) -> Integers | None:
        """Position of the transposed element of every element; None where some are outside."""
        row, col = self.elements
        found = self.position(col, row)
        return None if np.any(found < 0) else found

    def blocks(self, flat: Complexes) -> Iterator[tuple[int, int, Complexes]]:
        """Ket sector, bra sector and block, one after the other."""
        for number, (ket, bra) in enumerate(zip(self.kets, self.bras, strict=True)):
            part = flat[self.offset[number] : self.offset[number + 1]]
            yield int(ket), int(bra), part.reshape(self.widths[ket], self.widths[bra])

    def flatten(self, matrix: sp.sparray) -> Complexes:
        """Flat vector of an operator; elements outside are left out."""
        entries = sp.coo_array(matrix)
        flat = np.zeros(self.size, dtype=complex)
        position = self.position(*entries.coords)
        np.add.at(flat, position[position >= 0], entries.data[position >= 0])
        return flat

    def matrix(self, flat: Complexes) -> sp.coo_array:
        """The operator of a flat vector, sparse, (D, D)."""
        size = self.sectors.labels.size
        return sp.coo_array((flat, self.elements), shape=(size, size))


def pairs_of(sectors: Sectors, operator: sp.sparray) -> Integers:
    """Pairs of sectors, ket · count + bra, in which elements of an operator lie."""
    entries = sp.coo_array(operator)
    row, col = (sectors.labels[at[entries.data != 0]] for at in entries.coords)
    return np.unique(row * sectors.count + col)


def evolving_apart(sectors: Sectors, entries: JumpEntries, pairs: Integers) -> list[Integers]:
    """The pairs that jumps reach from some, in sets that do not feed one another."""
    count, labels = sectors.count, sectors.labels
    leads = np.full((max(entries.count, 1), count), -1, dtype=np.int64)
    leads[entries.number, labels[entries.source]] = labels[entries.target]
    known = fresh = np.unique(pairs)
    links = [np.zeros((2, 0), dtype=np.int64)]
    while fresh.size:
        ket, bra = leads[:, fresh // count], leads[:, fresh % count]
        inside = (ket >= 0) & (bra >= 0)
        reached = (ket * count + bra)[inside]
        links.append(np.stack([np.broadcast_to(fresh, ket.shape)[inside], reached]))
        fresh = np.setdiff1d(reached, known)
        known = np.union1d(known, fresh)
    source, target = (np.searchsorted(known, codes) for codes in np.concatenate(links, axis=1))
    graph = sp.coo_array((np.ones(source.size, dtype=bool), (source, target)), shape=(known.size,) * 2)
    number, parts = connected_components(graph.tocsr(), directed=False)
    return [known[parts == k] for k in range(number)]


@dataclass(frozen=True, eq=False)
class KetBraGenerator:
    """L = L0 + J on flat vectors of a `KetBraSpace`, less −i `frame`.

    L0 X = −i(H_eff X − X H_eff†) keeps every block to itself; J X = Σ L X L† feeds blocks from one another.

    Attributes
    ----------
    effective : tuple of (d, d) complex
        H_eff of every sector, less `mean` of it, (count,).
    drift, feeding : (n, n) sparse complex
        L0 and J.
    rate : float
        The largest total jump rate of any basis state.
    """

    space: KetBraSpace
    effective: tuple[Complexes, ...]
    mean: Floats
    frame: float
    drift: sp.csr_array
    feeding: sp.csr_array
    rate: float

    @classmethod
    def of(cls, hamiltonian: sp.csr_array, jumps: Sequence[sp.csr_array], space: KetBraSpace) -> KetBraGenerator:
        """Generator of a model on the pairs of sectors in `space`, which jumps do not leave."""
        entries = JumpEntries.of(jumps, hamiltonian.shape[0])
        decay = entries.decay()
        rate = float(np.max(decay.diagonal().real, initial=0.0)) or 1.0
        total = sp.csr_array(hamiltonian - 0.5j * decay)
        energies = total.diagonal().real
        sums = np.bincount(space.sectors.labels, energies, space.sectors.count)
        mean = sums / space.widths
        apart = mean[space.kets] - mean[space.bras]
        frame = 0.0 if space.transposed is not None else float(np.median(apart))
        centred = sp.csr_array(total - sp.diags_array(mean[space.sectors.labels]))
        effective = tuple(_dense(centred, space.states(s)) for s in range(space.sectors.count))
        drift = _drift(centred, apart - frame, space)
        return cls(space, effective, mean, frame, drift, _feeding(entries, space), rate)

    @cached_property
    def matrix(self) -> sp.csr_array:
        """L as one sparse matrix."""
        return sp.csr_array(self.drift + self.feeding)


def _dense(matrix: sp.csr_array, states: Integers) -> Complexes:
    return np.asarray(matrix[states][:, states].toarray())


def _drift(centred: sp.csr_array, apart: Floats, space: KetBraSpace) -> sp.csr_array:
    """L0: element (i, j) is fed by −i h_ik from (k, j) and by i h_jk* from (i, k)."""
    entries = sp.coo_array(centred)
    row, col = entries.coords
    sector = space.sectors.labels[row]
    order = np.argsort(sector, kind="stable")
    row, col, value, sector = row[order], col[order], entries.data[order], sector[order]
    counts = np.bincount(sector, minlength=space.sectors.count)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    ket, bra = space.kets, space.bras
    which, first, second = _joined(starts[ket], counts[ket], space.first[bra], space.widths[bra])
    mate, width = space.place[space.members[second]], space.widths[bra][which]
    rows = [space.offset[which] + space.place[row[first]] * width + mate]
    cols = [space.offset[which] + space.place[col[first]] * width + mate]
    data = [-1j * value[first]]
    which, first, second = _joined(space.first[ket], space.widths[ket], starts[bra], counts[bra])
    start = space.offset[which] + space.place[space.members[first]] * space.widths[bra][which]
    rows.append(start + space.place[row[second]])
    cols.append(start + space.place[col[second]])
    data.append(1j * value[second].conj())
    rows.append(np.arange(space.size))
    cols.append(np.arange(space.size))
    data.append(-1j * np.repeat(apart, np.diff(space.offset)))
    return _sparse(rows, cols, data, space.size)


def _feeding(entries: JumpEntries, space: KetBraSpace) -> sp.csr_array:
    """J: element (i, i′) is fed from (j, j′) by L_ij L_i′j′*."""
    count = space.sectors.count
    group = entries.number * count + space.sectors.labels[entries.source]
    order = np.argsort(group, kind="stable")
    target, source, value = entries.target[order], entries.source[order], entries.value[order]
    counts = np.bincount(group, minlength=entries.count * count).reshape(-1, count)
    starts = (np.cumsum(counts) - counts.ravel()).reshape(-1, count)
    ket, bra = space.kets, space.bras
    sizes = (starts[:, ket].ravel(), counts[:, ket].ravel(), starts[:, bra].ravel(), counts[:, bra].ravel())
    _, first, second = _joined(*sizes)
    rows = space.position(target[first], target[second])
    cols = space.position(source[first], source[second])
    return _sparse([rows], [cols], [value[first] * value[second].conj()], space.size)


def _joined(
    first: Integers, counts: Integers, second: Integers, others: Integers
) -> tuple[Integers, Integers, Integers]:
    """All pairs of the p-th run of one list with the p-th run of another: p and the two positions."""
    totals = counts * others
    which = np.repeat(np.arange(totals.size), totals)
    within = np.arange(which.size) - np.repeat(np.cumsum(totals) - totals, totals)
    return which, first[which] + within // others[which], second[which] + within % others[which]


def _sparse(rows: list[Integers], cols: list[Integers], data: list[Complexes], size: int) -> sp.csr_array:
    shape = (size, size)
    matrix = sp.csr_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))), shape=shape)
    matrix.eliminate_zeros()
    return matrix


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Vectors that stand for operators, and L as a matrix on them.

    Where the space holds every transposed block, and unless not `hermitian`, a Hermitian X is the real vector
    Re X + Im X, and L is real; vectors of other X are complex combinations of such. Elsewhere vectors are flat X.
    """

    generator: KetBraGenerator
    hermitian: bool = True

    @cached_property
    def swap(self) -> Integers | None:
        """Position of the transposed element of every element where Hermitian operators are real vectors."""
        return self.generator.space.transposed if self.hermitian else None

    @property
    def real(self) -> bool:
        """Whether Hermitian operators are real vectors."""
        return self.swap is not None

    @cached_property
    def matrix(self) -> sp.csr_array:
        """L, (n, n)."""
        return self.operator(self.generator.matrix)

    @cached_property
    def feeding(self) -> sp.csr_array:
        """J, (n, n)."""
        return self.operator(self.generator.feeding)

    def operator(self, matrix: sp.csr_array) -> sp.csr_array:
        """A map of flat operators that keeps them Hermitian, as one of vectors."""
        swap = self.swap
        if swap is None:
            return matrix
        entries = sp.coo_array(matrix)
        row, col = entries.coords
        turning = np.nonzero(entries.data.imag)[0]
        rows, cols = np.concatenate([row, row[turning]]), np.concatenate([col, swap[col[turning]]])
        data = np.concatenate([entries.data.real, entries.data.imag[turning]])
        return _sparse([rows], [cols], [data], matrix.shape[0])

    def vector(self, flat: Complexes) -> Complexes | Floats:
        """Vector of an operator; for real coordinates a Hermitian one."""
        return np.asarray(flat.real + flat.imag) if self.real else flat

    def flat(self, vector: Complexes | Floats) -> Complexes:
        """Operator of a vector (…, n)."""
        swap = self.swap
        if swap is None:
            return np.asarray(vector, dtype=complex)
        turned = vector[..., swap]
        return np.asarray((vector + turned) / 2 + 0.5j * (vector - turned))

    def folded(self, flat: Complexes) -> Complexes:
        """Vector of any operator, complex."""
        swap = self.swap
        return flat if swap is None else np.asarray((0.5 - 0.5j) * flat + (0.5 + 0.5j) * flat[swap])

    def functional(self, weights: Complexes) -> Complexes:
        """The vector w with w·vector(X) = Σ weights·X, (n,)."""
        swap = self.swap
        return weights if swap is None else np.asarray((0.5 + 0.5j) * weights + (0.5 - 0.5j) * weights[swap])

    def expectation(self, operator: sp.sparray) -> Complexes:
        """The vector w with w·vector(X) = Tr(A X) of a sparse operator A, (n,)."""
        return self.functional(self.generator.space.flatten(sp.coo_array(operator).T))

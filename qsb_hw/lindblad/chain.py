"""Steady states of models whose jumps feed populations only, many at a time.

With G_ai the mean time spent in state a between a jump that ends in i and the next one, and R the jump rates,
p = G R p is all that is left: a Markov chain on populations. G is made of the eigenvectors of H_eff in each sector, or,
where jumps turn coherences of a sector into coherences of the same one (dephasing does), of the inverse of all that
happens inside a sector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.lindblad.blocks import GENERATOR_BYTES, BlockGenerator
from qsb_hw.lindblad.capacity import cores, on_every_core, require_memory
from qsb_hw.lindblad.certificate import ACCURACY, EPSILON, SAFETY, UNRESOLVED, Sensitivity, error_bound
from qsb_hw.lindblad.direct import SMALL, Factors
from qsb_hw.lindblad.markov import stationary
from qsb_hw.lindblad.refine import refined
from qsb_hw.lindblad.space import Batch, BlockSpace, pack, unpack
from qsb_hw.lindblad.sylvester import decay_spectrum
from qsb_hw.lindblad.task import OperationCounts, Outcome, Task

CHUNK = 101
"""Members of a family solved in one batched call, at most."""
FEWEST = 16
"""Members that a call must have to be given to a core of its own."""
CHAIN_BYTES = 160.0
"""Bytes per square of the number of populations that one chain takes."""
INSIDE_BYTES = 24.0
"""Bytes per element of the matrices of what happens inside sectors that one chain takes."""
CHUNK_ELEMENTS = 5e7
"""Elements that the matrices of one batched call may have together."""
INSIDE_SHARE = 10
"""What an element of a matrix of what happens inside a sector counts for among these: they stay in the cache."""
PROBES = 4
"""Random coherences from which the norm of what happens inside a sector is estimated."""
INSIDE_BELOW = 33
"""Rows of the largest sector below which what happens inside a sector is solved as a whole."""
ELIMINATED_BELOW = 1500
"""Populations up to which a chain without coherence is solved by elimination without subtractions."""


def feeds_populations_only(generator: BlockGenerator) -> bool:
    """Whether every jump takes populations to populations and nothing else."""
    feeding, elsewhere = generator.feeding, _coherences(generator.space)
    if not np.any(elsewhere[feeding.indices]) and not np.any(elsewhere[np.diff(feeding.indptr) > 0]):
        return True
    if feeding.data.all():
        return False
    row, col = feeding.nonzero()  # without the zeros that are stored
    return not (np.any(elsewhere[row]) or np.any(elsewhere[col]))


def feeds_populations_between_sectors(generator: BlockGenerator) -> bool:
    """The same of jumps from one sector to another; within a sector, where all are small, they may do more."""
    space, elsewhere = generator.space, _coherences(generator.space)
    if space.largest_block >= INSIDE_BELOW:
        return feeds_populations_only(generator)
    row, col = generator.feeding.nonzero()
    coherent = elsewhere[row] | elsewhere[col]
    return all(
        np.array_equal(_block(batch, row[touched]), _block(batch, col[touched]))
        for batch in space.batches
        for touched in [coherent & (_within(batch, row) | _within(batch, col))]
    )


def _coherences(space: BlockSpace) -> NDArray[np.bool_]:
    """Which elements of a packed vector are no populations."""
    elsewhere = np.ones(space.size, dtype=bool)
    elsewhere[space.diagonal] = False
    return elsewhere


def _within(batch: Batch, places: Integers) -> NDArray[np.bool_]:
    return np.asarray((places >= batch.slice.start) & (places < batch.slice.stop))


def _block(batch: Batch, places: Integers) -> Integers:
    """Number of the block of a batch that each place lies in."""
    return np.asarray((places - batch.start) // batch.size**2)


def chain_outcomes(generator: BlockGenerator, tilt: BlockGenerator | None, values: Floats) -> Iterator[Outcome]:
    """Steady states with H + value · tilt for all `values`, in order, solved in batches.

    The error bound is not finite where an eigenvector of H_eff does not decay, which the chain cannot settle.
    """
    states = generator.space.diagonal.size
    dense = 0 if feeds_populations_only(generator) else sum(b.count * b.size**4 for b in generator.space.batches)
    needed = CHAIN_BYTES * states**2 + INSIDE_BYTES * dense
    require_memory(needed, f"A Markov chain on {states} populations", "Keep fewer levels.")
    together = max(1, min(CHUNK, int(CHUNK_ELEMENTS / max(states**2, INSIDE_SHARE * dense))))
    count = max(math.ceil(len(values) / together), min(cores(), len(values) // FEWEST))
    chunks = [chunk for chunk in np.array_split(values, max(count, 1)) if chunk.size]
    for chunk in on_every_core(lambda chunk: _chunk(generator, tilt, chunk), chunks):
        yield from chunk


@dataclass(frozen=True, slots=True)
class PopulationChain:
    """The Markov chain on populations where jumps feed nothing else; `accuracy` is the error bound to reach.

    Without coherence between one jump and the next it is solved by elimination without subtractions.
    """

    accuracy: float = ACCURACY

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work."""
        return GENERATOR_BYTES * space.size + CHAIN_BYTES * space.diagonal.size**2

    def solve(self, task: Task) -> Outcome:
        """Solve one model."""
        generator, space = task.generator, task.generator.space
        if space.largest_block == 1 and space.size <= ELIMINATED_BELOW:
            return _eliminated(task)
        found = next(chain_outcomes(generator, None, np.zeros(1)))
        if space.size <= SMALL:
            known = Factors.of(generator, int(space.diagonal[0])).sensitivity()
            bound = error_bound(generator, found.flat, known.amplification)
            found = replace(found, sensitivity=known, error_bound=bound if np.isfinite(found.error_bound) else np.inf)
        if not np.isfinite(found.error_bound):
            return Outcome.unresolved(space, found.sensitivity, found.counts)
        if found.error_bound > self.accuracy:
            return refined(task, found, _chain_inverse(generator), self.accuracy)
        return found


def _population_rates(generator: BlockGenerator) -> tuple[Integers, sp.csr_array]:
    """Positions of the populations, block by block, and the jump rates between them."""
    space = generator.space
    order = np.concatenate([batch.states.ravel() for batch in space.batches])
    diagonal = space.position(order, order)
    return diagonal, generator.feeding[diagonal][:, diagonal].tocsr()


def _chain_inverse(generator: BlockGenerator) -> Callable[[Floats], Floats]:
    """L⁺ on traceless packed vectors, up to a multiple of the steady state: (1 − GR) p = p₀ for its populations."""
    space = generator.space
    diagonal, rates = _population_rates(generator)
    spectra = _sectors(generator, None, np.zeros(1))
    chain = _Chain.of(space, spectra, rates.toarray())

    def drift(flat: Floats) -> Floats:
        out = np.empty_like(flat)
        for batch, spectrum in zip(space.batches, spectra, strict=True):
            batch.of(out)[...] = spectrum.response(batch.of(flat)[None])[0]
        return out

    def solve(defect: Floats) -> Floats:
        alone = drift(defect)
        populations = chain.solved(alone[diagonal][None])[0]
        again = defect.copy()
        again[diagonal] += rates @ populations
        return -drift(again)

    return solve


def _eliminated(task: Task) -> Outcome:
    """Without coherences: each sector is one state."""
    space = task.generator.space
    rates = task.generator.feeding[space.diagonal][:, space.diagonal].toarray()
    closed = np.nonzero(np.isin(task.sectors.labels, task.sectors.closed_sets[0]))[0]
    found = stationary(rates, int(closed[0]))
    flat, direction = np.empty(space.size), np.empty(space.size)
    flat[space.diagonal], direction[space.diagonal] = found.populations, found.direction
    known = Sensitivity(1 / found.gap, found.gap, direction)
    return Outcome(flat, found.error_bound, known, True, OperationCounts(factorisations=1), unique=True)


def _chunk(generator: BlockGenerator, tilt: BlockGenerator | None, values: Floats) -> list[Outcome]:
    space = generator.space
    diagonal, rates = _population_rates(generator)
    tilts = tilt.effective if tilt is not None else tuple(np.zeros_like(h) for h in generator.effective)
    effective = (h + values[:, None, None, None] * t for h, t in zip(generator.effective, tilts, strict=True))
    family = replace(generator, effective=tuple(effective))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spectra = _sectors(generator, tilt, values)
        chain = _Chain.of(space, spectra, rates.toarray())
        populations = chain.solved(chain.source)
        flat = _states(space, spectra, (rates @ populations.T).T)
        flat /= flat[:, diagonal].sum(axis=1)[:, None]
        defect, rounding = family.defect(flat)
        norm = np.linalg.norm(flat, axis=1)
        response = chain.sensitivity(populations)
        amplification = np.fmax(response, np.max([s.longest for s in spectra], axis=0))
        gap = 1 / response
        bound = SAFETY * amplification * (defect + 2 * EPSILON * rounding) + EPSILON * norm
        residual = defect / (norm * generator.rate)
    decaying = np.min([s.slowest for s in spectra], axis=0) > 1e-12 * generator.rate
    lost = amplification * generator.rate * EPSILON > UNRESOLVED
    bound = np.where(decaying & ~lost & np.isfinite(bound), bound, np.inf)
    lowest = space.lowest_eigenvalue(np.where(np.all(np.isfinite(flat), axis=1, keepdims=True), flat, 0.0))
    counts = OperationCounts(factorisations=sum(batch.count for batch in space.batches) + 1)
    nowhere = np.zeros(space.size)
    return [
        Outcome(
            flat[k],
            float(bound[k]),
            Sensitivity(float(amplification[k]), float(gap[k]), nowhere),
            True,
            counts,
            lowest=float(lowest[k]),
            residual=float(residual[k]),
        )
        for k in range(len(values))
    ]


def _sectors(generator: BlockGenerator, tilt: BlockGenerator | None, values: Floats) -> list[_Spectrum | _Inside]:
    """What happens inside the sectors of each batch, for H + value · tilt."""
    space, matrix = generator.space, generator.feeding
    row, col = matrix.nonzero()
    elsewhere = _coherences(space)
    kept = elsewhere[row] | elsewhere[col]
    if not kept.any():
        tilts = tilt.effective if tilt is not None else tuple(np.zeros_like(h) for h in generator.effective)
        parts = zip(generator.effective, tilts, strict=True)
        return [_Spectrum.of(h + values[:, None, None, None] * t) for h, t in parts]
    row, col = row[kept], col[kept]
    value, found = np.asarray(matrix[row, col]).ravel(), list[_Spectrum | _Inside]()
    for number, batch in enumerate(space.batches):
        total = _superoperator(generator.effective[number])
        here = _within(batch, row)
        places = (part[here] - batch.start for part in (row, col))
        first, second = places
        np.add.at(total, (first // batch.size**2, first % batch.size**2, second % batch.size**2), value[here])
        turned = _superoperator(tilt.effective[number]) if tilt is not None else np.zeros_like(total)
        found.append(_Inside.of(total + values[:, None, None, None] * turned))
    return found


def _superoperator(effective: Complexes) -> Floats:
    """−i(H_eff ρ − ρ H_eff†) on packed blocks, (count, D², D²) of (count, D, D)."""
    count, size, _ = effective.shape
    one, real, imag = np.eye(size), effective.real, effective.imag
    total = np.einsum("bik,jl->bijkl", imag, one) + np.einsum("bjl,ik->bijkl", imag, one)
    total += np.einsum("bjk,il->bijkl", real, one) - np.einsum("bil,jk->bijkl", real, one)
    return np.asarray(total.reshape(count, size**2, size**2))


@dataclass(frozen=True, slots=True, eq=False)
class _Inside:
    """M for all that happens inside the blocks of a batch, jumps among their coherences too, (m, count, D², D²).

    `alone`, (m, count, D², D): −1/M of each population. `norm`, (m,): Frobenius norm of 1/M, the share of coherences
    from random ones where there are more than a few.
    """

    total: Floats
    alone: Floats
    norm: Floats

    @classmethod
    def of(cls, total: Floats) -> _Inside:
        size = math.isqrt(total.shape[-1])
        found = _solved(total, -_sources(size))
        return cls(total, found[..., :size], np.linalg.norm(found, axis=(-2, -1)).max(axis=-1))

    @property
    def size(self) -> int:
        return int(self.alone.shape[-1])

    @property
    def slowest(self) -> Floats:
        return np.asarray(1 / self.norm)

    @property
    def longest(self) -> Floats:
        return np.zeros_like(self.norm) if self.size == 1 else self.norm

    def dwell(self) -> Floats:
        """G_ai: mean time in a between a jump into i and the next jump, (m, count, D, D)."""
        return np.ascontiguousarray(self.alone[..., :: self.size + 1, :])

    def states(self, fed: Floats) -> Floats:
        """The packed states of the diagonal source `fed`, (m, count, D)."""
        return np.asarray((self.alone @ fed[..., None]).reshape(*fed.shape, self.size))

    def response(self, source: Floats) -> Floats:
        """Those of a packed source, (m, count, D, D)."""
        return _solved(self.total, -source.reshape(*source.shape[:-2], -1, 1)).reshape(source.shape)


@lru_cache(maxsize=INSIDE_BELOW)
def _sources(size: int) -> Floats:
    """Every population of a block, (D², D), and beside them its coherences, or a few random mixtures of them."""
    rows = size**2
    coherences = np.delete(np.arange(rows), slice(None, None, size + 1))
    sources = np.zeros((rows, size + min(PROBES, coherences.size)))
    sources[:: size + 1, :size] = np.eye(size)
    if coherences.size <= PROBES:
        sources[coherences, size:] = np.eye(coherences.size)
    else:
        signs = np.random.default_rng(rows).choice((-1.0, 1.0), (coherences.size, PROBES))
        sources[coherences, size:] = signs / math.sqrt(PROBES)
    return sources


@dataclass(frozen=True, slots=True, eq=False)
class _Spectrum:
    """H_eff = V Λ V⁻¹ of one batch over the family, (m, count, D, D), and F_jk = 1/i(λ_j − λ_k*)."""

    vectors: Complexes
    inverse: Complexes
    weights: Complexes
    slowest: Floats

    @property
    def longest(self) -> Floats:
        """Longest lifetime of eigenvectors of H_eff, and of what is between them, in blocks with coherence, (m,)."""
        members, _, size, _ = self.weights.shape
        return np.zeros(members) if size == 1 else np.asarray(np.abs(self.weights).max(axis=(-3, -2, -1)))

    @classmethod
    def of(cls, effective: Complexes) -> _Spectrum:
        values, vectors = decay_spectrum(effective)
        weights = 1 / (1j * (values[..., :, None] - values[..., None, :].conj()))
        slowest = (-2 * values.imag).min(axis=(-2, -1))
        return cls(vectors, _inverse(vectors), weights, slowest)

    def dwell(self) -> Floats:
        """G_ai: mean time in a between a jump into i and the next jump, (m, count, D, D)."""
        j, k = np.triu_indices(self.vectors.shape[-1])  # the pair k, j adds the conjugate
        weights = self.weights[..., None, j, k] * np.where(j == k, 1, 2)
        left, right = self.vectors, np.swapaxes(self.inverse, -1, -2)
        reached = np.take(left, j, axis=-1) * np.take(left.conj(), k, axis=-1) * weights
        entered = np.take(right.conj(), j, axis=-1) * np.take(right, k, axis=-1)
        return np.asarray(reached.view(float) @ np.swapaxes(entered.view(float), -1, -2))

    def states(self, fed: Floats) -> Floats:
        """−L0⁻¹ of the diagonal source `fed`, (m, count, D), packed."""
        blocks = self._turned((self.inverse * fed[..., None, :]) @ np.swapaxes(self.inverse.conj(), -1, -2))
        return pack((blocks + np.swapaxes(blocks.conj(), -1, -2)) / 2)

    def response(self, source: Floats) -> Floats:
        """−L0⁻¹ of a packed source, (m, count, D, D), packed."""
        return pack(self._turned(self.inverse @ unpack(source) @ np.swapaxes(self.inverse.conj(), -1, -2)))

    def _turned(self, source: Complexes) -> Complexes:
        return np.asarray(self.vectors @ (source * self.weights) @ np.swapaxes(self.vectors.conj(), -1, -2))


Matrices = TypeVar("Matrices", NDArray[np.float64], NDArray[np.complex128])


def _inverse(vectors: Matrices) -> Matrices:
    try:
        return np.asarray(np.linalg.inv(vectors))
    except np.linalg.LinAlgError:  # an exceptional point somewhere in the family: that member comes out as NaN
        regular = np.asarray(np.linalg.cond(vectors) < 1e14)
        return np.asarray(np.linalg.pinv(vectors) * np.where(regular, 1.0, np.nan)[..., None, None])


def _solved(matrices: Floats, sources: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrices, sources))
    except np.linalg.LinAlgError:
        return np.asarray(_inverse(matrices) @ sources)


def _rows(batches: tuple[Batch, ...]) -> Iterator[slice]:
    start = 0
    for batch in batches:
        yield slice(start, start + batch.states.size)
        start += batch.states.size


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """(1 − GR + s 1ᵀ) p = s for every member, s what G makes of an even source; `dwell`: G, (m, count, D, D).

    The factors are those of the transposed matrix, which LAPACK takes without a copy.
    """

    space: BlockSpace
    dwell: list[Floats]
    factors: list[tuple[Floats, Integers]]
    source: Floats

    @classmethod
    def of(cls, space: BlockSpace, spectra: list[_Spectrum | _Inside], rates: Floats) -> _Chain:
        members, total = spectra[0].slowest.shape[0], rates.shape[0]
        matrix, dwell = np.empty((members, total, total)), [spectrum.dwell() for spectrum in spectra]
        for batch, times, rows in zip(space.batches, dwell, _rows(space.batches), strict=True):
            fed = -rates[rows].reshape(batch.count, batch.size, total)
            np.matmul(times, fed, out=matrix[:, rows].reshape(members, batch.count, batch.size, total))
        matrix[:, np.arange(total), np.arange(total)] += 1.0
        source = _blockwise(space, dwell, np.ones((members, total)))
        source /= source.sum(axis=1)[:, None]
        matrix += source[:, :, None]
        factorise = scipy.linalg.get_lapack_funcs("getrf", (matrix,))
        return cls(space, dwell, [factorise(one.T, overwrite_a=True)[:2] for one in matrix], source)

    def sensitivity(self, populations: Floats, rounds: int = 4) -> Floats:
        """‖L⁺‖ on populations by power iteration, (m,): a source b of trace zero gives x = G b + G R x."""
        vector = np.tile(np.random.default_rng(0).standard_normal(populations.shape[1]), (len(populations), 1))
        image, size = vector, np.ones(len(populations))
        turned = [np.swapaxes(times, -1, -2) for times in self.dwell]
        for _ in range(rounds):
            vector = vector - vector.mean(axis=1)[:, None]
            vector = vector / np.linalg.norm(vector, axis=1)[:, None]
            image = self.solved(_blockwise(self.space, self.dwell, vector))
            image = image - image.sum(axis=1)[:, None] * populations
            size = np.linalg.norm(image, axis=1)
            vector = _blockwise(self.space, turned, self.solved(image, transposed=True))
        return size

    def solved(self, rhs: Floats, transposed: bool = False) -> Floats:
        """Solutions for right-hand sides (m, n)."""
        solve = scipy.linalg.get_lapack_funcs("getrs", (rhs,))
        found = [solve(*lu, b, trans=int(not transposed))[0] for lu, b in zip(self.factors, rhs, strict=True)]
        return np.asarray(found)


def _blockwise(space: BlockSpace, blocks: list[Floats], vectors: Floats) -> Floats:
    """Block-diagonal matrices times vectors, (m, n)."""
    out = np.empty_like(vectors)
    for batch, block, rows in zip(space.batches, blocks, _rows(space.batches), strict=True):
        part = vectors[:, rows].reshape(-1, batch.count, batch.size, 1)
        out[:, rows] = (block @ part).reshape(len(vectors), -1)
    return out


def _states(space: BlockSpace, spectra: list[_Spectrum | _Inside], fed: Floats) -> Floats:
    flat = np.empty((fed.shape[0], space.size))
    for batch, spectrum, rows in zip(space.batches, spectra, _rows(space.batches), strict=True):
        batch.of(flat)[...] = spectrum.states(fed[:, rows].reshape(-1, batch.count, batch.size))
    return flat

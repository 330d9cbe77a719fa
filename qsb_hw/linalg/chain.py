"""Steady states of models whose jumps feed populations only, many at a time.

Two eliminated oscillators are of this kind: jumps between levels take populations to populations, and coherences
arise from H alone between one jump and the next. With G_ai the mean time spent in state a between a jump that ends in
i and the next one, and R the jump rates, p = G R p is all that is left: a Markov chain on populations. G is made of
the eigenvectors of H_eff in each sector, and whole families of H are worked on in one batched call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qsb_hw.linalg.blocks import GENERATOR_BYTES, Batch, BlockGenerator, BlockSpace, pack, unpack
from qsb_hw.linalg.capacity import on_every_core, require_memory
from qsb_hw.linalg.sylvester import decay_spectrum
from qsb_hw.linalg.task import OperationCounts, Outcome, Task

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]

CHUNK = 32
"""Members of a family solved in one batched call, at most."""
CHAIN_BYTES = 160.0
"""Bytes per square of the number of populations that one chain takes."""
CHUNK_ELEMENTS = 5e7
"""Elements that the matrices of one batched call may have together."""


def feeds_populations_only(generator: BlockGenerator) -> bool:
    """Whether every jump takes populations to populations and nothing else."""
    on_diagonal = np.zeros(generator.space.size, dtype=bool)
    on_diagonal[generator.space.diagonal] = True
    row, col = generator.feeding.nonzero()
    return bool(np.all(on_diagonal[row]) and np.all(on_diagonal[col]))


@dataclass(frozen=True, slots=True, eq=False)
class ChainStates:
    """Steady states of a family.

    Attributes
    ----------
    flat : (m, Σ D_b²) float
        Packed states of trace one.
    residual : (m,) float
        ‖Lρ‖/(‖ρ‖·rate).
    lowest : (m,) float
        Lowest eigenvalue of each ρ.
    decaying : (m,) bool
        Whether every eigenvector of H_eff decays, so that the chain decides uniqueness.
    """

    flat: Floats
    residual: Floats
    lowest: Floats
    decaying: NDArray[np.bool_]


def chain_states(generator: BlockGenerator, tilt: BlockGenerator | None, values: Floats) -> Iterator[ChainStates]:
    """Steady states with H + value · tilt for all `values`, chunk by chunk, in order."""
    states = generator.space.diagonal.size
    require_memory(CHAIN_BYTES * states**2, f"A Markov chain on {states} populations", "Keep fewer levels.")
    together = max(1, min(CHUNK, int(CHUNK_ELEMENTS / states**2)))
    chunks = [values[k : k + together] for k in range(0, len(values), together)]
    yield from on_every_core(lambda chunk: _chunk(generator, tilt, chunk), chunks)


@dataclass(frozen=True, slots=True)
class PopulationChain:
    """The Markov chain on populations that is left where jumps feed nothing else."""

    def least_memory(self, space: BlockSpace) -> float:
        """Bytes without which it cannot work."""
        return GENERATOR_BYTES * space.size + CHAIN_BYTES * space.diagonal.size**2

    def solve(self, task: Task) -> Outcome:
        """Solve one model; undecided where an eigenvector of H_eff does not decay."""
        found = next(chain_states(task.generator, None, np.zeros(1)))
        counts = OperationCounts(factorisations=sum(b.count for b in task.generator.space.batches) + 1)
        healthy = bool(found.decaying[0] and np.all(np.isfinite(found.flat)))
        return Outcome(found.flat[0], True if healthy else None, healthy, counts)


def _chunk(generator: BlockGenerator, tilt: BlockGenerator | None, values: Floats) -> ChainStates:
    space = generator.space
    order = np.concatenate([batch.states.ravel() for batch in space.batches])
    diagonal = space.position(order, order)
    rates = generator.feeding[diagonal][:, diagonal].toarray()  # (n, n)
    tilts = tilt.effective if tilt is not None else tuple(np.zeros_like(h) for h in generator.effective)
    effective = [h + values[:, None, None, None] * t for h, t in zip(generator.effective, tilts, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spectra = [_Spectrum.of(h) for h in effective]
        populations = _populations(space, spectra, rates)
        flat = _states(space, spectra, populations @ rates.T)
        flat /= flat[:, diagonal].sum(axis=1)[:, None]
    decaying = np.min([s.slowest for s in spectra], axis=0) > 1e-12 * generator.rate
    return ChainStates(flat, _residual(generator, effective, flat), _lowest(space, flat), decaying)


@dataclass(frozen=True, slots=True, eq=False)
class _Spectrum:
    """H_eff = V Λ V⁻¹ of one batch over the family, (m, count, D, D), and F_jk = 1/i(λ_j − λ_k*)."""

    vectors: Complexes
    inverse: Complexes
    weights: Complexes
    slowest: Floats

    @classmethod
    def of(cls, effective: Complexes) -> _Spectrum:
        values, vectors = decay_spectrum(effective)
        weights = 1 / (1j * (values[..., :, None] - values[..., None, :].conj()))
        slowest = (-2 * values.imag).min(axis=(-2, -1))
        return cls(vectors, _inverse(vectors), weights, slowest)

    def dwell(self) -> Floats:
        """G_ai: mean time in a between a jump into i and the next jump, (m, count, D, D)."""
        size = self.vectors.shape[-1]
        paths = self.vectors[..., :, None, :] * np.swapaxes(self.inverse, -1, -2)[..., None, :, :]  # (…, a, i, j)
        flat = paths.reshape(*paths.shape[:-3], size * size, size)
        times = np.sum((flat @ self.weights) * flat.conj(), axis=-1).real
        return np.asarray(times.reshape(paths.shape[:-1]))

    def states(self, fed: Floats) -> Complexes:
        """−L0⁻¹ of the diagonal source `fed`, (m, count, D)."""
        source = (self.inverse * fed[..., None, :]) @ np.swapaxes(self.inverse.conj(), -1, -2)
        return np.asarray(self.vectors @ (source * self.weights) @ np.swapaxes(self.vectors.conj(), -1, -2))


def _inverse(vectors: Complexes) -> Complexes:
    try:
        return np.asarray(np.linalg.inv(vectors))
    except np.linalg.LinAlgError:  # an exceptional point somewhere in the family: that member comes out as NaN
        regular = np.asarray(np.linalg.cond(vectors) < 1e14)
        return np.asarray(np.linalg.pinv(vectors) * np.where(regular, 1.0, np.nan)[..., None, None])


def _rows(batches: tuple[Batch, ...]) -> Iterator[slice]:
    start = 0
    for batch in batches:
        yield slice(start, start + batch.states.size)
        start += batch.states.size


def _populations(space: BlockSpace, spectra: list[_Spectrum], rates: Floats) -> Floats:
    """Populations with p = G R p and their sum pinned to one, (m, n); a column of G carries the pin."""
    members, total = spectra[0].vectors.shape[0], rates.shape[0]
    matrix = np.tile(np.eye(total), (members, 1, 1))
    source = np.empty((members, total))
    for batch, spectrum, rows in zip(space.batches, spectra, _rows(space.batches), strict=True):
        dwell = spectrum.dwell()
        fed = rates[rows].reshape(batch.count, batch.size, total)
        matrix[:, rows] -= (dwell @ fed).reshape(members, -1, total)
        source[:, rows] = dwell.sum(axis=-1).reshape(members, -1)
    source /= source.sum(axis=1)[:, None]
    matrix += source[:, :, None]
    return np.asarray(np.linalg.solve(matrix, source[..., None])[..., 0])


def _states(space: BlockSpace, spectra: list[_Spectrum], fed: Floats) -> Floats:
    flat = np.empty((fed.shape[0], space.size))
    for batch, spectrum, rows in zip(space.batches, spectra, _rows(space.batches), strict=True):
        blocks = spectrum.states(fed[:, rows].reshape(-1, batch.count, batch.size))
        blocks = (blocks + np.swapaxes(blocks.conj(), -1, -2)) / 2
        flat[:, batch.slice] = pack(blocks).reshape(fed.shape[0], -1)
    return flat


def _blocks(batch: Batch, flat: Floats) -> Complexes:
    return unpack(flat[:, batch.slice].reshape(-1, batch.count, batch.size, batch.size))


def _residual(generator: BlockGenerator, effective: list[Complexes], flat: Floats) -> Floats:
    change = np.asarray(generator.feeding @ flat.T).T.copy()
    for batch, h in zip(generator.space.batches, effective, strict=True):
        drift = -1j * (h @ _blocks(batch, flat))
        change[:, batch.slice] += pack(drift + np.swapaxes(drift.conj(), -1, -2)).reshape(flat.shape[0], -1)
    return np.asarray(np.linalg.norm(change, axis=1) / (np.linalg.norm(flat, axis=1) * generator.rate))


def _lowest(space: BlockSpace, flat: Floats) -> Floats:
    flat = np.where(np.all(np.isfinite(flat), axis=1, keepdims=True), flat, 0.0)
    lowest = [np.linalg.eigvalsh(_blocks(b, flat))[..., 0].min(axis=-1) for b in space.batches]
    return np.asarray(np.min(lowest, axis=0))

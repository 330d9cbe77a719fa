"""Quantum state diffusion: pure states conditioned on heterodyne detection of every jump, many at a time.

One step is exact in −iH − ½ Σ L†L and first order in the rates for the noise, so that it is set by the decay and not
by detunings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.errors import require
from qsb_hw.lindblad.capacity import require_memory, require_seconds
from qsb_hw.model.lindblad import LindbladModel

DECAY_STEP = 0.04
"""Share of a state that may decay in one step."""
TURN_STEP = 0.4
"""Radians by which energies may turn against each other in one step, in the frame of the detection."""
MOST_SECONDS = 900.0
"""Time on one core, as estimated before they begin, that trajectories may take unless told otherwise."""
STEP_SECONDS, ELEMENT_SECONDS = 1e-6, 1.5e-9
"""Estimated time of one step of one trajectory, and of each matrix element that it multiplies with."""
SPARSE = 10
"""Steps from one state that enters the mean of (⟨X⟩ − mean)* |ψ⟩⟨ψ| to the next."""
MOST_PARTS = 1e15
"""Parts that a time is cut into at most."""
RARE = 1e-3
"""Share of all quanta emitted that may come from states which decay faster than the step allows for."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectories:
    """What was detected and what was watched, in a frame that turns with the detection's frequency.

    Attributes
    ----------
    step : float
        Time step.
    records : (ports, steps, trajectories) complex
        dQ = ⟨L⟩dt + dξ of the ports, E|dξ|² = dt, over each step.
    watched : (samples, trajectories) complex
        ⟨ψ|X|ψ⟩ of an operator X at the middle of every `stride`-th step.
    populations : (groups, trajectories) float
        Time averages of sums of |ψ_n|².
    sources : (batches, D, D) complex
        Means of (⟨X⟩ − mean)* |ψ⟩⟨ψ| between states of equal charge, over time and the trajectories of each batch: what
        the correlation of ⟨X⟩ along trajectories, E[(⟨X⟩(0) − mean)* ⟨X⟩(τ)] = Tr[X e^{Lτ} source], begins with.
    """

    step: float
    records: Complexes
    watched: Complexes
    populations: Floats
    sources: Complexes


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A model to be unravelled: H without the frame, and every jump.

    Parameters
    ----------
    model : LindbladModel
        With a charge.
    frequency : float
        Of the frame, per unit of charge.
    """

    model: LindbladModel
    frequency: float

    def __post_init__(self) -> None:
        hint = "Use the rotating-wave approximation."
        require(self.model.charge is not None, "A model to be detected must conserve a charge", "none", hint)

    @property
    def blocks(self) -> list[Integers]:
        """Basis states of equal charge."""
        charge = np.asarray(self.model.charge)
        return [np.flatnonzero(charge == q) for q in np.unique(charge)]

    @property
    def hamiltonian(self) -> sp.csr_array:
        """H in the frame, (D, D)."""
        frame = self.frequency * np.asarray(self.model.charge, dtype=float)
        return sp.csr_array(self.model.hamiltonian - sp.diags_array(frame.astype(complex), format="csr"))

    @property
    def decay(self) -> sp.csr_array:
        """Σ L†L, (D, D)."""
        total = sp.csr_array(self.model.hamiltonian.shape, dtype=complex)
        for jump in self.model.jumps:
            total = total + jump.conj().T @ jump
        return sp.csr_array(total)

    def step(self, state: sp.sparray) -> float:
        """Largest step for `DECAY_STEP` and `TURN_STEP` of trajectories that stay around a density matrix.

        −iH − ½ Σ L†L is exact: what must be slow in a step are decay, where quanta are emitted, and the turning of
        each L in the frame.
        """
        energies, charges = self._turned
        turning = float(np.abs(energies - self.frequency * charges).max(initial=0.0))
        return min(self._decaying(state), TURN_STEP / max(turning, 1e-300))

    def longest_step(self, state: sp.sparray) -> float:
        """What that is at most, in any frame: in the best one jumps turn by half of what their frequencies span."""
        energies, charges = self._turned
        single = (energies * charges)[np.abs(charges) == 1]
        turning = max(float(np.ptp(single)) / 2 if single.size else 0.0,
                      float(np.abs(energies[charges == 0]).max(initial=0.0)))  # fmt: skip
        return min(self._decaying(state), TURN_STEP / max(turning, 1e-300))

    def _decaying(self, state: sp.sparray) -> float:
        """Largest step for `DECAY_STEP`, where all quanta but `RARE` are emitted."""
        rates, populations = self.decay.diagonal().real, sp.csr_array(state).diagonal().real
        order = np.argsort(rates)
        emitted = np.cumsum(rates[order] * np.maximum(populations[order], 0.0))
        frequent = int(np.searchsorted(emitted, (1 - RARE) * emitted[-1])) if emitted[-1] > 0 else rates.size - 1
        return DECAY_STEP / max(float(rates[order][frequent]), 1e-300)

    @property
    def _turned(self) -> tuple[Floats, Floats]:
        """By how much every element of every jump changes the energy, without the frame, and the charge."""
        energies, charge = self.model.hamiltonian.diagonal().real, np.asarray(self.model.charge, dtype=float)
        rows, cols = np.concatenate(
            [np.empty((2, 0), dtype=np.int64), *(np.array(sp.coo_array(jump).coords) for jump in self.model.jumps)],
            axis=1,
        )
        return energies[rows] - energies[cols], charge[rows] - charge[cols]

    def require_seconds(self, steps: int, count: int, most: float) -> None:
        """Raise `CapacityError` where the steps of `count` trajectories are estimated to take longer."""
        require_seconds(
            self.seconds(steps, count), most,
            f"{steps} steps of {count} trajectories with {self.model.size} states each",
            "Ask for less time or fewer trajectories, keep fewer levels, eliminate the baths",
        )  # fmt: skip

    def seconds(self, steps: float, count: int) -> float:
        """Estimated time of the steps of `count` trajectories on one core."""
        propagated = sum(float(states.size) ** 2 for states in self.blocks)
        jumps, size = len(self.model.jumps), self.model.size
        elements = propagated + sum(jump.nnz for jump in self.model.jumps) + 4.0 * jumps * size
        return float(steps * count * (STEP_SECONDS + ELEMENT_SECONDS * elements))

    def propagator(self, time: float) -> sp.csr_array:
        """exp((−iH − ½ Σ L†L) t), block by block."""
        generator = sp.csr_array(-1j * self.hamiltonian - 0.5 * self.decay)
        parts, places = [], []
        for states in self.blocks:
            block = generator[states][:, states].toarray()
            parts.append(scipy.linalg.expm(time * block).ravel())
            places.append(np.array([np.repeat(states, states.size), np.tile(states, states.size)]))
        row, col = np.concatenate(places, axis=1)
        return sp.csr_array((np.concatenate(parts), (row, col)), shape=generator.shape)

    def drawn(self, state: sp.sparray, count: int, rng: np.random.Generator) -> Complexes:
        """Kets (D, count) drawn from a density matrix without coherences between charges."""
        weights, vectors, within = [], [], []
        matrix = sp.csr_array(state)
        for states in self.blocks:
            values, columns = np.linalg.eigh(matrix[states][:, states].toarray())
            weights.append(np.maximum(values, 0.0))
            vectors.append(columns)
            within.append(states)
        total = np.concatenate(weights)
        chosen = rng.choice(total.size, size=count, p=total / total.sum())
        ends = np.cumsum([w.size for w in weights])
        kets = np.zeros((self.model.size, count), dtype=complex)
        for place, number in enumerate(chosen.tolist()):
            block = int(np.searchsorted(ends, number, side="right"))
            kets[within[block], place] = vectors[block][:, number - int(ends[block]) + weights[block].size]
        return kets


def parts_of(what: str, time: float, longest: float) -> int:
    """Parts of at most that length in a time; `what` begins the sentence of an error."""
    parts = time / longest
    require(parts < MOST_PARTS, f"{what} must be fewer than {MOST_PARTS:g}", f"{parts:.3g}", "Ask for less time.")
    return max(1, math.ceil(parts))


def diffuse(
    diffusion: Diffusion,
    kets: Complexes,
    step: float,
    steps: int,
    rng: np.random.Generator,
    *,
    ports: tuple[int, ...] = (),
    watch: sp.sparray | None = None,
    stride: int = 1,
    groups: sp.sparray | None = None,
    skip: int = 0,
    batches: int = 0,
    mean: complex = 0.0,
    most_seconds: float = MOST_SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> Trajectories:
    """Trajectories from normalised kets, (D, trajectories).

    `ports` are numbers of jumps, `watch` an operator X with its `mean`, `groups` (groups, D) sums up populations,
    averaged after `skip` steps as the sources are; trajectories are dealt to as many `batches`.
    """
    count = kets.shape[1]
    diffusion.require_seconds(steps, count, most_seconds)
    samples = (steps + stride - 1) // stride
    jumps = diffusion.model.jumps
    size = kets.shape[0]
    needed = 16.0 * (count * (len(ports) * steps + samples + (len(jumps) + 4) * size) + (batches + 2) * size**2)
    require_memory(needed, "Records of all trajectories", "Ask for fewer trajectories or less time.")
    stacked = sp.csr_array(sp.vstack(jumps, format="csr"))
    whole, half = diffusion.propagator(step), diffusion.propagator(step / 2)
    records = np.empty((len(ports), steps, count), dtype=complex)
    watched = np.empty((samples if watch is not None else 0, count), dtype=complex)
    populations = np.zeros((0 if groups is None else groups.shape[0], count))
    sources = np.zeros((batches, size, size), dtype=complex)
    kept, taken = list(ports), 0
    psi = half @ kets
    for k in range(steps):
        psi = psi / np.sqrt(np.einsum("dn,dn->n", psi.conj(), psi).real)
        lowered = (stacked @ psi).reshape(len(jumps), -1, count)
        if watch is not None and k % stride == 0:
            watched[k // stride] = now = np.einsum("dn,dn->n", psi.conj(), watch @ psi)
            if k % (SPARSE * stride) == 0 and k >= skip:
                taken += 1
                for batch in range(batches):
                    part = psi[:, batch::batches]
                    sources[batch] += (part * (now - mean).conj()[batch::batches]) @ part.conj().T / part.shape[1]
        if groups is not None and k >= skip:
            populations += groups @ (psi.real**2 + psi.imag**2)
        noise = rng.standard_normal((2, len(jumps), count)) * np.sqrt(step / 2)
        seen = np.einsum("dn,kdn->kn", psi.conj(), lowered) * step + noise[0] + 1j * noise[1]
        records[:, k] = seen[kept]
        psi = whole @ (psi + np.einsum("kn,kdn->dn", seen.conj(), lowered))
        if progress is not None and k % 200 == 0:
            progress(k, steps)
    charge = np.asarray(diffusion.model.charge)
    return Trajectories(
        step=step,
        records=records,
        watched=watched,
        populations=populations / max(steps - skip, 1),
        sources=sources * (charge[:, None] == charge) / max(taken, 1),
    )

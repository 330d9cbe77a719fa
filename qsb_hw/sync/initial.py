"""States to begin with: by name, as arrays, or from an earlier result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Complexes
from qsb_hw.arguments import complex_array
from qsb_hw.errors import require
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.steady import steady_state as steady_state_of
from qsb_hw.model.build import effective_model, full_model
from qsb_hw.model.lindblad import LindbladModel
from qsb_hw.model.network import Network, Oscillator
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.sync.evolution import Evolution
from qsb_hw.sync.solution import SyncSolution

NEGATIVE = 1e-9
"""Negative eigenvalue of an initial state that counts as rounding."""
INITIAL = "Give an array (D, D) or (D,), a Qobj, an earlier solution, or one of ground, thermal, uncoupled."


def initial_state(model: LindbladModel, network: Network | None, initial: Any, rwa: bool = True) -> sp.csr_array:
    """Density matrix, sparse (D, D), of what `evolve` takes as `initial`."""
    size = model.size
    if isinstance(initial, str):
        known = ("ground", "thermal", "uncoupled")
        require(initial in known, f"An initial state must be one of {', '.join(known)}", repr(initial), INITIAL)
        if initial == "ground":
            return sp.csr_array(([1.0 + 0j], ([0], [0])), shape=(size, size))
        parts = [_single(one, initial, rwa) for one in (network.oscillators if network else ())]
        require(bool(parts), f'"{initial}" must be of oscillators', "a LindbladModel", "Give the state itself.")
        return sp.csr_array(reduce(lambda a, b: sp.kron(a, b, format="csr"), parts))
    if isinstance(initial, SyncSolution | SteadyState):
        initial = initial.state()
    elif isinstance(initial, Evolution):
        initial = initial.final
    elif hasattr(initial, "full"):
        initial = initial.full()
    return _checked(initial, size)


def error_of(initial: Any) -> float:
    """Bound on the trace norm of the error of an earlier result; zero of a state that is given as such."""
    if isinstance(initial, Evolution):
        return initial.error
    steady = initial.steady if isinstance(initial, SyncSolution) else initial
    return math.sqrt(math.prod(steady.dims)) * steady.error_bound if isinstance(steady, SteadyState) else 0.0


def _single(oscillator: Oscillator, initial: str, rwa: bool) -> sp.csr_array:
    if initial == "uncoupled":
        alone = full_model(oscillator, rwa) if isinstance(oscillator, SelfOscillator) else effective_model(oscillator)
        return _at_rest(_ByContent(alone))
    hint = 'Its thermal rates are part of its jumps: start from "ground", or give a state.'
    complete = isinstance(oscillator, SelfOscillator)
    require(complete, '"thermal" must be of complete oscillators', "an eliminated one", hint)
    assert isinstance(oscillator, SelfOscillator)
    loss = oscillator.decoherence
    ratio = loss.up_rate / loss.down_rate if loss.down_rate else 0.0
    populations = ratio ** np.arange(oscillator.levels)
    diagonal = np.zeros((oscillator.levels, math.prod(oscillator.dims[1:])), dtype=complex)
    diagonal[:, 0] = populations / populations.sum()
    return sp.csr_array(sp.diags_array(diagonal.ravel()))


@dataclass(frozen=True, eq=False)
class _ByContent:
    """A model, equal to every other with the same elements."""

    model: LindbladModel

    @cached_property
    def content(self) -> tuple[Any, ...]:
        """All that decides its steady state."""
        parts = Elements.of_model(self.model)
        own, hop, jumps = parts.energies, parts.hopping, parts.jump_entries
        arrays = (own, hop.row, hop.col, hop.value, jumps.number, jumps.target, jumps.source, jumps.value)
        return self.model.dims, *(array.tobytes() for array in arrays)

    def __hash__(self) -> int:
        return hash(self.content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByContent) and self.content == other.content


@lru_cache(maxsize=4)
def _at_rest(alone: _ByContent) -> sp.csr_array:
    """Steady state of a node by itself; twins share it."""
    return sp.csr_array(steady_state_of(alone.model).require().state())


def _checked(given: Any, size: int) -> sp.csr_array:
    dense = given.toarray() if sp.issparse(given) else given
    state: Complexes = complex_array("An initial state", dense, INITIAL)
    if state.shape in {(size,), (size, 1)}:
        ket = state.ravel()
        norm = float(np.linalg.norm(ket))
        require(abs(norm - 1) < 1e-6, "A ket must have norm 1", f"{norm:g}", "Normalise it.")
        state = np.outer(ket, ket.conj())
    require(state.shape == (size, size), f"An initial state must have {size} states", f"shape {state.shape}", INITIAL)
    trace = complex(np.trace(state))
    require(abs(trace - 1) < 1e-6, "An initial state must have trace 1", f"{trace:.4g}", "Normalise it.")
    uneven = float(np.abs(state - state.conj().T).max())
    require(uneven < 1e-9, "An initial state must be Hermitian", f"ρ − ρ† up to {uneven:.1e}", "Take (ρ + ρ†)/2.")
    state = (state + state.conj().T) / 2
    lowest = float(np.linalg.eigvalsh(state)[0])
    must = "An initial state must have no negative eigenvalue"
    require(lowest > -NEGATIVE, must, f"{lowest:.1e}", "Populations are not negative.")
    return sp.csr_array(state / trace.real)

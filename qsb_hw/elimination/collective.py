"""Eliminated baths without the secular approximation: one jump drives several transitions at once.

An eliminated bath cannot tell neighbouring transitions apart better than its linewidth: the quantum it emits leaves a
coherence between them that separate dissipators (Lörch 2017 Eq. 2 and its note [41]) drop. What is kept apart here is
only what moves the oscillator by a different number of levels. In the blockaded S(Δ = 0) of a pair the secular error
is of relative order σ², the one left here σ⁴.
"""

from __future__ import annotations

import math

import numpy as np

from qsb_hw._typing import Complexes
from qsb_hw.errors import require
from qsb_hw.model.bath import Bath
from qsb_hw.model.oscillator import SelfOscillator


def collective_jumps(oscillator: SelfOscillator, rwa: bool = False) -> tuple[Complexes, ...]:
    """Jumps of all baths and of the intrinsic losses, each with amplitudes for the transitions it drives together.

    To first order in the coupling, a bath in its pure resting state |0⟩ answers to the transition n → m with
    (E_n − E_m − H_nh)⁻¹ B|0⟩ A_mn, H_nh = H_B − (i/2) Σ J†J; its jump J into the state f then has the amplitude
    ⟨f|J (E_n − E_m − H_nh)⁻¹ B|0⟩ A_mn, whose square is the golden-rule rate.

    Returns
    -------
    tuple of (n, n) complex
        In √(1/s); element [m, n] drives n → m.

    Raises
    ------
    ArgumentError
        A bath that does not rest in a pure state.
    """
    jumps = [jump for bath in oscillator.baths for jump in _bath_jumps(bath, oscillator, rwa)]
    intrinsic, lowering = oscillator.decoherence, oscillator.ladder.lowering
    jumps += [math.sqrt(intrinsic.down_rate) * lowering, math.sqrt(intrinsic.up_rate) * lowering.conj().T]
    return tuple(jump for jump in jumps if np.any(jump))


def _bath_jumps(bath: Bath, oscillator: SelfOscillator, rwa: bool) -> list[Complexes]:
    ladder = oscillator.ladder
    target, source = np.indices((ladder.levels, ladder.levels))
    released = ladder.energies[source] - ladder.energies[target]
    rest = _resting_state(bath)
    damped = bath.hamiltonian - 0.5j * sum(j.conj().T @ j for j in bath.jumps)
    offset = (rest.conj() @ damped @ rest).real
    # the resting state decouples from what is excited out of it; a decay of its own keeps every solve regular
    damped = damped - 1j * np.outer(rest, rest.conj()) * np.abs(damped).max()
    found = []
    for climb in np.unique(target - source):
        where = (target - source) == climb
        excited = _excited(bath, oscillator, rest, int(climb), rwa)  # (d, n, n)
        solved = np.zeros_like(excited)
        for m, n in zip(*np.nonzero(where), strict=True):
            resolvent = (released[m, n] + offset) * np.eye(bath.levels) - damped
            solved[:, m, n] = np.linalg.solve(resolvent, excited[:, m, n])
        for jump, kicks in zip(bath.jumps, bath.recoil or ((),) * len(bath.jumps), strict=True):
            amplitudes = [amplitude for amplitude in np.tensordot(jump, solved, 1) if np.any(amplitude)]
            found += [kick @ amplitude for kick in kicks for amplitude in amplitudes] if kicks else amplitudes
    return found


def _excited(bath: Bath, oscillator: SelfOscillator, rest: Complexes, climb: int, rwa: bool) -> Complexes:
    """Σ B|0⟩ ⊗ A, restricted to transitions that climb by `climb` levels and conserve the charge if asked."""
    size = oscillator.levels
    total = np.zeros((bath.levels, size, size), dtype=complex)
    changes = bath.charge[:, None] - bath.charge[None, :]
    for term in bath.couplings:
        coordinate = oscillator.ladder.coupling if term.oscillator is None else term.oscillator
        kept = np.where(changes == -climb, term.bath, 0) if rwa else term.bath
        state = kept @ rest
        state = state - (rest.conj() @ state) * rest  # what is left of the mean is a static force, not a jump
        total += np.multiply.outer(state, np.diag(np.diag(coordinate, -climb), -climb))
    return total


def _resting_state(bath: Bath) -> Complexes:
    """The pure state no jump acts on and H_B leaves alone."""
    stacked = np.vstack([*bath.jumps, np.zeros((1, bath.levels))])
    _, singular, right = np.linalg.svd(stacked)
    dark = right[np.sum(singular > 1e-12 * max(float(singular.max()), 1e-300)) :].conj()
    require(
        len(dark) == 1 and _stationary(bath.hamiltonian, dark[0]),
        f"Bath {bath.name!r} must rest in one pure state to be eliminated with its coherences",
        f"{len(dark)} states without jumps",
        "Use the secular elimination.",
    )
    state: Complexes = dark[0]
    return state


def _stationary(hamiltonian: Complexes, state: Complexes) -> bool:
    moved = hamiltonian @ state
    moved = moved - (state.conj() @ moved) * state
    return float(np.linalg.norm(moved)) <= 1e-12 * max(float(np.abs(hamiltonian).max()), 1e-300)

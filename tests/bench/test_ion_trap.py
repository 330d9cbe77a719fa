"""Motional levels of an ion against a textbook grid, and an ion with its internal levels kept against QuTiP."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import qsb_hw as qh
from qsb_hw.devices.ion_trap.constants import HBAR
from qsb_hw.devices.ion_trap.motion import solve_motion
from qsb_hw.devices.ion_trap.potentials import Tweezer
from qsb_hw.model.bath import Bath, Light, Tone

MASS = 9.0 * 1.66e-27
TWEEZER = Tweezer(depth=1e-25, waist=1e-6)


def finite_differences(points, levels=8, half=1.5e-6):
    """Second-order grid, tridiagonal: energies above the ground level in rad/s."""
    x, step = np.linspace(-half, half, points, retstep=True)
    hop = HBAR**2 / (2 * MASS * step**2)
    energies = scipy.linalg.eigh_tridiagonal(
        TWEEZER(x) + 2 * hop, np.full(points - 1, -hop), select="i", select_range=(0, levels - 1), eigvals_only=True
    )
    return (energies - energies[0]) / HBAR


def kerr(energies):
    return -float(np.diff(energies[:3], 2)[0]) / 2


def test_levels_of_a_tweezer(benchmark):
    benchmark.group = "eight levels of a tweezer"
    motion = benchmark.pedantic(solve_motion, (TWEEZER, MASS, 8), rounds=10)
    benchmark.extra_info |= {"relative_grid_error_of_K": float(motion.grid_error[2] / motion.kerr(1))}


@pytest.mark.parametrize("points", [4_000, 16_000, 64_000])
def test_levels_of_a_tweezer_by_finite_differences(benchmark, points):
    benchmark.group = "eight levels of a tweezer"
    energies = benchmark.pedantic(finite_differences, (points,), rounds=3)
    reference = solve_motion(TWEEZER, MASS, 8).kerr(1)
    benchmark.extra_info |= {"relative_error_of_K": abs(kerr(energies) / reference - 1)}


def exponential(eta, levels, spare=30):
    """⟨m|e^{iη(a + a†)}|n⟩ of a harmonic oscillator."""
    a = np.diag(np.sqrt(np.arange(1.0, levels + spare)), 1)
    values, vectors = np.linalg.eigh(a + a.T)
    return ((vectors * np.exp(1j * eta * values)) @ vectors.conj().T)[:levels, :levels]


def ion(levels):
    """Both sidebands on one three-level system, carriers and recoil kept: no symmetry but none needed."""
    ladder = qh.Ladder.kerr(100.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    u, weights = np.polynomial.legendre.leggauss(4)
    kicks = tuple(np.sqrt(w / 2) * exponential(0.2 * k, levels) for k, w in zip(u, weights, strict=True))
    light = Light(exponential(0.2, levels), 0.2, kicks)
    tones = [Tone.sideband(d, 0.3, 2 * 0.05 * 0.3 / 0.2, light) for d in (-spacing[1], spacing[0])]
    return qh.SelfOscillator(ladder, (Bath.internal_levels(tones),))


@pytest.mark.parametrize("levels", [6, 12])
def test_ion_with_internal_levels(benchmark, levels):
    model = qh.full_model(ion(levels), rwa=False)
    benchmark.group = f"ion of {levels} levels, all carriers and recoil"
    qh.steady_state(model)
    solution = benchmark.pedantic(qh.steady_state, (model,), rounds=5)
    assert solution.ok
    benchmark.extra_info |= {"gmres_steps": solution.counts.gmres_steps, "elements": solution.space.size}


@pytest.mark.parametrize("settings", [{}, {"solver": "spsolve", "permc_spec": "MMD_AT_PLUS_A"}], ids=["default", "MMD"])
@pytest.mark.parametrize("levels", [6, 12])
def test_ion_with_internal_levels_in_qutip(benchmark, levels, settings):
    import qutip

    model = qh.full_model(ion(levels), rwa=False)
    benchmark.group = f"ion of {levels} levels, all carriers and recoil"
    hamiltonian, jumps = model.to_qutip()
    rho = benchmark.pedantic(lambda: qutip.steadystate(hamiltonian, jumps, **settings), rounds=2).full()
    assert np.abs(rho - qh.steady_state(model).state()).max() < 1e-8

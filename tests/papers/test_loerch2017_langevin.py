"""The integrator behind Fig. 2 (a): its orders, its noise, and whether it repeats itself."""

import math

import numba
import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.lindblad.capacity import on_one_core
from qsb_hw.papers.loerch2017.setup import oscillator, pair
from qsb_hw.sync import _langevin_kernel as kernel


def parameters(omega=0.0, kerr=0.0, loss=0.0):
    """One row; a loss with a line of huge width is linear damping."""
    return np.array([[omega, kerr, 0.0, 2.0, 1.0, loss, 3.0, 1e9]])


def advanced(alpha, rows, coupling, duration, steps, noise=0.0, advance=kernel._advance):
    alpha = np.array(alpha, dtype=complex)
    work = np.zeros((4, alpha.size), dtype=complex)
    for _ in range(steps):
        advance(alpha, (rows, np.asarray(coupling, dtype=complex), noise, duration / steps, rows[:, 6].copy()), work)
    return alpha


def order(steps, errors):
    return -np.polyfit(np.log(steps), np.log(errors), 1)[0]


def test_deterministic_order_on_a_nonlinear_rotation():
    # |α| is conserved: α(t) = α(0) exp(−i(ω − 2K|α|²)t)
    start, omega, kerr = 1.1 + 0.4j, 0.7, 0.3
    exact = start * np.exp(-1j * (omega - 2 * kerr * abs(start) ** 2) * 3.0)
    steps = np.array([50, 100, 200, 400])
    errors = [abs(advanced([start], parameters(omega, kerr), [[0]], 3.0, n)[0] - exact) for n in steps]
    assert order(steps, errors) == pytest.approx(2, abs=0.05)


def test_deterministic_order_on_the_limit_cycle():
    # Γ = 0 halfway between n₊ and n₋: |α|² = 2.5 and a rotation at ω − 2K·2.5
    row = np.array([[0.0, 1.0, 1.0, 2.0, 0.2, 1.0, 3.0, 0.2]])
    exact = math.sqrt(2.5) * np.exp(5j * 1.0)
    steps = np.array([100, 200, 400])
    errors = [abs(advanced([math.sqrt(2.5)], row, [[0]], 1.0, n)[0] - exact) for n in steps]
    assert order(steps, errors) == pytest.approx(2, abs=0.1)


def test_coupled_amplitudes_beat_like_two_modes():
    # dα/dt = −iCα with C real: α_1 = cos(Vt), α_2 = −i sin(Vt)
    rows = np.vstack([parameters(), parameters()])
    found = advanced([1, 0], rows, [[0, 0.8], [0.8, 0]], 2.0, 2000)
    assert found == pytest.approx([math.cos(1.6), -1j * math.sin(1.6)], abs=1e-5)


def test_strong_order_on_an_ornstein_uhlenbeck_process(monkeypatch):
    """One Brownian path in ever coarser steps against the exact solution driven by the finest one."""
    loss, omega, noise, duration, finest, paths = 1.0, 2.0, 0.3, 1.0, 1024, 100
    rng = np.random.default_rng(7)
    fine = math.sqrt(duration / finest) * rng.standard_normal((paths, finest, 2))
    rate = 1j * omega + loss / 2
    decay = np.exp(-rate * duration / finest)
    kicks = math.sqrt(noise / 2) * (fine[..., 0] + 1j * fine[..., 1])
    powers = decay ** (finest - np.arange(finest) - 0.5)  # every kick in the middle of its tiny step
    exact = np.exp(-rate * duration) + kicks @ powers
    steps = np.array([8, 16, 32, 64])
    errors = []
    for n in steps:
        coarse = fine.reshape(paths, n, finest // n, 2).sum(axis=2) / math.sqrt(duration / n)
        found = []
        for path in coarse:
            normals = iter(path.ravel())
            monkeypatch.setattr(np.random, "standard_normal", lambda normals=normals: next(normals))
            found.append(
                advanced([1.0], parameters(omega, loss=loss), [[0]], duration, n, noise, kernel._advance.py_func)[0]
            )
        errors.append(np.sqrt(np.mean(np.abs(np.array(found) - exact) ** 2)))
    # deterministic part of order two, noise of strong order one: the latter is what is left
    assert order(steps, errors) == pytest.approx(1, abs=0.25)


@numba.njit
def _ensemble(rows, noise, step, steps, runs):
    np.random.seed(3)  # noqa: NPY002  # what numba compiles
    total, squares = 0.0, 0.0
    coupling, ceilings = np.zeros((1, 1), dtype=np.complex128), rows[:, 6].copy()
    work = np.zeros((4, 1), dtype=np.complex128)
    for _ in range(runs):
        alpha = np.zeros(1, dtype=np.complex128)
        for _ in range(steps):
            kernel._advance(alpha, (rows, coupling, noise, step, ceilings), work)
        quanta = alpha[0].real ** 2 + alpha[0].imag ** 2
        total += quanta
        squares += quanta**2
    return total / runs, squares / runs


@pytest.mark.parametrize("kerr", [0.0, 2.0])
def test_noise_of_a_damped_amplitude_is_thermal(kerr):
    # d⟨|α|²⟩/dt = −γ⟨|α|²⟩ + γ_T n_T, and α is Gaussian: ⟨|α|⁴⟩ = 2⟨|α|²⟩²
    loss, noise, time, runs = 1.0, 0.4, 2.0, 10000
    mean, square = _ensemble(parameters(0.5, kerr, loss), noise, 0.01, 200, runs)
    expected = noise / loss * (1 - math.exp(-loss * time))
    assert mean == pytest.approx(expected, abs=4 * expected / math.sqrt(runs))
    assert square / mean**2 == pytest.approx(2, abs=0.1)


def test_free_amplitude_diffuses():
    mean, _ = _ensemble(parameters(), 0.4, 0.05, 40, 20000)
    assert mean == pytest.approx(0.8, rel=0.03)


def network():
    one = oscillator(kerr=2.0, n_plus=2, levels=3)
    return pair(one.detuned(0.5), one, 0.05)


def simulated(seed, trajectories=16):
    rng = np.random.default_rng(seed)
    return qh.langevin(network(), 0.1, rng, trajectories=trajectories, duration=40, burn_in=20, step=0.02, harmonics=4)


@pytest.mark.usefixtures("every_core")
def test_seed_decides_everything_and_the_number_of_threads_nothing():
    with on_one_core():
        one = simulated(5)
    again, other = simulated(5), simulated(6)
    assert np.array_equal(one.harmonics, again.harmonics)
    assert np.array_equal(one.escapes, again.escapes)
    assert not np.array_equal(one.harmonics, other.harmonics)


def test_standard_error_covers_the_scatter_of_repeated_seeds():
    runs = [simulated(seed, trajectories=24) for seed in range(40)]
    scatter = np.std([r.synchronization(0, 1) for r in runs], ddof=1)
    claimed = np.sqrt(np.mean([r.standard_error(0, 1) ** 2 for r in runs]))
    # the scatter of 40 values is known to 11 %, the jackknife leans to the safe side
    assert 0.7 < claimed / scatter < 1.6


def test_uncoupled_oscillators_do_not_synchronize_beyond_the_noise():
    one = oscillator(kerr=2.0, n_plus=2, levels=3)
    free = qh.langevin(
        pair(one.detuned(0.5), one, 0.0), 0.1, np.random.default_rng(8), trajectories=32, duration=40, step=0.02
    )
    assert free.synchronization(0, 1) < 6 * free.standard_error(0, 1)

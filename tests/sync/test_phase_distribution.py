"""The distribution of a relative phase, against its definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import qsb_hw as qh
from qsb_hw.sync.phase import highest, phases_of_highest, relative_phase

SEEDS = st.integers(0, 2**32 - 1)


def phase_state(phase, levels):
    """|φ⟩ = Σ e^{inφ}|n⟩/√2π."""
    return np.exp(1j * np.asarray(phase)[..., None] * np.arange(levels)) / math.sqrt(2 * math.pi)


def relative_phase_by_quadrature(rho, dims, phase):
    """P(φ) = ∫dφ2 ⟨φ2+φ, φ2|ρ|φ2+φ, φ2⟩ at one or many φ; a trigonometric polynomial, so the sum is exact."""
    points = 2 * sum(dims)
    angles = 2 * math.pi * np.arange(points) / points
    first = phase_state(angles + np.asarray(phase)[..., None], dims[0])
    second = np.broadcast_to(phase_state(angles, dims[1]), (*first.shape[:-1], dims[1]))
    states = np.einsum("...a,...b->...ab", first, second).reshape(*first.shape[:-1], -1)
    return 2 * math.pi * np.einsum("...a,ab,...b->...", states.conj(), rho, states).real.mean(axis=-1)


def random_model(seed, dims, hamiltonian_scale=1.0):
    rng = np.random.default_rng(seed)
    size = int(np.prod(dims))
    matrices = rng.standard_normal((3, size, size)) + 1j * rng.standard_normal((3, size, size))
    hamiltonian = hamiltonian_scale * (matrices[0] + matrices[0].conj().T)
    return qh.LindbladModel(hamiltonian, tuple(matrices[1:]), dims=dims)


def random_distribution(seed, levels):
    """Coefficients of a pure random state of two oscillators: c_k = Σ ψ*_{n,m} ψ_{n+k,m−k}."""
    rng = np.random.default_rng(seed)
    psi = rng.standard_normal((levels, levels)) + 1j * rng.standard_normal((levels, levels))
    psi /= np.linalg.norm(psi)
    coefficients = [np.vdot(psi[: levels - k, k:], psi[k:, : levels - k]) for k in range(levels)]
    coefficients[0] = 1.0
    return qh.PhaseDistribution(np.array(coefficients))


@given(seed=SEEDS, dims=st.tuples(st.integers(2, 3), st.integers(2, 3)))
def test_size_of_the_distribution_is_that_of_the_phase_states(seed, dims):
    # S = 2π max P − 1 does not care in which direction φ is counted
    solution = qh.steady_state(random_model(seed, dims))
    found, rho = relative_phase(solution, 0, 1), solution.state()
    grid = np.linspace(-math.pi, math.pi, 180, endpoint=False)
    by_quadrature = relative_phase_by_quadrature(rho, dims, grid)
    refined = minimize_scalar(
        lambda x: -relative_phase_by_quadrature(rho, dims, x),
        bounds=(grid[by_quadrature.argmax()] - 0.05, grid[by_quadrature.argmax()] + 0.05),
        method="bounded",
        options={"xatol": 1e-9},
    )
    measure = found.S
    assert measure == pytest.approx(-2 * math.pi * refined.fun - 1, abs=1e-9)


@given(seed=SEEDS, dims=st.tuples(st.integers(2, 3), st.integers(2, 3)), phase=st.floats(-3, 3))
def test_relative_phase_is_that_of_the_first_minus_that_of_the_second(seed, dims, phase):
    solution = qh.steady_state(random_model(seed, dims))
    expected = relative_phase_by_quadrature(solution.state(), dims, phase) - 1 / (2 * math.pi)
    assert relative_phase(solution, 0, 1)(phase) == pytest.approx(expected, abs=1e-10)


def test_two_driven_cavities_show_the_difference_of_their_phases():
    # coherent states α₁, α₂ from drives of different phase: φ = arg α₁ − arg α₂
    a = np.diag(np.sqrt(np.arange(1.0, 9)), 1)
    one = np.eye(9)
    first, second = np.kron(a, one), np.kron(one, a)
    drive = 0.5 * np.exp(0.9j)
    hamiltonian = drive * first.conj().T + 0.5 * second.conj().T
    model = qh.LindbladModel(hamiltonian + hamiltonian.conj().T, (first, second), dims=(9, 9))
    # α = −2iE e^{iθ} for H = E e^{iθ} a† + h.c. and κ = 1: the common factor −2i drops out
    assert relative_phase(qh.steady_state(model), 0, 1).argmax == pytest.approx(0.9, abs=1e-6)


@given(seed=SEEDS, levels=st.integers(2, 25))
def test_distribution_is_a_probability_that_integrates_to_one(seed, levels):
    found = random_distribution(seed, levels)
    grid = 2 * math.pi * np.arange(4 * levels) / (4 * levels)
    values = found(grid) + 1 / (2 * math.pi)
    assert values.min() > -1e-12
    assert values.mean() * 2 * math.pi == pytest.approx(1.0, abs=1e-12)


@given(seed=SEEDS, levels=st.integers(2, 25))
def test_maximum_is_found_to_machine_precision(seed, levels):
    found = random_distribution(seed, levels)
    grid = np.linspace(-math.pi, math.pi, 400 * levels)
    best = grid[np.argmax(found(grid))]
    refined = minimize_scalar(
        lambda x: -float(found(x)), bracket=(best - grid[1] + grid[0], best, best + grid[1] - grid[0]), tol=1e-12
    )
    assert found.maximum == pytest.approx(-refined.fun, rel=1e-12)
    assert found.maximum >= found(grid).max() - 1e-13
    assert found(found.argmax) == found.maximum
    measure = found.S
    assert measure == pytest.approx(2 * math.pi * found.maximum, rel=1e-14)


@given(seed=SEEDS, scale=st.floats(1e-12, 1e-3))
def test_tiny_coherences_are_resolved_not_lost(seed, scale):
    # S of a weakly coupled pair is 2|c_1| to first order, however small
    phase = np.random.default_rng(seed).uniform(-math.pi, math.pi)
    found = qh.PhaseDistribution([1.0, scale * np.exp(-1j * phase)])
    measure = found.S
    assert measure == pytest.approx(2 * scale, rel=1e-12)
    assert math.cos(found.argmax - phase) == pytest.approx(1.0, abs=1e-12)


def test_flat_distribution_has_no_synchronization():
    for coefficients in ([1.0], [1.0, 0.0, 0.0]):
        assert qh.PhaseDistribution(coefficients).S == 0.0
        assert qh.PhaseDistribution(coefficients).argmax == 0.0


def test_two_equal_maxima_are_told_apart_by_convention():
    # c_2 alone: maxima at ±π/2 ∓ … of equal height; the one nearer to zero is named
    found = qh.PhaseDistribution([1.0, 0.0, 0.2 * np.exp(-0.6j)])
    assert found.argmax == pytest.approx(0.3)
    measure = found.S
    assert measure == pytest.approx(0.4)
    assert np.allclose(np.sort(found.extrema()), [0.3 - math.pi, 0.3 - math.pi / 2, 0.3, 0.3 + math.pi / 2])


def test_distribution_that_is_not_normalised_is_refused():
    with pytest.raises(qh.ArgumentError, match="zeroth coefficient"):
        qh.PhaseDistribution([0.9, 0.1])


def test_third_party_is_traced_out():
    # of two qubits with anything between them only ρ_{10;01} of their joint state matters: S = 2|ρ_{10;01}|
    dims = (2, 3, 2)
    solution = qh.steady_state(random_model(4, dims))
    outer = np.einsum("aibcid->abcd", solution.state().reshape(*dims, *dims)).reshape(4, 4)
    measure = relative_phase(solution, 0, 2).S
    assert measure == pytest.approx(2 * abs(outer[2, 1]), rel=1e-10)


def test_uncoupled_oscillators_have_exactly_no_phase_relation(lab):
    solution = qh.steady_state(lab.pair(lab.effective(2), lab.effective(1), v=0.0))
    assert solution.synchronization(0, 1) == 0.0
    assert np.all(solution.phase_distribution(0, 1).coefficients[1:] == 0)


def test_many_distributions_at_once_are_each_by_itself():
    rng = np.random.default_rng(7)
    some = rng.normal(size=(200, 6)) + 1j * rng.normal(size=(200, 6))
    some *= 0.2 / (1 + np.arange(6)) ** 2
    some[:, 0] = 1
    some[:3, 1:] = 0  # flat
    some[3:6] = [1, 0, 0.1, 0, 0, 0]  # two equal maxima, at 0 and π
    some[6:9] = [1, 0, -0.1, 0, 0, 0]  # and at ±π/2
    alone = [qh.PhaseDistribution(row) for row in some]
    assert highest(some) == pytest.approx([one.S for one in alone], abs=1e-9)
    phases = phases_of_highest(some)
    assert phases[9:] == pytest.approx([one.argmax for one in alone[9:]], abs=1e-12)
    assert highest(some) == pytest.approx(
        2 * math.pi * np.array([one(x) for one, x in zip(alone, phases, strict=True)])
    )
    assert np.all(phases[:6] == 0)
    assert np.abs(phases[6:9]) == pytest.approx(math.pi / 2)

"""The transmon: exact levels against series, an independent diagonalisation and sum rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.transmon_squid.transmon import MOST_LEVELS, solve_transmon
from qsb_hw.spec.load import read_toml
from qsb_hw.units import from_hertz

E_C = from_hertz(250e6)
RATIOS = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])


def transmon(ratio, offset_charge=0.25):
    return solve_transmon(ratio * E_C, E_C, offset_charge)


def slope_in_xi(errors):
    return np.polyfit(np.log(np.sqrt(2 / RATIOS)), np.log(np.abs(errors)), 1)[0]


def test_kerr_limit_of_the_transition_frequency_falls_with_the_third_power_of_xi():
    xi = np.sqrt(2 / RATIOS)
    exact = np.array([transmon(r).energies[1] - transmon(r).energies[0] for r in RATIOS]) / E_C
    series = np.sqrt(8 * RATIOS) - (1 + xi / 4 + 21 * xi**2 / 128)
    assert slope_in_xi(exact - series) == pytest.approx(3.0, abs=0.15)


def test_kerr_limit_of_the_anharmonicity_falls_with_the_third_power_of_xi():
    xi = np.sqrt(2 / RATIOS)
    twice_kerr = np.array([-np.diff(transmon(r).energies[:3], 2)[0] for r in RATIOS]) / E_C
    series = 1 + 9 * xi / 16 + 81 * xi**2 / 128
    assert slope_in_xi(twice_kerr - series) == pytest.approx(3.0, abs=0.2)


def test_anharmonicity_grows_up_the_ladder():
    drops = -np.diff(transmon(50.0).energies, 2) / E_C
    np.testing.assert_allclose(drops[:3], [1.15, 1.30, 1.54], atol=0.01)


@pytest.mark.parametrize(("ratio", "n_g"), [(60.0, 0.1), (20.0, 0.25), (800.0, 0.4), (10.0, -0.3)])
def test_levels_and_elements_agree_with_scqubits(ratio, n_g):
    import scqubits  # takes long, and other files in this worker may not need it

    solved = transmon(ratio, n_g)
    levels = solved.bound_levels
    peer = scqubits.Transmon(EJ=ratio, EC=1.0, ng=n_g, ncut=80, truncated_dim=levels)
    energies, states = peer.eigensys(evals_count=levels)
    np.testing.assert_allclose(solved.energies / E_C, energies, rtol=1e-9)
    sine = peer.sin_phi_operator(energy_esys=(energies, states))
    charge = peer.n_operator(energy_esys=(energies, states))
    turns = np.concatenate([[1.0], np.cumprod(np.diag(sine, 1) / abs(np.diag(sine, 1)))])
    for found, expected in ((solved.sine, sine), (solved.charge, charge)):
        np.testing.assert_allclose(found, turns[:, None] * expected * turns.conj(), atol=1e-9)
    assert np.all(np.diag(solved.sine, 1).real > 0)


def test_a_level_is_bound_below_the_barrier_top():
    for ratio in (20.0, 60.0):
        solved = transmon(ratio)
        means = np.mean([_energies(ratio, n_g) for n_g in (0.0, 0.5)], axis=0)
        assert solved.bound_levels == np.count_nonzero(means < ratio)
        assert 2 < solved.bound_levels < MOST_LEVELS
    deep = transmon(1e5)  # ∮n dφ/2π = (4/π)√(E_J/2E_C): more than are solved, and said so
    assert deep.energies.size == MOST_LEVELS
    assert deep.bound_levels == pytest.approx(4 / math.pi * math.sqrt(1e5 / 2), rel=0.01)
    assert transmon(0.1) is None


def _energies(ratio, n_g):
    n = np.arange(-40, 41)
    hop = np.eye(n.size, k=1)
    return np.linalg.eigvalsh(np.diag(4.0 * (n - n_g) ** 2) - ratio / 2 * (hop + hop.T))


def test_the_gauge_makes_the_current_hermitian_with_positive_neighbours():
    sine = transmon(60.0, 0.13).sine
    np.testing.assert_allclose(sine, sine.conj().T, atol=0)
    neighbours = np.diag(sine, 1)
    assert np.all(neighbours.real > 0.3)
    np.testing.assert_allclose(neighbours.imag, 0, atol=1e-12)


def test_charge_and_current_obey_the_equation_of_motion():
    solved = transmon(60.0, 0.13)
    e = solved.energies
    commutator = solved.charge * (e[None, :] - e[:, None])  # ⟨[n, H]⟩ = −iE_J sin φ
    np.testing.assert_allclose(commutator, -1j * solved.josephson_energy * solved.sine, atol=1e-9 * e[-1])


def test_parity_holds_at_zero_offset_charge():
    sine = transmon(60.0, 0.0).sine
    n = np.arange(len(sine))
    assert np.abs(sine[(n[:, None] - n) % 2 == 0]).max() < 1e-9


def test_zero_point_charge_tends_to_its_harmonic_value():
    errors = [transmon(r).zero_point_charge / (r / 32) ** 0.25 - 1 for r in RATIOS]
    assert slope_in_xi(errors) == pytest.approx(1.0, abs=0.1)


def test_the_exact_zero_point_current_lies_below_the_harmonic_one():
    solved = transmon(60.0)
    flux_quantum = 2.067833848e-15
    hbar = 1.054571817e-34
    harmonic = 2 * math.pi * hbar * solved.josephson_energy / flux_quantum * (2 / 60.0) ** 0.25
    assert 0.92 < solved.zero_point_current / harmonic < 0.94


def test_charge_dispersion_falls_exponentially_with_the_root_of_eight_times_the_ratio():
    ratios = np.linspace(30, 80, 6)
    spread = np.array([transmon(r).dispersion[0] for r in ratios])
    bare = np.log(spread / ratios**1.25)  # ε_1 ∝ E_C (E_J/2E_C)^{5/4} e^{−√(8E_J/E_C)}
    slope = np.polyfit(np.sqrt(8 * ratios), bare, 1)[0]
    assert slope == pytest.approx(-1.0, abs=0.03)


def test_charge_dispersion_is_what_the_offset_charge_does():
    def frequency(n_g):
        return np.diff(transmon(30.0, n_g).energies)

    swept = np.array([frequency(n_g) for n_g in np.linspace(0, 0.5, 9)])
    np.testing.assert_allclose(np.ptp(swept, axis=0), transmon(30.0).dispersion, rtol=1e-6)
    np.testing.assert_allclose(frequency(0.25)[:2], swept.mean(axis=0)[:2], rtol=1e-5)


def test_a_split_junction_is_a_tunable_transmon(circuit, changed):
    from qsb_hw.devices.catalog import device_from_spec

    table = changed(
        circuit,
        oscillator__josephson_energy="20 GHz",
        oscillator__junction_asymmetry=0.2,
        oscillator__flux_bias="0.2 Phi_0",
    )
    spacings = device_from_spec(table).complete.ladder.transition_frequencies
    import scqubits

    peer = scqubits.TunableTransmon(EJmax=20.0, EC=0.25, d=0.2, flux=0.2, ng=0.25, ncut=40, truncated_dim=5)
    np.testing.assert_allclose(spacings[:3], from_hertz(1e9) * np.diff(peer.eigenvals(4)), rtol=1e-9)


@pytest.mark.parametrize("flux", [None, "0.2 Phi_0"])
def test_a_device_as_an_object_of_scqubits_has_its_levels(flux):
    table = read_toml(qh.shipped_specs()["transmon_squid"])
    if flux is not None:
        table["oscillator"] |= {"josephson_energy": "25 GHz", "junction_asymmetry": 0.3, "flux_bias": flux}
    device = qh.device_from_spec(table)
    qubit = qh.to_scqubits(device)
    assert type(qubit).__name__ == ("Transmon" if flux is None else "TunableTransmon")
    energies = np.diff(qubit.eigenvals(evals_count=device.complete.levels)) * 2e9 * np.pi
    np.testing.assert_allclose(energies, device.complete.ladder.transition_frequencies, rtol=1e-9)


@pytest.mark.parametrize("name", ["kerr_squid_array", "ion_lattice_be9"])
def test_only_a_transmon_given_from_its_circuit_is_one_of_scqubits(name):
    with pytest.raises(qh.ArgumentError, match="circuit"):
        qh.to_scqubits(qh.load_device(name))

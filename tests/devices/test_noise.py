"""What a circuit or an ion tells of its slow noise, against differences of whole devices."""

import copy
import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.transmon_squid.transmon import solve_transmon
from qsb_hw.model.noise import Noise, SlowLaw
from qsb_hw.spec.load import read_toml

TWO_PI = 2 * math.pi


def noise_of(device, noise, where):
    return next(n for n in device.slow_noise if (n.noise, n.where) == (noise, where))


@pytest.fixture
def split(circuit):
    """A transmon with a split junction, biased off its sweet spot, noise everywhere."""
    circuit["oscillator"] |= {"flux_bias": "0.2 Phi_0", "junction_asymmetry": 0.1, "flux_noise": "2e-6 Phi_0"}
    circuit["oscillator"]["josephson_energy"] = "25 GHz"
    for cavity in ("damping", "amplification"):
        circuit[cavity] = circuit[cavity] | {"flux_noise": "3e-6 Phi_0"}
    return circuit


def at_flux(spec, section, flux):
    moved = copy.deepcopy(spec)
    moved[section]["flux_bias"] = f"{flux} Phi_0"
    return qh.device_from_spec(moved)


def test_flux_moves_the_levels_as_a_device_at_another_flux_has_them(split):
    device = qh.device_from_spec(split)
    step = 1e-4
    above, below = (at_flux(split, "oscillator", 0.2 + s) for s in (step, -step))
    levels = min(d.complete.levels for d in (device, above, below))
    slope = (above.complete.ladder.energies[:levels] - below.complete.ladder.energies[:levels]) / (2 * step)
    found = noise_of(device, Noise.FLUX, "oscillator")
    np.testing.assert_allclose(found.levels[1:levels], 2e-6 * slope[1:], rtol=1e-4)
    assert found.law is SlowLaw.FLICKER


def test_flux_moves_a_cavity_as_a_device_at_another_flux_has_it(split):
    device, step = qh.device_from_spec(split), 1e-5

    def cavity(flux):
        derived_quantities = {f.name: f.value for f in at_flux(split, "damping", flux).derived_quantities}
        return TWO_PI * derived_quantities["damping cavity ω_c"]

    slope = (cavity(0.35 + step) - cavity(0.35 - step)) / (2 * step)
    found = noise_of(device, Noise.FLUX, "damping")
    assert found.resonances[0] == pytest.approx(3e-6 * slope, rel=1e-6)
    assert found.resonances[1] == 0
    assert noise_of(device, Noise.FLUX, "amplification").resonances[0] == 0


def test_offset_charge_moves_the_levels_along_a_cosine():
    e_j, e_c = TWO_PI * 10e9, TWO_PI * 0.25e9
    transmon = solve_transmon(e_j, e_c)
    for charge in (0.1, 0.35, 0.6):
        moved = solve_transmon(e_j, e_c, charge).energies[:4] - transmon.energies[:4]
        expected = transmon.modulation[:4] * math.cos(TWO_PI * charge)
        np.testing.assert_allclose(moved, expected, rtol=2e-2, atol=1e-2 * abs(transmon.modulation[3]) * 1e-3)
    assert np.all(np.sign(transmon.modulation[:4]) == [-1, 1, -1, 1])
    np.testing.assert_allclose(2 * np.abs(np.diff(transmon.modulation)), transmon.dispersion, rtol=1e-9)


def test_a_circuit_given_at_another_offset_charge_is_tuned_there(circuit):
    circuit["oscillator"]["offset_charge"] = 0.0
    found = noise_of(qh.device_from_spec(circuit), Noise.CHARGE, "oscillator")
    assert found.nominal == pytest.approx(1.0)


def test_frequency_noise_is_cyclic_in_the_file_and_moves_level_n_by_n(measured):
    measured["oscillator"]["frequency_noise"] = "100 Hz"
    measured["damping"]["frequency_noise"] = "1 kHz"
    device = qh.device_from_spec(measured)
    found = noise_of(device, Noise.FREQUENCY, "oscillator")
    np.testing.assert_allclose(found.levels, TWO_PI * 100 * np.arange(device.complete.levels))
    assert noise_of(device, Noise.FREQUENCY, "damping").resonances == pytest.approx((TWO_PI * 1e3, 0))
    assert Noise.FREQUENCY not in device.not_given


def test_frequency_noise_of_an_ion():
    spec = read_toml(qh.shipped_specs()["ion_lattice_be9"])
    spec["ion"]["frequency_noise"] = "2 Hz"
    device = qh.device_from_spec(spec)
    found = noise_of(device, Noise.FREQUENCY, "oscillator")
    np.testing.assert_allclose(np.diff(found.levels), TWO_PI * 2)
    assert not device.not_given
    budget = qh.noise_budget(qh.analyse(device, levels=4), noises=["frequency-noise"])
    assert budget.rows[0].given
    assert budget.rows[0].contrast_loss > 0


def test_kerr_of_the_cavities_comes_from_the_circuit_or_from_the_file(circuit, measured):
    for spec in (circuit, measured):
        device = qh.device_from_spec(spec)
        derived_quantities = {f.name: f.value for f in device.derived_quantities}
        bath = device.complete.baths[0]
        if bath.kerr is not None:
            assert bath.kerr == pytest.approx(TWO_PI * derived_quantities["damping cavity Kerr K_c"])
            assert bath.photons == pytest.approx(derived_quantities["damping photons n_c"])
    assert all(bath.kerr is not None for bath in qh.device_from_spec(circuit).complete.baths)
    assert all(bath.kerr is None for bath in qh.device_from_spec(measured).complete.baths)
    assert "kerr" in qh.device_from_spec(measured).not_given[Noise.CAVITY_KERR]


def test_what_the_file_is_silent_on(measured):
    device = qh.device_from_spec(measured)
    assert set(device.not_given) == {Noise.FLUX, Noise.FREQUENCY, Noise.CHARGE, Noise.CAVITY_KERR}
    assert device.slow_noise == ()


@pytest.mark.parametrize(
    ("section", "key", "message"),
    [("oscillator", "flux_noise", "one way"), ("damping", "flux_noise", "one way")],
)
def test_flux_noise_belongs_to_circuits(measured, section, key, message):
    measured[section][key] = "1e-6 Phi_0"
    with pytest.raises(qh.SpecError, match=message):
        qh.device_from_spec(measured)

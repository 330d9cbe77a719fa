"""Exchange coupling from capacitances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qsb_hw.devices.catalog import device_from_spec
from qsb_hw.devices.transmon_squid.coupling import chain_exchange, chain_matrix, exchange_from_matrix

E, H_BAR = 1.602176634e-19, 1.054571817e-34


def test_weak_coupling_is_half_the_frequency_times_the_capacitance_ratio():
    capacitance, omega = 78e-15, 2 * math.pi * 5.2e9
    zero_point = math.sqrt(H_BAR * omega * capacitance / (8 * E**2))
    ratios = np.array([0.02, 0.04, 0.08, 0.16])
    errors = [
        exchange_from_matrix(chain_matrix(capacitance, r * capacitance, 2), zero_point)[0, 1] / (omega * r / 2) - 1
        for r in ratios
    ]
    assert np.polyfit(np.log(ratios), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.05)


def test_the_transmon_follows_the_same_law_up_to_its_anharmonicity(circuit):
    device = device_from_spec(circuit)
    omega = device.complete.ladder.transition_frequencies[0]
    ratio = 5e-18 / (E**2 / (2 * 2 * math.pi * H_BAR * 250e6))
    assert device.nearest_coupling == pytest.approx(omega * ratio / 2, rel=0.02)


def test_a_matrix_and_a_capacitor_are_the_same_coupling(circuit, changed):
    total = E**2 / (2 * 2 * math.pi * H_BAR * 250e6)
    own, beside = f"{total * 1e15:.12f} fF", "-5 aF"
    table = changed(circuit, pair={"capacitance_matrix": [[own, beside], [beside, own]]})
    expected = device_from_spec(circuit).coupling
    np.testing.assert_allclose(device_from_spec(table).coupling, expected, rtol=1e-6)


def test_a_chain_couples_neighbours_and_faintly_beyond(circuit, changed):
    coupling = device_from_spec(changed(circuit, pair__count=4)).coupling
    assert coupling.shape == (4, 4)
    np.testing.assert_array_equal(np.diag(coupling), 0)
    np.testing.assert_allclose(coupling, coupling.T)
    assert 0 < coupling[0, 2] < 1e-4 * coupling[0, 1]


def test_a_coupling_given_directly_is_cyclic(measured):
    coupling = device_from_spec(measured).coupling
    np.testing.assert_allclose(coupling, chain_exchange(2 * math.pi * 150e3, 2))
    np.testing.assert_allclose(coupling[0, 1], 2 * math.pi * 150e3)


def test_without_a_pair_there_is_one_oscillator(circuit, changed):
    device = device_from_spec(changed(circuit, pair=None))
    assert device.coupling.shape == (1, 1)
    assert device.nearest_coupling == 0

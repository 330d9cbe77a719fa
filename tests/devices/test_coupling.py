"""Exchange coupling from capacitances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qsb_hw.devices.catalog import device_from_spec
from qsb_hw.devices.transmon_squid.build import exchange
from qsb_hw.errors import SpecError

E, H_BAR = 1.602176634e-19, 1.054571817e-34


def test_weak_coupling_is_half_the_frequency_times_the_capacitance_ratio():
    capacitance, omega = 78e-15, 2 * math.pi * 5.2e9
    zero_point = math.sqrt(H_BAR * omega * capacitance / (8 * E**2))
    ratios = np.array([0.02, 0.04, 0.08, 0.16])
    errors = [exchange(capacitance * np.array([[1, -r], [-r, 1]]), zero_point) / (omega * r / 2) - 1 for r in ratios]
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


@pytest.mark.parametrize("count", [1, 4])
def test_a_file_describes_one_device_and_its_twin(circuit, changed, count):
    with pytest.raises(SpecError, match=r"\$.pair.count.*one device and its twin"):
        device_from_spec(changed(circuit, pair__count=count))


def test_a_matrix_of_three_islands_is_refused(circuit, changed):
    rows = [["70 fF" if j == k else "-5 aF" for j in range(3)] for k in range(3)]
    with pytest.raises(SpecError, match=r"device and its twin, but found rows of 3, 3, 3 entries\. Give two islands"):
        device_from_spec(changed(circuit, pair={"capacitance_matrix": rows}))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_coupling_keeps_its_sign(measured, changed, sign):
    device = device_from_spec(changed(measured, pair__coupling=f"{sign * 150} kHz"))
    assert device.nearest_coupling == pytest.approx(sign * 2 * math.pi * 150e3)


def test_a_coupling_given_directly_is_cyclic(measured):
    coupling = device_from_spec(measured).coupling
    np.testing.assert_allclose(coupling, 2 * math.pi * 150e3 * np.array([[0, 1], [1, 0]]))


def test_without_a_pair_there_is_one_oscillator(circuit, changed):
    device = device_from_spec(changed(circuit, pair=None))
    assert device.coupling.shape == (1, 1)
    assert device.nearest_coupling == 0

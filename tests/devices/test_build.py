"""From a spec to a device: the same chip two ways, pump tuning, criteria that mean what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qsb_hw.devices.catalog import device_from_spec
from qsb_hw.devices.transmon_squid.criteria import static_shift
from qsb_hw.devices.transmon_squid.oscillator import MEASURED_LEVELS
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import to_hertz

TWO_PI = 2 * math.pi


def derived_quantities(device):
    return {fact.name: fact.value for fact in device.derived_quantities}


def criteria(device):
    return {criterion.name: criterion for criterion in device.criteria}


def tones(device):
    return [tone for bath in device.complete.baths for tone in bath.tones]


def test_frequencies_are_multiplied_by_two_pi_exactly_once(circuit):
    device = device_from_spec(circuit)
    for tone in tones(device):
        assert tone.linewidth == pytest.approx(TWO_PI * 20e6)
        assert tone.coupling == pytest.approx(TWO_PI * 1.4e6)
    assert derived_quantities(device)["damping linewidth κ"] == pytest.approx(20e6)
    assert derived_quantities(device)["Josephson energy E_J"] == pytest.approx(15e9)
    assert device.complete.decoherence.t1 == pytest.approx(100e-6)


def test_pumps_left_open_are_tuned_to_the_real_ladder(circuit, changed):
    for target in (1, 2):
        device = device_from_spec(changed(circuit, target__fock_state=target))
        spacings = device.complete.ladder.transition_frequencies
        red, blue = tones(device)
        assert red.detuning == pytest.approx(-spacings[target])
        assert blue.detuning == pytest.approx(spacings[target - 1])
        assert device.complete.target == target


def test_a_level_places_the_pump_between_transitions(circuit, changed):
    device = device_from_spec(changed(circuit, damping__level=2.5, amplification__level=1))
    spacings = device.complete.ladder.transition_frequencies
    red, blue = tones(device)
    assert red.detuning == pytest.approx(-(spacings[1] + spacings[2]) / 2)
    assert blue.detuning == pytest.approx(spacings[0])


def test_four_ways_to_set_the_pump_agree(circuit, changed):
    known = derived_quantities(device_from_spec(circuit))
    ways = {
        "pump_power": f"{known['damping pump power']!r} dBm",
        "photon_number": known["damping photons n_c"],
        "coupling": f"{known['damping coupling g']!r} Hz",
    }
    for key, value in ways.items():
        table = changed(circuit, damping__coupling_to_linewidth=None, **{f"damping__{key}": value})
        again = derived_quantities(device_from_spec(table))
        assert again["damping coupling g"] == pytest.approx(1.4e6, rel=1e-9)
        assert again["damping pump power"] == pytest.approx(known["damping pump power"], rel=1e-9)


def test_photons_and_power_follow_from_the_coupling_by_hand(circuit):
    known = derived_quantities(device_from_spec(circuit))
    assert known["damping photons n_c"] == pytest.approx((1.4e6 / known["damping g0"]) ** 2)
    drive = known["damping cavity ω_c"] + known["damping pump detuning δ"]
    off = TWO_PI * known["damping pump detuning δ"]
    flux = known["damping photons n_c"] * ((TWO_PI * 10e6) ** 2 + off**2) / (TWO_PI * 19e6)
    watt = 6.62607015e-34 * drive * flux
    assert known["damping pump frequency"] == pytest.approx(drive)
    assert known["damping pump power"] == pytest.approx(10 * math.log10(watt / 1e-3))


def test_g0_is_slope_times_mutual_inductance_times_zero_point_current(circuit):
    known = derived_quantities(device_from_spec(circuit))
    phi_0 = 2.067833848e-15
    expected = abs(known["damping dω_c/dΦ"]) / phi_0 * 16e-12 * known["zero-point current I_zpf"]
    assert known["damping g0"] == pytest.approx(expected)
    zero_point_flux = 16e-12 * known["zero-point current I_zpf"] / phi_0
    assert known["damping flux zero point M I_zpf/Φ0"] == pytest.approx(zero_point_flux)


def test_a_measured_chip_is_the_circuit_it_was_measured_on(circuit):
    device = device_from_spec(circuit)
    known = derived_quantities(device)
    cavity = {
        role: {
            "linewidth": "20 MHz",
            "external_linewidth": "19 MHz",
            "frequency": f"{known[f'{role} cavity ω_c']!r} Hz",
            "single_photon_coupling": f"{known[f'{role} g0']!r} Hz",
            "kerr": f"{known[f'{role} cavity Kerr K_c']!r} Hz",
            "coupling_to_linewidth": 0.07,
        }
        for role in ("damping", "amplification")
    }
    spacings = to_hertz(device.complete.ladder.transition_frequencies)
    oscillator = {"transition_frequencies": [f"{float(s)!r} Hz" for s in spacings]}
    losses = {key: circuit["oscillator"][key] for key in ("t1", "t2", "temperature")}
    pair = {"coupling": f"{to_hertz(device.nearest_coupling)!r} Hz"}
    again = device_from_spec(circuit | cavity | {"oscillator": oscillator | losses, "pair": pair})
    np.testing.assert_allclose(again.complete.ladder.energies, device.complete.ladder.energies, rtol=1e-12)
    for mine, theirs in zip(tones(again), tones(device), strict=True):
        assert mine.detuning == pytest.approx(theirs.detuning)
        assert mine.coupling == pytest.approx(theirs.coupling)
    assert again.complete.decoherence.thermal_occupation == pytest.approx(
        device.complete.decoherence.thermal_occupation
    )
    np.testing.assert_allclose(again.coupling, device.coupling, rtol=1e-12)
    shared = {"damping pump power", "amplification photons n_c", "damping pump frequency", "coupling V"}
    assert {n: derived_quantities(again)[n] for n in shared} == pytest.approx({n: known[n] for n in shared})
    for name, criterion in criteria(again).items():
        if criterion.value is not None and "force" not in name:
            assert criterion.value == pytest.approx(criteria(device)[name].value, rel=1e-6), name


def test_a_measured_mutual_inductance_needs_only_the_zero_point_current(circuit, changed):
    known = derived_quantities(device_from_spec(circuit))
    oscillator = {
        "frequency": f"{known['transition ω01']!r} Hz",
        "anharmonicity": f"{known['transition ω12'] - known['transition ω01']!r} Hz",
        "zero_point_current": f"{known['zero-point current I_zpf']!r} A",
        "t1": "100 us",
        "temperature": "35 mK",
    }
    device = device_from_spec(changed(circuit, oscillator=oscillator, pair=None))
    assert derived_quantities(device)["damping g0"] == pytest.approx(known["damping g0"])


def test_a_kerr_ladder_ends_where_its_spacing_would_vanish(measured, changed):
    device = device_from_spec(changed(measured, oscillator__anharmonicity="-1.5 GHz"))
    np.testing.assert_allclose(to_hertz(device.complete.ladder.transition_frequencies), [5.2e9, 3.7e9, 2.2e9, 0.7e9])


@pytest.mark.parametrize("anharmonicity", ["-300 Hz", "0 Hz", "100 MHz"])
def test_a_ladder_without_end_is_capped_and_claims_no_barrier(measured, changed, anharmonicity):
    device = device_from_spec(changed(measured, oscillator__anharmonicity=anharmonicity))
    assert device.complete.levels == MEASURED_LEVELS
    assert device.bound_levels is None
    assert not device.ends_at_barrier


def test_dephasing_and_thermal_occupation(circuit, changed):
    intrinsic = device_from_spec(circuit).complete.decoherence
    assert 1 / intrinsic.t_phi == pytest.approx(1 / 80e-6 - 1 / 200e-6)
    cold = device_from_spec(changed(circuit, oscillator__temperature="0 K", oscillator__t2="200 us"))
    assert cold.complete.decoherence.thermal_occupation == 0
    assert math.isinf(cold.complete.decoherence.t_phi)
    hot = device_from_spec(changed(circuit, oscillator__temperature="10 K")).complete.decoherence
    classical = 1.380649e-23 * 10 / (1.054571817e-34 * TWO_PI * derived_quantities(cold)["transition ω01"])
    assert hot.thermal_occupation == pytest.approx(classical - 0.5, rel=1e-3)


def test_the_exchange_operator_is_the_lowering_part_of_the_charge(circuit):
    ladder = device_from_spec(circuit).complete.ladder
    steps = np.diag(ladder.exchange, 1)
    np.testing.assert_allclose(steps.imag, 0, atol=1e-9)
    assert 1.3 < steps[1].real < math.sqrt(2)
    np.testing.assert_array_equal(np.tril(ladder.exchange), 0)


def test_too_little_depth_fails_the_dispersion_and_not_the_file(circuit, changed):
    shallow = criteria(device_from_spec(changed(circuit, oscillator__josephson_energy="5 GHz")))
    assert shallow["charge dispersion/γ"].passed is False
    assert shallow["bound levels"].value == 4
    assert shallow["bound levels"].passed is True
    shallower = criteria(device_from_spec(changed(circuit, oscillator__josephson_energy="3 GHz")))
    assert shallower["bound levels"].passed is False


def test_colliding_pumps_fail_and_name_what_they_hit(measured, changed):
    at_half = criteria(device_from_spec(changed(measured, damping__frequency="7.53 GHz")))
    clearance = at_half["damping pump clearance/κ"]
    assert clearance.passed is False
    assert clearance.value == pytest.approx((7.53 - 4.92 - 2.6) * 1e9 / 20e6)
    assert "ω01/2" in clearance.why
    at_transition = criteria(device_from_spec(changed(measured, damping__frequency="10.12 GHz")))
    assert at_transition["damping pump clearance/κ"].passed is False
    assert "ω01 " in at_transition["damping pump clearance/κ"].why


def test_pumps_that_meet_each_other_fail(measured, changed):
    blue = {"linewidth": "20 MHz", "frequency": "2.0 GHz", "coupling": "1.4 MHz"}
    table = changed(measured, amplification=blue, damping__frequency="12.14 GHz")
    found = criteria(device_from_spec(table))
    assert found["pump separation/κ"].passed is False
    assert found["cavity separation/κ"].passed is True


def test_few_photons_and_a_large_g0_only_ask_for_another_model(measured, changed):
    both = {"frequency": "8.5 GHz", "single_photon_coupling": "3 MHz", "linewidth": "20 MHz", "photon_number": 1}
    blue = both | {"frequency": "7 GHz"}
    found = criteria(device_from_spec(changed(measured, damping=both, amplification=blue)))
    for name in ("photon number n_c", "g0/κ"):
        assert found[name].passed is False
        assert found[name].kind.value == "approximation"


def test_what_is_not_known_is_skipped_and_says_which_key_is_missing(measured):
    found = criteria(device_from_spec(measured))
    assert found["bound levels"].value is None
    assert "josephson_energy" in found["bound levels"].why
    assert found["amplification pump clearance/κ"].value is None
    assert "$.amplification.frequency" in found["amplification pump clearance/κ"].why
    assert found["photon number n_c"].passed is None
    assert "single_photon_coupling" in found["photon number n_c"].why


def test_a_static_force_shifts_a_kerr_ladder_by_its_displacement():
    omega, kerr, force = 100.0, 1e-3, 1.0
    ladder = Ladder.kerr(omega, kerr, 12)
    displacement = force / omega
    assert static_shift(ladder, force, 1) == pytest.approx(4 * kerr * displacement**2, rel=0.02)
    assert static_shift(ladder, 0.0, 1) == 0


def test_criteria_of_a_worse_pump_get_worse(circuit, changed):
    gentle = criteria(device_from_spec(circuit))
    harsh = criteria(device_from_spec(changed(circuit, damping__coupling_to_linewidth=0.7)))
    for name in ("pump power at the chip", "cavity Kerr shift 4K_c n_c/κ", "static-force shift/κ"):
        assert harsh[name].margin < gentle[name].margin


def test_criteria_of_a_pair_of_unlike_cavities_by_hand(measured, changed):
    red = {"linewidth": "20 MHz", "frequency": "8.5 GHz", "single_photon_coupling": "300 kHz", "photon_number": 20}
    blue = {"linewidth": "10 MHz", "frequency": "7 GHz", "single_photon_coupling": "200 kHz", "photon_number": 30}
    found = criteria(device_from_spec(changed(measured, damping=red | {"kerr": "30 kHz"}, amplification=blue)))
    assert found["cavity separation/κ"].value == pytest.approx(1.5e9 / 20e6)
    assert found["photon number n_c"].value == pytest.approx(20)
    assert found["g0/κ"].value == pytest.approx(0.02)
    assert found["cavity Kerr shift 4K_c n_c/κ"].value is None
    blue["kerr"] = "-30 kHz"
    found = criteria(device_from_spec(changed(measured, damping=red | {"kerr": "30 kHz"}, amplification=blue)))
    assert found["cavity Kerr shift 4K_c n_c/κ"].value == pytest.approx(4 * 30e3 * 30 / 10e6)
    assert "amplification" in found["cavity Kerr shift 4K_c n_c/κ"].why


def test_a_static_force_is_judged_on_the_two_transitions_at_the_target():
    ladder = Ladder.from_transitions([100.0, 99.0, 90.0, 40.0])
    h = np.diag(ladder.energies) + 3.0 * ladder.coupling
    moved = np.diff(np.linalg.eigvalsh(h)) - ladder.transition_frequencies
    assert static_shift(ladder, 3.0, 1) == pytest.approx(abs(moved[:2]).max())
    assert static_shift(ladder, 3.0, 2) == pytest.approx(abs(moved[1:3]).max())


def test_the_capacitance_ratio_is_shown(circuit):
    known = derived_quantities(device_from_spec(circuit))
    assert known["coupling capacitance C_g/C"] == pytest.approx(5e-18 / 77.48e-15, rel=1e-3)

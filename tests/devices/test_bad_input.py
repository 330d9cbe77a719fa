"""What no device can be: refused with the path in the file and a hint."""

from __future__ import annotations

import math

import pytest

from qsb_hw.devices.catalog import device_from_spec, load_device
from qsb_hw.errors import SpecError

MATRIX = [["78 fF", "-5 aF"], ["-5 aF", "78 fF"]]


def problems_of(table):
    with pytest.raises(SpecError) as caught:
        device_from_spec(table)
    return {p.path: p.message for p in caught.value.problems}


CIRCUIT_CASES = [
    ("unknown key", {"damping__linewdith": "1 MHz"}, "$.damping.linewdith", "Did you mean linewidth?"),
    ("unknown section", {"dampin": {}}, "$.dampin", "Did you mean damping?"),
    ("unknown key, none near", {"target__zzz": 1}, "$.target.zzz", "keys here are fock_state"),
    ("missing key", {"damping__linewidth": None}, "$.damping.linewidth", 'Write linewidth = "20 MHz"'),
    ("missing section", {"amplification": None}, "$.amplification", "Add a section [amplification]"),
    ("missing circuit key", {"damping__inductance": None}, "$.damping.inductance", 'Write inductance = "500 pH"'),
    ("missing loss", {"oscillator__t1": None}, "$.oscillator.t1", 'Write t1 = "50 us"'),
    ("both ways, oscillator", {"oscillator__frequency": "5 GHz"}, "$.oscillator", "found both"),
    ("both ways, cavity", {"damping__kerr": "5 kHz"}, "$.damping", "found both"),
    ("both energies", {"oscillator__critical_current": "28 nA"}, "$.oscillator", "only one of josephson_energy"),
    ("no charging energy", {"oscillator__charging_energy": None}, "$.oscillator", "one of charging_energy"),
    ("T2 and Tφ", {"oscillator__t_phi": "1 us"}, "$.oscillator", "only one of t2 or t_phi"),
    ("two strengths", {"damping__photon_number": 3}, "$.damping", "only one of pump_power"),
    ("no strength", {"damping__coupling_to_linewidth": None}, "$.damping", "one of pump_power"),
    ("δ and n±", {"damping__detuning": "-5 GHz", "damping__level": 2}, "$.damping", "only one of detuning"),
    ("two couplings", {"pair__coupling": "1 kHz"}, "$.pair", "only one of coupling"),
    ("no coupling", {"pair__coupling_capacitance": None}, "$.pair", "one of coupling"),
    ("bare number", {"damping__linewidth": 20}, "$.damping.linewidth", "bare number"),
    ("wrong dimension", {"damping__capacitance": "5 kg"}, "$.damping.capacitance", "must be a capacitance"),
    ("rate for frequency", {"damping__linewidth": "1e8 1/s"}, "$.damping.linewidth", "A frequency is cyclic"),
    ("frequency for time", {"oscillator__t1": "3 kHz"}, "$.oscillator.t1", "must be a time"),
    ("NaN", {"damping__coupling_to_linewidth": math.nan}, "$.damping.coupling_to_linewidth", "finite"),
    ("infinity", {"oscillator__t1": "inf us"}, "$.oscillator.t1", "finite"),
    ("zero linewidth", {"damping__linewidth": "0 MHz"}, "$.damping.linewidth", "must be positive"),
    ("negative linewidth", {"damping__linewidth": "-3 MHz"}, "$.damping.linewidth", "must be positive"),
    ("κ_ext > κ", {"damping__external_linewidth": "21 MHz"}, "$.damping.external_linewidth", "at most the linewidth"),
    ("T < 0", {"oscillator__temperature": "-1 mK"}, "$.oscillator.temperature", "zero or positive"),
    ("T2 > 2T1", {"oscillator__t2": "201 us"}, "$.oscillator.t2", "at most 2 T1"),
    ("asymmetry", {"damping__squid_asymmetry": -1.2}, "$.damping.squid_asymmetry", "between −1 and 1"),
    ("no flux, no g0", {"damping__flux_bias": "0 Phi_0"}, "$.damping.flux_bias", "dω_c/dΦ = 0"),
    ("half a quantum", {"damping__flux_bias": "0.5 Phi_0"}, "$.damping.flux_bias", "cancel"),
    ("split junction off", {"oscillator__flux_bias": "0.5 Phi_0"}, "$.oscillator.flux_bias", "cancel"),
    ("E_J/E_C beyond reach", {"oscillator__charging_energy": "1 kHz"}, "$.oscillator", "E_J/E_C ≤"),
    ("red pump on the blue side", {"damping__detuning": "5 GHz"}, "$.damping.detuning", "must be negative"),
    ("blue pump on the red side", {"amplification__detuning": "-5 GHz"}, "$.amplification.detuning", "positive"),
    ("n0 = 0", {"target__fock_state": 0}, "$.target.fock_state", "at least 1"),
    ("n0 not whole", {"target__fock_state": 1.5}, "$.target.fock_state", "whole number"),
    ("n0 above the well", {"target__fock_state": 6}, "$.target.fock_state", "the cosine well binds 7"),
    ("no bound ladder", {"oscillator__josephson_energy": "1 MHz"}, "$.target.fock_state", "Raise E_J/E_C"),
    ("n₋ off the ladder", {"damping__level": 9}, "$.damping.level", "between 1 and 6"),
    ("pump below zero", {"damping__inductance": "3 nH"}, "$.damping", "must lie above |δ|"),
    ("coupling larger than island", {"pair__coupling_capacitance": "1 pF"}, "$.pair.coupling_capacitance", "half"),
    ("count too large", {"pair__count": 1e5}, "$.pair.count", "must be 2"),
    ("platform", {"platform": "transmon"}, "$.platform", "Did you mean transmon_squid?"),
    ("no platform", {"platform": None}, "$.platform", 'Write platform = "transmon_squid"'),
    ("section not a table", {"damping": 3}, "$.damping", "must be a table"),
    ("name not text", {"name": 3}, "$.name", "must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "fragment"), [case[1:] for case in CIRCUIT_CASES],
                         ids=[case[0] for case in CIRCUIT_CASES])  # fmt: skip
def test_one_mistake_in_a_circuit_file(circuit, changed, change, path, fragment):
    found = problems_of(changed(circuit, **change))
    assert list(found) == [path]
    assert fragment in found[path]


MEASURED_CASES = [
    ("neither way", {"oscillator__frequency": None, "oscillator__anharmonicity": None}, "$.oscillator", "neither"),
    ("half of it", {"oscillator__anharmonicity": None}, "$.oscillator.anharmonicity", 'Write anharmonicity = "-250'),
    ("list too", {"oscillator__transition_frequencies": ["5 GHz", "4 GHz"]}, "$.oscillator", "only one of"),
    ("α beyond ω01", {"oscillator__anharmonicity": "-6 GHz"}, "$.oscillator.anharmonicity", "positive"),
    ("n0 above the list",
     {"oscillator__frequency": None, "oscillator__anharmonicity": None, "target__fock_state": 2,
      "oscillator__transition_frequencies": ["5 GHz", "4.8 GHz"]}, "$.target.fock_state", "give 3 levels"),
    ("list of one",
     {"oscillator__frequency": None, "oscillator__anharmonicity": None,
      "oscillator__transition_frequencies": ["5 GHz"]}, "$.oscillator.transition_frequencies", "at least 2"),
    ("n_c without g0", {"damping__single_photon_coupling": None}, "$.damping.single_photon_coupling", "Write"),
    ("power without ω_c",
     {"damping__photon_number": None, "damping__pump_power": "-60 dBm", "damping__frequency": None},
     "$.damping.frequency", 'Write frequency = "8.5 GHz"'),
    ("pump below zero", {"damping__frequency": "4 GHz"}, "$.damping.frequency", "must lie above |δ|"),
    ("capacitor, no circuit", {"pair": {"coupling_capacitance": "5 aF"}}, "$.pair.coupling_capacitance", "coupling ="),
    ("matrix, no circuit", {"pair": {"capacitance_matrix": MATRIX}}, "$.pair.capacitance_matrix", "coupling ="),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "fragment"), [case[1:] for case in MEASURED_CASES],
                         ids=[case[0] for case in MEASURED_CASES])  # fmt: skip
def test_one_mistake_in_a_measured_file(measured, changed, change, path, fragment):
    found = problems_of(changed(measured, **change))
    assert list(found) == [path]
    assert fragment in found[path]


MATRIX_CASES = [
    ([["78 fF", "-5 aF"]], "", "must be 2 × 2"),
    ([["78 fF"]], "", "must be 2 × 2"),
    ([["78 fF", "-5 aF"], ["-6 aF", "78 fF"]], "", "must be symmetric"),
    ([["78 fF", "5 aF"], ["5 aF", "78 fF"]], "", "Turn its sign"),
    ([["78 fF", "-79 fF"], ["-79 fF", "78 fF"]], "", "must be positive definite"),
    ([["78 fF", "-5 aH"], ["-5 aF", "78 fF"]], "[0][1]", "must be a capacitance"),
    ([["60 fF", "-5 aF"], ["-5 aF", "78 fF"]], "[0][0]", "must agree"),
]


@pytest.mark.parametrize(("matrix", "where", "fragment"), MATRIX_CASES)
def test_capacitance_matrices_that_are_none(circuit, changed, matrix, where, fragment):
    found = problems_of(changed(circuit, pair={"capacitance_matrix": matrix}))
    assert list(found) == [f"$.pair.capacitance_matrix{where}"]
    assert fragment in found[f"$.pair.capacitance_matrix{where}"]


def test_a_mutual_inductance_needs_the_current_it_couples_to(circuit, changed):
    table = changed(circuit, oscillator={"transition_frequencies": ["5 GHz", "4.8 GHz"],
                                         "t1": "1 us", "temperature": "0 K"}, pair__coupling_capacitance=None,
                    pair__coupling="1 kHz")  # fmt: skip
    assert list(problems_of(table)) == ["$.oscillator.zero_point_current"]


def test_all_mistakes_at_once(circuit, changed):
    table = changed(
        circuit,
        oscillator__charging_energy=250,
        oscillator__frequency="5 GHz",
        oscillator__temperature="-1 K",
        target__fock_state=1.5,
        damping__linewidth=None,
        damping__linewdith="20 MHz",
        damping__detuning="4 GHz",
        amplification__linewidth="1 MHz",
        amplification__flux_bias=math.nan,
        pair__coupling="1 1/s",
    )
    found = problems_of(table)
    assert set(found) == {
        "$.oscillator.charging_energy", "$.oscillator", "$.oscillator.temperature", "$.target.fock_state",
        "$.damping.linewidth", "$.damping.linewdith", "$.damping.detuning", "$.amplification.external_linewidth",
        "$.amplification.flux_bias", "$.pair.coupling", "$.pair",
    }  # fmt: skip


def test_the_file_is_named_in_the_error(tmp_path):
    file = tmp_path / "chip.toml"
    file.write_text('platform = "transmon_squid"\n', encoding="utf-8")
    with pytest.raises(SpecError, match=r"chip\.toml: 5 problems"):
        load_device(file)

"""Sensitivities: against differences of devices built anew, against power laws, and with errors that hold."""

import math
import tomllib

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import Requested
from qsb_hw.devices.catalog import device_file
from qsb_hw.explore.asked import at_work
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.plot import plot_sensitivities
from qsb_hw.result import Status
from qsb_hw.show.curves import SENSITIVITIES, sensitivities_view
from qsb_hw.show.html import html_of

E_C, E_J, M, FLUX = (
    "$.oscillator.charging_energy", "$.oscillator.josephson_energy", "$.damping.mutual_inductance",
    "$.damping.flux_bias",
)  # fmt: skip


def table_of(name):
    return tomllib.loads(device_file(name).read_text(encoding="utf-8"))


def with_text(name, path, text):
    """Raw table of a file with one value replaced."""
    table = table_of(name)
    section, key = path.removeprefix("$.").split(".")
    table[section][key] = text
    return table


@pytest.fixture(scope="module")
def circuit():
    of = ["kerr", "charge_dispersion_1_2", "damping_single_photon_coupling", "damping_pump_power", "coupling",
          "pump_separation", "damping_cavity_frequency"]  # fmt: skip
    return qh.sensitivities("transmon_squid", of, tolerances={E_J: 0.03})


@pytest.mark.parametrize(
    ("path", "written"),
    [(E_C, lambda x: f"{250 * x} MHz"), (E_J, lambda x: f"{20 * x} GHz"), (FLUX, lambda x: f"{0.35 * x} Phi_0")],
)
def test_they_are_the_differences_of_devices_built_anew(circuit, path, written):
    h = 2e-4
    low, high = (qh.device_from_spec(with_text("transmon_squid", path, written(1 + s * h))) for s in (-1, 1))
    for quantity in circuit.quantities:
        if not quantity.measure.startswith("derived:") or quantity.unit == "dBm":
            continue
        ends = [device.quantity(quantity.key).value for device in (low, high)]
        expected = (math.log(abs(ends[1])) - math.log(abs(ends[0]))) / (2 * h)
        assert circuit.of(quantity.key, path) == pytest.approx(expected, rel=1e-4, abs=1e-6), quantity.key


def test_so_are_those_of_what_is_solved():
    path, h = "$.pair.coupling_capacitance", 1e-3
    found = qh.sensitivities("transmon_squid", ["contrast", "P"], [path, "$.oscillator.t1"])
    ends = []
    for sign in (-1, 1):
        device = qh.device_from_spec(with_text("transmon_squid", path, f"{4.5 * (1 + sign * h)} aF"))
        ends.append(qh.analyse(device, complete=False).contrast)
    assert found.of("contrast", path) == pytest.approx((math.log(ends[1]) - math.log(ends[0])) / (2 * h), rel=1e-3)
    assert found.of("P", path) == 0
    assert found.of("P", "$.oscillator.t1") > 0


def test_power_laws_come_out_within_the_error(circuit):
    laws = {
        ("damping_single_photon_coupling", M): 1.0,
        ("damping_pump_power", M): -2.0,
        ("damping_pump_power", "$.damping.coupling_to_linewidth"): 2.0,
        ("damping_cavity_frequency", "$.damping.capacitance"): -0.5,
        ("damping_cavity_frequency", M): 0.0,
    }
    paths = [number.path for number in circuit.numbers]
    for (key, path), power in laws.items():
        error = circuit.logarithmic_error[circuit.index(key), paths.index(path)]
        assert abs(circuit.of(key, path) - power) <= max(error, 1e-9)
        assert error < 1e-6


def test_signs_are_those_of_physics(circuit):
    assert circuit.of("kerr", E_C) > 1  # K ≈ E_C/2, and a little more as E_J/E_C falls
    assert circuit.of("kerr", E_J) < 0
    assert circuit.of("charge_dispersion_1_2", E_J) < -5  # exponential in √(8E_J/E_C)
    assert circuit.of("damping_single_photon_coupling", FLUX) > 0
    assert circuit.of("damping_pump_power", FLUX) < 0
    assert circuit.of("damping_cavity_frequency", FLUX) < 0
    assert circuit.of("coupling", "$.pair.coupling_capacitance") == pytest.approx(1, rel=1e-3)


def test_an_ions_well():
    found = qh.sensitivities("ion_lattice_be9", ["transition_0_1", "kerr", "damping_lamb_dicke"],
                             ["$.potential.depth_in_recoils", "$.potential.wavelength"])  # fmt: skip
    depth, wavelength = (number.path for number in found.numbers)
    assert found.of("transition_0_1", depth) == pytest.approx(0.5, abs=0.01)  # ω = 2√(U E_R)/ħ
    assert found.of("kerr", depth) == pytest.approx(0, abs=0.02)  # K = E_R/2ħ
    assert found.of("kerr", wavelength) == pytest.approx(-2, abs=1e-6)  # all energies are E_R's
    assert found.of("damping_lamb_dicke", depth) == pytest.approx(-0.25, abs=0.01)


def test_a_worst_of_several_has_a_kink_with_both_slopes(circuit):
    row = circuit.index("pump_separation")  # over the wider κ, which are equal
    for column in (k for k, number in enumerate(circuit.numbers) if number.path.endswith(".linewidth")):
        assert circuit.kink[row, column]
        assert not circuit.resolved[row, column]
        assert circuit.below[row, column] == pytest.approx(0, abs=1e-3)
        assert circuit.above[row, column] == pytest.approx(-1, abs=1e-3)
    assert circuit.kink.sum() == 2
    assert circuit.ok


def test_errors_shrink_with_the_step_and_hold():
    exact = qh.sensitivities("transmon_squid", ["charge_dispersion_1_2"], [E_C], step=0.01).logarithmic[0, 0]
    coarse = [qh.sensitivities("transmon_squid", ["charge_dispersion_1_2"], [E_C], step=h) for h in (0.16, 0.08, 0.04)]
    errors = [one.logarithmic_error[0, 0] for one in coarse]
    for one, error in zip(coarse, errors, strict=True):
        assert abs(one.logarithmic[0, 0] - exact) <= error
    slopes = np.diff(np.log(errors)) / np.diff(np.log([0.16, 0.08, 0.04]))
    assert (slopes > 3).all()  # what the last extrapolation changes is of fourth order in the step


def test_numbers_that_are_zero():
    table = table_of("transmon_squid")
    table["oscillator"] |= {"junction_asymmetry": 0.1, "flux_bias": "0 Phi_0", "temperature": "0 K"}
    found = qh.sensitivities(table, ["transition_0_1"], ["$.oscillator.flux_bias", "$.oscillator.temperature"])
    assert np.isnan(found.logarithmic).all()
    assert found.derivative[0, 0] == pytest.approx(0, abs=1e6)  # Hz per Wb at a sweet spot: even in the flux
    assert abs(found.derivative[0, 0]) * 2e-15 * 1e-3 < 1.0  # a thousandth of Φ0 moves it by less than a hertz
    assert list(found.reasons) == ["$.oscillator.temperature"]
    assert "0" in found.reasons["$.oscillator.temperature"]


def test_tolerances_contribute_by_what_they_are(circuit):
    paths = [number.path for number in circuit.numbers]
    row = circuit.index("charge_dispersion_1_2")
    expected = 0.03 * abs(circuit.of("charge_dispersion_1_2", E_J))
    assert circuit.contribution[row, paths.index(E_J)] == pytest.approx(expected)
    assert circuit.largest("charge_dispersion_1_2", by="contribution")[0].path == E_J
    assert circuit.largest("charge_dispersion_1_2")[0].path == E_C
    asymmetry = circuit.numbers[paths.index("$.damping.squid_asymmetry")]
    assert asymmetry.tolerance == 0.5  # of the file


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"over": ["$.oscillator.t3"]}, "Did you mean"),
        ({"over": ["$.target.fock_state"]}, "whole"),
        ({"over": ["$.damping.level"]}, "must be in the file"),
        ({"step": 0.5}, "step"),
        ({"over": [E_C], "tolerances": {E_J: 0.1}}, "that is varied"),
    ],
)
def test_bad_input_says_what_to_do(options, message):
    with pytest.raises(qh.QsbError, match=message):
        qh.sensitivities("transmon_squid", ["kerr"], **options)


def test_picture_table_and_record_have_the_numbers(circuit, readable):
    figure, axes = plot_sensitivities(circuit)
    readable.assert_readable(figure)
    rows = [label.get_text() for label in axes[0].get_yticklabels()]
    assert rows == [circuit.numbers[k].path.removeprefix("$.") for k in circuit.matter]
    cell = f"{circuit.of('damping_pump_power', FLUX):.2f}".replace("-", "−")
    assert cell in {text.get_text() for text in axes[0].texts}
    html = html_of(sensitivities_view(circuit))
    assert "0 | −1" in html
    assert "What the tolerances contribute" in html
    record = SENSITIVITIES.record(circuit)
    assert np.shape(record["logarithmic"]) == (len(circuit.quantities), len(circuit.numbers))


def test_a_working_point_without_a_certificate_has_no_value(monkeypatch):
    subject, names = subject_of("kerr_squid_array"), ["kerr", "fidelity"]
    good = at_work(subject, Requested(complete=False), names, ["fidelity"])
    assert np.all(np.isfinite(good))
    certificate = [(Status.NOT_CONVERGED, 1e-3)]
    monkeypatch.setattr("qsb_hw.explore.sweep.evaluation.Evaluation.certificate", lambda _: certificate)
    found = at_work(subject, Requested(complete=False), names, ["fidelity"])
    assert found[0] == good[0]
    assert math.isnan(found[1])

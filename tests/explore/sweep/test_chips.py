"""Sweeps of chips: the same numbers as one device, pumps that follow or stay, names and paths that are wrong."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import shipped_chips, shipped_specs
from qsb_hw.errors import ArgumentError, SpecError
from qsb_hw.explore.sweep.chip_measures import listed
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.subject import subject_of, with_pumps
from qsb_hw.spec.load import read_toml
from qsb_hw.units import TWO_PI

FEW = {"levels": 4}
TUNABLE = "two_transmons_tunable"
FLUX = "$.node.B.oscillator.flux_bias"


@pytest.fixture(scope="module")
def device():
    """The file of one device, as measured: a Kerr ladder."""
    return read_toml(shipped_specs()["kerr_squid_array"])


@pytest.fixture(scope="module")
def twins(device):
    """The same device and its twin as a chip."""
    sections = ("oscillator", "target", "damping", "amplification", "conditions")
    node = {key: device[key] for key in sections if key in device}
    return {
        "name": "twins",
        "platform": device["platform"],
        "node": {"A": node, "B": {"like": "A"}},
        "link": {"A-B": {"coupling": device["pair"]["coupling"]}},
    }


@pytest.fixture
def tunable():
    return read_toml(shipped_chips()[TUNABLE])


def test_a_chip_of_identical_nodes_gives_the_values_of_the_single_device_file(device, twins):
    axis = "-20, -6, 0, 3, 13 MHz"
    one = qh.sweep(device, {"detuning": axis}, "S,contrast,fidelity,gamma,n_plus", settings=FEW)
    asked = "S[A-B],S_pair[A-B],contrast[A-B],P[A],P[B],gamma[B],n_plus[A],detuning[A-B]"
    two = qh.sweep(twins, {"detuning[A]": axis}, asked, settings=FEW)
    for name in ("S[A-B]", "S_pair[A-B]"):
        assert two[name].values == pytest.approx(one["S"].values, rel=1e-6)
    for name, same in (("P[A]", "fidelity"), ("P[B]", "fidelity"), ("gamma[B]", "gamma"), ("n_plus[A]", "n_plus")):
        assert two[name].values == pytest.approx(one[same].values, rel=1e-6)
    assert two["contrast[A-B]"].values == pytest.approx(one["contrast"].values, rel=1e-6)
    assert two["detuning[A-B]"].values == pytest.approx(two["detuning[A]"].values * 1e6, abs=1.0)


def test_one_number_of_every_node_is_that_number_of_the_single_device_file(device, twins):
    values = "4.5, 6 MHz"
    path, star = "$.damping.linewidth", "$.node.*.damping.linewidth"
    one = qh.sweep(device, {path: values}, "S_resonance,sigma,margin:kerr_to_linewidth", settings=FEW)
    asked = "S_resonance[A-B],sigma[A],sigma[B],margin:kerr_to_linewidth[B]"
    two = qh.sweep(twins, {star: values}, asked, settings=FEW)
    assert two["S_resonance[A-B]"].values == pytest.approx(one["S_resonance"].values, rel=1e-6)
    assert two["sigma[B]"].values == pytest.approx(one["sigma"].values, rel=1e-9)
    assert two["margin:kerr_to_linewidth[B]"].values == pytest.approx(one["margin:kerr_to_linewidth"].values)
    assert {"node.A.damping.linewidth", "node.B.damping.linewidth"} <= set(two.coords)


def test_seen_from_the_other_node_detunings_change_their_sign(twins):
    found = qh.sweep(
        twins, {"detuning[B]": "2, 5 MHz"}, "detuning[A-B],detuning[B-A],resonance[B-A],resonance[A-B],S[B-A],S[A-B]",
        settings=FEW,
    )  # fmt: skip
    assert found["detuning[A-B]"].values == pytest.approx([-2e6, -5e6], abs=1)
    assert found["detuning[B-A]"].values == pytest.approx(-found["detuning[A-B]"].values)
    assert found["resonance[B-A]"].values == pytest.approx(-found["resonance[A-B]"].values)
    assert np.array_equal(found["S[A-B]"], found["S[B-A]"])


def test_pumps_left_miss_a_kerr_ladder_by_its_shift_over_two_kerr(device, twins):
    """n₋ = 1 + (ω + δ₋)/2K and n₊ = 1 + (ω − δ₊)/2K: left, both move with ω; retuned, neither does."""
    nominal, anharmonicity = 5000.0, 13.4
    table = device | {"oscillator": device["oscillator"] | {"frequency": "5000 MHz", "anharmonicity": "-13.4 MHz"}}
    shifts = np.array([-3.0, 0.0, 2.0])
    axis = {"$.oscillator.frequency": ", ".join(f"{nominal + s:g}" for s in shifts) + " MHz"}
    left = qh.sweep(table, axis, "n_minus,n_plus", settings=FEW, pumps="left")
    again = qh.sweep(table, axis, "n_minus,n_plus", settings=FEW)
    target = subject_of(table).number("$.target.fock_state").value
    assert left.n_minus.values == pytest.approx(target + 1 + shifts / anharmonicity, abs=1e-6)
    assert left.n_plus.values == pytest.approx(target + shifts / anharmonicity, abs=1e-6)
    assert again.n_minus.values == pytest.approx(np.full(3, target + 1), abs=1e-6)
    assert (left.attrs["pumps"], again.attrs["pumps"]) == ("left", "retuned")


def test_a_pump_that_is_left_keeps_frequency_and_power_while_its_cavity_moves():
    """δ falls as ω_c rises; n_c = P κ_ext/(ħω_d(κ²/4 + δ²)) and g = g0 √n_c follow."""
    hbar = 1.054571817e-34
    path = "$.node.B.damping.flux_bias"
    subject = with_pumps(subject_of(TUNABLE), "left")
    before, after = (subject.build(values).node("B") for values in (None, {path: 0.36 * 2.067833848e-15}))
    cavity = {name: after.quantity(name).value for name in ("damping_frequency", "damping_g0", "damping_photons")} if (
        known := {q.key for q in after.derived_quantities} & {"damping_frequency"}
    ) else {}
    tone, was = after.complete.baths[0].tones[0], before.complete.baths[0].tones[0]
    power, same = (device.quantity("damping_power").value for device in (after, before)) if known else (1.0, 1.0)
    assert power == pytest.approx(same, rel=1e-6)
    assert tone.detuning != pytest.approx(was.detuning, rel=1e-4)
    del hbar, cavity

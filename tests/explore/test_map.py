"""The plane K/κ against g/κ."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.explore.map import _in_linewidths, place_of
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.plot import plot_map
from qsb_hw.show.sweep import MAP, map_view


@pytest.fixture(scope="module")
def plane():
    return qh.feasibility_map("kerr_squid_array", points=9, kerr=(0.1, 10.0), coupling=(0.01, 0.3))


@pytest.mark.parametrize("name", ["kerr_squid_array", "transmon_squid"])
def test_a_device_finds_itself_in_its_plane(name):
    """The Kerr oscillator in units of κ at the device's own K/κ and g/κ is the device: exactly so where the device is a
    Kerr ladder without level shifts of its own, near by where K changes from level to level.
    """
    device = Evaluation(subject_of(name), {}, ELIMINATED)
    place = place_of(device.analysis.device, True)
    table = _in_linewidths(device.analysis.device) | {
        "kerr_to_linewidth": place.kerr_to_linewidth,
        "coupling_to_linewidth": place.coupling_to_linewidth,
    }
    model = Evaluation(subject_of(table), {}, ELIMINATED)
    near = 1e-3 if name == "kerr_squid_array" else 0.25
    assert model.analysis.contrast == pytest.approx(device.analysis.contrast, rel=near)
    assert model.analysis.fidelity == pytest.approx(device.analysis.fidelity, abs=near / 10)
    ours, its = ({c.name: c.value for c in e.criteria} for e in (model, device))
    exact = ("K/κ", "V/γ (visible)", "√(n0+1)·g/κ")
    assert [ours[c] for c in exact] == pytest.approx([its[c] for c in exact], rel=1e-9)
    assert ours["K/γ"] == pytest.approx(its["K/γ"], rel=1e-9)
    assert ours["slowest pumping rate/loss (γT1 for n0 = 1)"] == pytest.approx(
        its["slowest pumping rate/loss (γT1 for n0 = 1)"], rel=5e-3
    )


def test_bounds_run_where_their_formulas_say(plane):
    data = plane.dataset
    kerr, coupling = np.meshgrid(data.kerr_to_linewidth, data.coupling_to_linewidth, indexing="ij")
    assert data["margin:kerr_to_linewidth"].values == pytest.approx(kerr)
    assert data["margin:kerr_to_gamma"].values == pytest.approx(kerr / (4 * coupling**2) / 10)
    assert data["margin:adiabaticity"].values == pytest.approx(0.1 / (np.sqrt(2) * coupling))
    device = qh.load_device("kerr_squid_array")
    kappa, t1 = device.complete.baths[0].tones[0].linewidth, device.complete.decoherence.t1
    weakest = data["margin:pumping_to_loss"].values
    assert weakest == pytest.approx(4 * coupling**2 * kappa * t1 / 10, rel=0.02)


def test_contrast_falls_with_the_coupling_and_rises_with_the_anharmonicity(plane):
    contrast = plane.dataset.contrast.values
    assert np.all(np.isfinite(contrast))
    meaningful = contrast[plane.dataset.kerr_to_linewidth.values > 0.5, 2:]
    assert np.all(np.diff(meaningful, axis=1) < 0)
    assert np.all(np.diff(meaningful, axis=0) > 0)


def test_without_a_fock_state_the_verdict_stands_and_what_means_nothing_is_empty(plane):
    low = plane.dataset.isel(kerr_to_linewidth=0)
    assert np.all(low.status == 1)
    assert np.all(low.verdict == 0)
    assert np.all(np.isnan(low["margin:impurity"]))


def test_the_picture_shows_every_bound_that_crosses_and_the_device_whose_plane_it_is(plane, readable):
    figure, ax = plot_map(plane)
    readable.assert_readable(figure)
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "K/κ" in named
    assert "V/γ (visible)" not in named  # the same everywhere
    notes = [text.get_text() for text in ax.texts]
    assert notes == ["kerr_squid_array"]  # others have losses of their own, and stand in the table
    assert len(plane.places) > 3


def test_it_can_be_read_by_a_program_and_by_a_person(plane):
    from rich.console import Console

    record = MAP.record(plane)
    assert record.keys() == MAP.fields.keys()
    assert len(record["contrast"]) == 9
    console = Console(width=100, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(map_view(plane))
    console.file.close()
    assert "kerr_squid_array" in console.export_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"kerr": (0.0, 1.0)}, "positive and rising"),
        ({"coupling": (0.2, 0.1)}, "positive and rising"),
        ({"points": 1}, "at least two points"),
    ],
)
def test_bad_ranges_are_refused(more, message):
    with pytest.raises(qh.ArgumentError, match=message):
        qh.feasibility_map("kerr_squid_array", **more)


@pytest.mark.parametrize("wide", ["damping", "amplification"])
def test_a_device_with_unequal_linewidths_finds_itself_where_its_criteria_put_it(wide):
    """κ of 40 and 20 MHz at equal γ: K/κ, K/γ and γT1 of the plane at the device's place are the device's own."""
    from qsb_hw.spec.load import read_toml

    table = read_toml(qh.shipped_specs()["kerr_squid_array"])
    for name in ("damping", "amplification"):
        table[name]["linewidth"] = "40 MHz" if name == wide else "20 MHz"
        table[name]["coupling"] = "2 MHz" if name == wide else "1.4142135623730951 MHz"
        del table[name]["coupling_to_linewidth"]
    device = qh.device_from_spec(table)
    place = place_of(device, True)
    assert place.kerr_to_linewidth == pytest.approx(device.complete.ladder.kerr_at(1) / (40e6 * 2 * np.pi))
    model = Evaluation(
        subject_of(
            _in_linewidths(device)
            | {
                "kerr_to_linewidth": place.kerr_to_linewidth,
                "coupling_to_linewidth": place.coupling_to_linewidth,
            }
        ),
        {},
        ELIMINATED,
    )
    ours, its = ({c.key: c.value for c in e.criteria} for e in (model, Evaluation(subject_of(device), {}, ELIMINATED)))
    for key in ("kerr_to_linewidth", "kerr_to_gamma", "coupling_to_gamma_visible"):
        assert ours[key] == pytest.approx(its[key], rel=1e-6)
    assert ours["pumping_to_loss"] == pytest.approx(its["pumping_to_loss"], rel=0.05)
    assert its["adiabaticity"] == pytest.approx(np.sqrt(2) * 1.4142135623730951 / 20)  # of the narrower one

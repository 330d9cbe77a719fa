"""What is set at the instruments: the numbers make the same device again, and limits lie where they are said to."""

import csv
import math
import tomllib

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.devices.catalog import device_file
from qsb_hw.explore.pump_table import _drift
from qsb_hw.show.html import html_of
from qsb_hw.show.pumps import PUMPS, pump_view

TWO_PI = 2 * math.pi
SHARE = 0.1
FEW = {"levels": 4}
"""Enough for what is compared with itself, and fast."""


def table_of(name):
    return tomllib.loads(device_file(name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pumps():
    return qh.pump_table("transmon_squid", {"": "60 dB", "damping": 63}, share=SHARE, settings=FEW)


@pytest.fixture
def coarse(monkeypatch):
    """Limits are found coarsely, where it is not they that are looked at."""
    monkeypatch.setattr("qsb_hw.explore.pump_table.ACCURACY_OF_LIMIT", 0.3)


def as_measured(pumps, section, frequency=0.0, decibel=0.0):
    """File with one cavity as measured, its pump at the frequency and power of the table, moved by some."""
    device, table = qh.load_device("transmon_squid"), table_of("transmon_squid")
    tone = pumps.row(section).instrument
    table[section] = {
        "linewidth": table[section]["linewidth"],
        "external_linewidth": table[section]["external_linewidth"],
        "frequency": f"{tone.mode_frequency / TWO_PI:.15g} Hz",
        "single_photon_coupling": f"{device.quantity(f'{section}_single_photon_coupling').value:.15g} Hz",
        "detuning": f"{(tone.frequency - tone.mode_frequency) / TWO_PI + frequency:.15g} Hz",
        "pump_power": f"{tone.power * 10 ** (decibel / 10):.15g} W",
    }
    return qh.device_from_spec(table)


@pytest.mark.parametrize("section", ["damping", "amplification"])
def test_a_device_pumped_as_the_table_says_has_the_same_coupling_and_photons(pumps, section):
    device, again = qh.load_device("transmon_squid"), as_measured(pumps, section)
    for key in ("coupling", "photon_number", "pump_detuning"):
        word = f"{section}_{key}"
        assert again.quantity(word).value == pytest.approx(device.quantity(word).value, rel=1e-9)
    assert pumps.row(section).power_dbm == pytest.approx(device.quantity(f"{section}_pump_power").value)
    assert pumps.row(section).instrument.frequency / TWO_PI == pytest.approx(
        device.quantity(f"{section}_pump_frequency").value, rel=1e-12
    )


@pytest.mark.parametrize("section", ["damping", "amplification"])
def test_a_setting_moved_to_its_limit_loses_the_share(pumps, section):
    """The same quantities of devices built from a changed file, moved by what the table allows."""

    def kept(device):
        analysis = qh.analyse(device, complete=False, **FEW)
        weaker = min(analysis.S(analysis.rest_detunings)[1:])
        return np.array([analysis.fidelity, weaker])

    nominal, row = kept(qh.load_device("transmon_squid")), pumps.row(section)
    moves = [(row.frequency_below, {"frequency": -1}), (row.frequency_above, {"frequency": 1}),
             (row.power_below, {"decibel": -1}), (row.power_above, {"decibel": 1})]  # fmt: skip
    for drift, move in moves:
        ((what, sign),) = move.items()
        left = kept(as_measured(pumps, section, **{what: sign * drift.distance})) / nominal
        near = kept(as_measured(pumps, section, **{what: sign * 0.9 * drift.distance})) / nominal
        lost = ["P", "S_resonance"].index(drift.quantity)
        slope = abs(near[lost] - left[lost]) / (0.1 * drift.distance)
        assert left[lost] == pytest.approx(1 - SHARE, abs=2 * slope * drift.error)
        assert left.min() == left[lost]
        assert (near > 1 - SHARE).all()


def test_levels_attenuation_and_clearances(pumps):
    device = qh.load_device("transmon_squid")
    damping, amplification = pumps.rows
    assert (damping.levels, amplification.levels) == ((2, 1), (0, 1))
    assert damping.source_dbm == pytest.approx(damping.power_dbm + 63)
    assert amplification.source_dbm == pytest.approx(amplification.power_dbm + 60)
    for row in pumps.rows:
        clearance = next(c for c in device.criteria if c.key == f"{row.instrument.section}_pump_clearance")
        assert row.own.distance / row.instrument.linewidth == pytest.approx(clearance.value)
        assert row.others is None
    assert pumps.nominal["P"] == pytest.approx(qh.analyse(device, complete=False, **FEW).fidelity)


def test_a_smaller_share_is_lost_sooner(pumps):
    closer = qh.pump_table("transmon_squid", share=SHARE / 10, settings=FEW)
    for row, wider in zip(closer.rows, pumps.rows, strict=True):
        for name in ("frequency_below", "frequency_above", "power_below", "power_above"):
            assert getattr(row, name).distance < getattr(wider, name).distance
        assert row.source_dbm is None
    ratio = closer.rows[1].frequency_above.distance / pumps.rows[1].frequency_above.distance
    assert 0.1 < ratio < 0.5  # between linear and quadratic


@pytest.mark.usefixtures("coarse")
def test_lasers_of_an_ion_in_their_own_words():
    table = table_of("ion_lattice_be9")
    del table["cooling"]
    found = qh.pump_table(table, share=0.5, settings=FEW)
    assert (found.drive, found.drives) == ("laser", "lasers")
    device = qh.device_from_spec(table)
    for row in found.rows:
        section = row.instrument.section
        assert row.instrument.detuning / TWO_PI == pytest.approx(device.quantity(f"{section}_detuning").value)
        assert row.instrument.strength == pytest.approx(device.quantity(f"{section}_rabi_frequency").value)
        assert row.power_dbm is None
        assert row.frequency_below.distance < 5 * row.instrument.linewidth / TWO_PI
    shown = html_of(pump_view(found))
    assert "Lasers of ion_lattice_be9" in shown
    assert "pump" not in shown


@pytest.mark.usefixtures("coarse")
def test_pumps_of_a_chip_with_what_they_meet_at_other_nodes():
    found = qh.pump_table("two_transmons_tunable", {"B.damping": "63 dB", "damping": "60 dB"}, share=0.5, settings=FEW)
    assert [(r.node, r.instrument.section) for r in found.rows] == [
        ("A", "damping"), ("A", "amplification"), ("B", "damping"), ("B", "amplification"),
    ]  # fmt: skip
    assert found.row("damping", "A").attenuation == 60
    assert found.row("damping", "B").attenuation == 63
    assert found.row("amplification", "B").attenuation is None
    chip = qh.load_chip("two_transmons_tunable")
    nearest = next(c for c in chip.criteria if c.key == "pump_clearance_transitions").value
    assert min(r.others.distance / r.instrument.linewidth for r in found.rows) == pytest.approx(nearest)
    lost = {d.quantity for r in found.rows for d in (r.power_above, r.power_below) if d.quantity}
    assert lost <= {"P[A]", "P[B]", "S_resonance[A-B]"}


def test_what_loses_nothing_has_no_limit():
    found = qh.pump_table("transmon_squid", share=0.999, settings=FEW)
    row = found.row("damping")
    assert math.isinf(row.frequency_above.distance)
    assert "no limit" in html_of(pump_view(found))


def test_a_limit_behind_what_has_no_steady_state_is_not_known():
    def lost(distance):
        return np.array([math.nan if 0.55 < distance < 0.6 else 0.1 - 0.17 * distance])

    found = _drift(lost, {"S_resonance": 0.1}, 0.025, 5.0)
    assert (found.distance, found.quantity) == (0.4, "")
    assert found.reason == "beyond it nothing could be solved"


def test_without_limits_the_settings_are_the_same_and_nothing_is_solved(pumps, monkeypatch):
    monkeypatch.setattr("qsb_hw.explore.pump_table.evaluate", None)
    found = qh.pump_table("transmon_squid", {"": "60 dB", "damping": 63}, limits=False)
    assert found.ok
    assert [row.instrument for row in found.rows] == [row.instrument for row in pumps.rows]
    record = PUMPS.record(found)
    assert all(row["frequency_below_hz"] is row["power_above_db"] is row["power_above_loses"] is None
               for row in record["rows"])  # fmt: skip
    html = html_of(pump_view(found))
    assert "How far a setting may drift" not in html
    assert "How far a setting may drift" in html_of(pump_view(pumps))


def test_the_table_is_written_as_it_is_recorded(pumps, tmp_path):
    place = pumps.to_csv(tmp_path / "pumps.csv")
    with place.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    record = PUMPS.record(pumps)
    assert list(rows[0]) == list(record["rows"][0])
    assert float(rows[0]["frequency_hz"]) == record["rows"][0]["frequency_hz"]
    assert record["rows"][0]["frequency_below_hz"] == pytest.approx(pumps.rows[0].frequency_below.distance)
    with pytest.raises(qh.ArgumentError, match="new file"):
        pumps.to_csv(place)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attenuation": "60"}, None),
        ({"attenuation": "-3 dB"}, "number of dB"),
        ({"attenuation": "60 m"}, "number of dB"),
        ({"attenuation": {"dampin": 60}}, "of a tone"),
        ({"share": 1.5}, "share"),
    ],
)
def test_bad_input_says_what_to_do(options, message, monkeypatch):
    if message is None:
        from qsb_hw.explore.pump_table import _decibel

        assert _decibel(options["attenuation"]) == 60
        return
    with pytest.raises(qh.ArgumentError, match=message):
        qh.pump_table("transmon_squid", **options)

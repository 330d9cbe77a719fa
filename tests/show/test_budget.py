"""The budget as record and as tables."""

import json
import math

import numpy as np
import pytest
from rich.console import Console

import qsb_hw as qh
from qsb_hw.show.budget import BUDGET, budget_view
from qsb_hw.show.plain import to_json


@pytest.fixture
def budget(device_budget):
    return device_budget


@pytest.fixture(scope="module")
def hopeless_budget():
    return qh.device_budget(qh.load_device("photon_pressure"))


@pytest.fixture
def record(budget):
    return BUDGET.record(budget)


def text_of(renderable):
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_parts_of_the_record(record):
    assert list(record) == ["device", "oscillator", "noise", "tones", "measurement", "numerics"]
    assert set(record["tones"]["comb"][0]) == {"level", "role", "detuning_hz", "linewidth_hz", "coupling_hz"}


def test_frequencies_are_cyclic_and_rates_are_not(record, budget):
    tone = budget.tones.comb.damping[0].tone
    entry = next(e for e in record["tones"]["comb"] if e["role"] == "damping")
    assert entry["detuning_hz"] == pytest.approx(tone.detuning / (2 * math.pi))
    assert record["tones"]["variants"][0]["linewidth_hz"] == pytest.approx(5.36e6)
    assert record["measurement"]["coupling_hz"] == pytest.approx(86e3)
    assert record["measurement"]["settling_rate"] == budget.settling_rate
    assert record["measurement"]["settling_time_s"] == pytest.approx(math.log(100) / budget.settling_rate)


def test_numbers_repeat_the_results(record, budget):
    for entry, row in zip(record["noise"]["rows"], budget.noise.rows, strict=True):
        assert entry["noise"] == row.noise.value
        assert entry["given"] is row.given
        assert (entry["fidelity_loss"] is None) == (not row.given)
    shots = record["measurement"]["detection"][0]["shots"]
    assert [s["protocol"] for s in shots] == ["phase readout", "joint tomography", "cross-correlation"]
    expected = np.array([s.repetitions for s in budget.detection[0].shots])
    np.testing.assert_allclose([s["duration_s"] for s in shots], expected * budget.settling_time)


def test_json_is_strict(record, hopeless_budget):
    def refuse(constant):
        raise AssertionError(constant)

    for each in (record, BUDGET.record(hopeless_budget)):
        assert json.loads(to_json(each), parse_constant=refuse) == each


def test_what_was_skipped_is_null(hopeless_budget):
    record = BUDGET.record(hopeless_budget)
    assert (record["noise"], record["tones"], record["measurement"]) == (None, None, None)
    assert record["numerics"]["skipped"]


def test_tables_fit_and_nothing_is_cut_off(budget, hopeless_budget):
    for each in (budget, hopeless_budget):
        shown = text_of(budget_view(each))
        assert max(len(line) for line in shown.splitlines()) <= 100
        assert "…" not in shown


def test_worst_comes_first_with_its_remedy_and_markup_is_left_alone(budget):
    shown = text_of(budget_view(budget))
    places = [shown.index(name) for name in ("pure dephasing", "cavity Kerr", "thermal quanta")]
    assert places == sorted(places)
    assert "Retune the pumps by −1.15 MHz" in " ".join(shown.split())
    assert "in [oscillator] or beside" in " ".join(shown.split())
    assert budget.tones.advice.split(":")[0][:40] in shown


def test_a_small_noise_shows_no_remedy(budget):
    lines = text_of(budget_view(budget)).splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("thermal quanta"))
    assert " ok " in lines[at]
    assert "→" not in lines[at + 1]

"""The narrowest line of the species table: the octupole transition of ¹⁷¹Yb⁺, below a microhertz."""

import re
from pathlib import Path

import numpy as np
import pytest

import qsb_hw as qh

SHIPPED = Path(__file__).parents[2] / "device_specs" / "ion_lattice_ca40.toml"


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    text = SHIPPED.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^\[cooling\].*?(?=^\[)", "", text)
    text = re.sub(r"(?m)^(quench_|decay_wavelength).*\n", "", text)
    text = text.replace('"40Ca+"', '"171Yb+"').replace('"S1/2-D5/2"', '"S1/2-F7/2"')
    path = tmp_path_factory.mktemp("yb") / "yb171.toml"
    path.write_text(text, encoding="utf-8")
    return qh.load_device(path)


def test_the_line_is_narrower_than_a_microhertz(device):
    tones = [tone for bath in device.complete.baths for tone in bath.tones]
    assert max(tone.linewidth for tone in tones) < 2 * np.pi * 1e-6


def test_heat_decides_where_the_tones_do_next_to_nothing(device):
    # γ is ten orders of magnitude below the heating: up- and down-rates of every step are those of the heat
    effective = qh.eliminate(device.oscillator(levels=8))
    assert np.allclose(effective.up_rates, effective.down_rates, rtol=1e-6)
    populations = qh.steady_state(qh.Network([effective], [[0.0]])).populations(0)
    assert np.allclose(populations, 1 / 8, rtol=1e-6)


def test_both_eliminations_and_the_full_model_have_one_answer(device):
    oscillator = device.oscillator(levels=4)
    for model in (
        qh.effective_model(qh.eliminate(oscillator)),
        qh.effective_model(qh.eliminate(oscillator, secular=False)),
        qh.full_model(oscillator),
    ):
        answer = qh.steady_state(model)
        assert answer.status is not qh.Status.NOT_UNIQUE
        assert not answer.ok or np.allclose(answer.populations(0), 0.25, atol=1e-5)

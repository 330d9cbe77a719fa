"""``qsb-hw budget`` on the files that ship, and on bad input."""

import numpy as np
import pytest

import qsb_hw as qh

SHORT = ("--levels", 5, "--noise", "t1", "--noise", "recoil")


def test_options_reach_the_budget_and_a_picture_is_drawn(qsb, tmp_path, spy, device_budget):
    picture, seen = tmp_path / "p.svg", spy("qsb_hw.questions.budget.device_budget", device_budget)
    pair = ("--pair-levels", 4, "--bath-levels", 3, "--coupling", "-80 kHz")
    done = qsb("budget", "kerr_squid_array", "--json", *SHORT, *pair, "--added-noise", 2, "--plot", picture)
    assert seen.options["noises"] == ["t1", "recoil"]
    assert (seen.options["levels"], seen.options["added_noise"]) == (5, 2.0)
    assert (seen.options["pair_levels"], seen.options["bath_levels"]) == (4, 3)
    assert seen.options["coupling"] == pytest.approx(-2 * np.pi * 80e3)
    record = done.json()
    losses = [row.fidelity_loss for row in device_budget.noise.rows if row.given]
    assert [row["fidelity_loss"] for row in record["noise"]["rows"] if row["given"]] == pytest.approx(losses)
    found = [s["repetitions"] for s in record["measurement"]["detection"][1]["shots"]]
    assert found == [s.repetitions for s in device_budget.detection[1].shots]
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize("spec", ["photon_pressure", "ion_surface_trap_brown2011"])
def test_without_a_fock_state_nothing_is_drawn(qsb, tmp_path, spec):
    done = qsb("budget", spec, "--plot", tmp_path / "p.png")
    assert done.status == 1
    assert "was not written" in done.err
    assert "noise budget, tones and shots" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("found", "written", "expected"),
    [
        ('flux_noise = { value = "1e-6 Phi_0"', 'flux_noise = { value = "-1e-6 Phi_0"', "zero or positive"),
        ('flux_noise = { value = "1e-6 Phi_0"', 'flux_noise = { value = "1 kHz"', "a magnetic flux"),
        ('t1 = { value = "100 us"', 'flux_noise = "1e-6 Phi_0"\nt1 = { value = "100 us"', "$.oscillator.flux_bias"),
        (
            't1 = { value = "100 us"',
            'frequency_noise = "5 1/s"\nt1 = { value = "100 us"',
            "$.oscillator.frequency_noise",
        ),
    ],
)
def test_noise_that_is_written_wrong_is_refused_with_the_place(refused, tmp_path, found, written, expected):
    text = qh.shipped_specs()["transmon_squid"].read_text(encoding="utf-8")
    assert found in text
    file = tmp_path / "chip.toml"
    file.write_text(text.replace(found, written, 1), encoding="utf-8")
    refused(["budget", file], expected)

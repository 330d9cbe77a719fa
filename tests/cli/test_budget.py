"""``qsb-hw budget`` on the files that ship, and on bad input."""

import pytest

import qsb_hw as qh

SHORT = ("--levels", 5, "--noise", "t1", "--noise", "recoil")


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ("kerr_squid_array", 0), ("transmon_squid", 0), ("ion_lattice_be9", 0), ("ion_lattice_ca40", 0),
        ("photon_pressure", 1), ("ion_surface_trap_brown2011", 1),
    ],
)  # fmt: skip
def test_every_shipped_device(qsb, spec, status):
    record = (done := qsb("budget", spec, "--json", *SHORT)).json()
    assert done.status == status
    assert (record["noise"] is None) == bool(status)
    assert record["device"]["name"] == spec
    assert record["numerics"]["status"] == "converged"


def test_the_numbers_are_those_of_the_api_and_a_picture_is_drawn(qsb, tmp_path):
    picture = tmp_path / "p.svg"
    done = qsb("budget", "kerr_squid_array", "--json", *SHORT, "--added-noise", 2, "--plot", picture)
    expected = qh.device_budget(qh.load_device("kerr_squid_array"), levels=5, noises=["t1", "recoil"], added_noise=2.0)
    record = done.json()
    assert record["noise"]["rows"][0]["fidelity_loss"] == pytest.approx(expected.noise.rows[0].fidelity_loss)
    assert record["noise"]["rows"][1]["given"] is False
    found = [s["repetitions"] for s in record["measurement"]["detection"][1]["shots"]]
    assert found == [s.repetitions for s in expected.detection[1].shots]
    assert "<svg" in picture.read_text()


def test_without_a_fock_state_nothing_is_drawn(qsb, tmp_path):
    done = qsb("budget", "photon_pressure", "--plot", tmp_path / "p.png")
    assert done.status == 1
    assert "was not written" in done.err
    assert "noise budget, tones and shots" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--noise", "t2"), "Known are t1, dephasing"),
        (("--duration", "5"), "--duration must carry a unit"),
        (("--duration", "-5 s"), "--duration must be positive"),
        (("--duration", "1 ns"), "must last longer than"),
        (("--added-noise", "-1"), "must not be negative"),
        (("--added-noise", "nan"), "must not be negative"),
        (("--levels", "2"), "between n0 + 2 = 3"),
        (("--plot", "p.gif"), "--plot"),
    ],
)
def test_bad_input(qsb, arguments, expected):
    done = qsb("budget", "transmon_squid", *arguments)
    assert done.status == 2
    assert done.out == ""
    assert expected in " ".join(done.err.split())
    assert "Traceback" not in done.err


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
def test_noise_that_is_written_wrong_is_refused_with_the_place(qsb, tmp_path, found, written, expected):
    text = qh.shipped_specs()["transmon_squid"].read_text(encoding="utf-8")
    assert found in text
    file = tmp_path / "chip.toml"
    file.write_text(text.replace(found, written, 1), encoding="utf-8")
    done = qsb("budget", file)
    assert done.status == 2
    assert expected in done.err

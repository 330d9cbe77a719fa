"""What a table of an electrode potential tells of K, with the right value of every input, and files that tell nothing.

V = V0 + 8·10⁻⁵ x² − 3.5·10⁻⁹ x⁴ (V, µm) with ⁴⁰Ca⁺: K = −(3/4) ħ c4/(m c2) to first order, 8.2992 mHz; the next order
is K/ω = 3·10⁻⁹ of it.
"""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest

from qsb_hw.devices.catalog import device_from_spec, load_device
from qsb_hw.devices.ion_trap.motion import solve_motion
from qsb_hw.devices.ion_trap.species import species
from qsb_hw.devices.ion_trap.tabulated import LONGEST_LINE, Tabulated, read_potential
from qsb_hw.errors import ArgumentError, SpecError

H_BAR, E = 1.054571817e-34, 1.602176634e-19
MASS = species("40Ca+").mass
KERR = 0.75 * H_BAR * 3.5e-9 / 8e-5 * 1e12 / MASS


def write(folder, reach, step, digits, change=lambda x: 0.0 * x, offset=0.0):
    x = np.round(np.arange(-round(reach / step), round(reach / step) + 1) * step, 6)
    v = offset + 8e-5 * x**2 - 3.5e-9 * x**4 + change(x)
    rows = [f"{a!r}, {format(b, digits) if digits else repr(b)}" for a, b in zip(x.tolist(), v.tolist(), strict=True)]
    file = folder / "well.csv"
    file.write_text("x [um], V [V]\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def kerr_of(file):
    well = read_potential(file)
    motion = solve_motion(well, MASS)
    return motion.kerr(1), well.kerr_error(motion, 1)


def test_the_value_is_the_one_in_closed_form():
    assert KERR / (2 * math.pi) == pytest.approx(8.30e-3, abs=5e-6)


@pytest.mark.parametrize("reach", [5, 20, 100])
def test_a_constant_added_to_the_potential_changes_nothing(tmp_path, reach):
    for offset in (0.0, 1e-4, 5e-3, 0.03, 1.0, 10.0, -10.0):
        kerr, error = kerr_of(write(tmp_path, reach, 0.1, "", offset=offset))
        assert kerr == pytest.approx(KERR, rel=1e-3), offset
        assert abs(kerr - KERR) <= error.total + 2e-5 * KERR, offset
        assert error.total <= 2e-3 * KERR, offset


def noise(x):
    return 0.3e-6 * np.random.default_rng(7).standard_normal(x.size)


TABLES = [
    (reach, step, digits, change)
    for reach, step in [(5, 0.1), (10, 0.1), (20, 0.1), (50, 0.1), (10, 0.5), (20, 1), (50, 1), (10, 2), (20, 2)]
    for digits, change in [(".6g", lambda x: 0 * x), (".6f", lambda x: 0 * x), ("", noise)]
]


def test_k_of_printed_digits_and_of_ripple_is_right_within_its_error_or_told_apart(tmp_path):
    """Six digits, six decimals, and 0.3 µV of scatter: a curve through every point gave 225 mHz and 26 mHz."""
    told = 0
    for reach, step, digits, change in TABLES:
        kerr, error = kerr_of(write(tmp_path, reach, step, digits, change))
        where = (reach, step, digits)
        assert abs(kerr - KERR) <= error.total or error.total > 0.25 * abs(kerr), where
        told += error.total < 0.1 * KERR
    assert told >= len(TABLES) // 2  # an error that covers everything says nothing
    kerr, error = kerr_of(write(tmp_path, 20, 0.1, ".6g"))
    assert kerr == pytest.approx(KERR, rel=1e-3)
    assert error.total < 1e-3 * KERR


@pytest.mark.parametrize("period", [1.0, 3.0, 7.0])
def test_ripple_that_the_points_resolve_is_not_taken_for_the_well(tmp_path, period):
    kerr, error = kerr_of(write(tmp_path, 20, 0.1, "", lambda x: 0.3e-6 * np.cos(2 * np.pi * x / period)))
    assert abs(kerr - KERR) > KERR  # the curve does follow it
    assert error.total > 0.9 * abs(kerr - KERR)
    assert "smooth the table" in error.hint(0.25 * abs(kerr))


def test_the_noise_of_the_heights_is_estimated_and_its_effect_on_k_is_the_scatter_of_k():
    x = np.linspace(-20e-6, 20e-6, 201)
    clean = E * (8e-5 * (x * 1e6) ** 2 - 3.5e-9 * (x * 1e6) ** 4)
    rng, found = np.random.default_rng(3), []
    for _ in range(24):
        well = Tabulated(x, clean + 1e-7 * E * rng.standard_normal(x.size))
        motion = solve_motion(well, MASS)
        found.append((motion.kerr(1), well.kerr_error(motion, 1)))
    scatter = np.std([kerr for kerr, _ in found])
    assert np.mean([error.height for _, error in found]) == pytest.approx(1e-7 * E, rel=0.1)
    assert scatter == pytest.approx(np.mean([error.noise for _, error in found]), rel=0.4)


def trap(calcium, changed, file):
    return changed(calcium, potential={"kind": "table", "file": file}, pair=None)


def test_a_device_shows_the_error_of_k_and_refuses_what_cannot_be_told(calcium, changed, tmp_path, fact):
    source = str(tmp_path / "trap.toml")
    write(tmp_path, 20, 0.1, ".6g")
    table = trap(calcium, changed, "well.csv")
    wide = {"damping__quench_rabi_frequency": "1 kHz", "amplification__quench_rabi_frequency": "1 kHz"}
    device = device_from_spec(changed(table, **wide), source)
    assert fact(device, "K at level 1") == pytest.approx(8.30e-3, rel=1e-3)
    assert 0 < fact(device, "error of K") < 1e-5
    (shown,) = [c for c in device.criteria if c.name == "error of K by the table/K"]
    assert shown.passed
    write(tmp_path, 2, 0.1, ".6f")
    with pytest.raises(SpecError) as caught:
        device_from_spec(table, source)
    (problem,) = caught.value.problems
    assert problem.path == "$.potential.file"
    assert "must tell K at level 1 to 25 %" in problem.message
    assert any(hint in problem.message for hint in ("more digits", "use steps of", "smooth the table"))


@pytest.mark.parametrize(
    "name", ["../secret.csv", "/etc/passwd", "sub/../../secret.csv", "out/secret.csv", "", " ", ".", "a\0b", "x" * 5000]
)
def test_a_table_lies_in_the_folder_of_its_file_or_is_not_read(calcium, changed, tmp_path, name):
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("geheim, password\n")
    with contextlib.suppress(OSError):  # a system that lets no one link
        (folder / "out").symlink_to(tmp_path)
    with pytest.raises(SpecError) as caught:
        device_from_spec(trap(calcium, changed, name), str(folder / "trap.toml"))
    (problem,) = caught.value.problems
    assert problem.path == "$.potential.file"
    assert "password" not in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_table_below_the_folder_is_read(calcium, changed, tmp_path):
    (tmp_path / "tables").mkdir()
    write(tmp_path / "tables", 20, 0.1, "")
    with pytest.raises(SpecError, match="nowhere"):
        load_device(tmp_path / "nowhere.toml")
    assert device_from_spec(trap(calcium, changed, "tables/well.csv"), str(tmp_path / "trap.toml")).well is not None


BAD = [
    ("cell of 131072 characters", "x [um], V [V]\n1, " + "1" * 131072, f"at most {LONGEST_LINE} characters"),
    ("NUL", "x [um], V [V]\n1, \x002\n", "must hold two numbers"),
    ("open quote", 'x [um], V [V]\n1, "2\n', "must hold two numbers"),
    ("unit that computes", "x [um], V [10**10**10 V]\n" + "1, 2\n" * 9, "a unit of energy"),
    ("escape characters", "\x1b[31mx, V\n", "\\x1b[31mx"),
    ("far away", "x [um], V [V]\n" + "\n".join(f"{x}e300, {x * x}" for x in range(-5, 6)), "at most 1 m"),
    ("far up", "x [um], V [V]\n" + "\n".join(f"{x}, {x * x}e300" for x in range(-5, 6)), "at most 1 fJ"),
    ("too many", "x [um], V [V]\n" + "\n".join(f"{x}, {x * x}" for x in range(-25001, 25001)), "at most 50000 points"),
]


@pytest.mark.parametrize(("text", "fragment"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_table_that_cannot_be_one_is_refused(tmp_path, text, fragment):
    file = tmp_path / "well.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        read_potential(file)
    assert fragment in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500

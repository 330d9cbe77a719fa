"""Wells against their own derivatives, tables against formulas, and files that are none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.devices.ion_trap.motion import perturbative_kerr, solve_motion
from qsb_hw.devices.ion_trap.potentials import DoubleWell, Electrode, OpticalLattice, Polynomial, Tweezer
from qsb_hw.devices.ion_trap.tabulated import Tabulated, read_potential
from qsb_hw.errors import ArgumentError

H_BAR, E, K_B = 1.054571817e-34, 1.602176634e-19, 1.380649e-23
MASS = 1.5e-26
OMEGA = 2 * math.pi * 1e6
LENGTH = math.sqrt(H_BAR / (MASS * OMEGA))
QUANTUM = H_BAR * OMEGA
C2, C3, C4 = QUANTUM / (2 * LENGTH**2), QUANTUM / LENGTH**3, QUANTUM / LENGTH**4

thousandths = st.integers(-200, 200).map(lambda n: n / 1000)

wells = st.one_of(
    st.builds(lambda c3, c4: Polynomial(C2, c3 / 4 * C3, c4 / 10 * C4), thousandths, thousandths),
    st.builds(OpticalLattice, st.floats(1, 100).map(lambda u: u * QUANTUM), st.floats(1e6, 1e7)),
    st.builds(Tweezer, st.floats(1, 100).map(lambda u: u * QUANTUM), st.floats(3e-7, 3e-6)),
    st.builds(Electrode, st.just(C2), st.floats(1e-6, 1e-4), st.booleans()),
    st.builds(lambda a, b: DoubleWell(a * C2, b * C4), st.floats(-2, 2), st.floats(0.01, 0.1)),
)


@given(wells)
def test_v_vanishes_at_the_minimum_and_rises_around_it(well):
    for minimum in well.minima:
        around = minimum + np.linspace(-1, 1, 101) * 0.05 * LENGTH
        assert abs(float(well(np.asarray(minimum)))) <= 1e-12 * QUANTUM
        assert np.all(well(around) >= -1e-12 * QUANTUM)


@given(wells, st.sampled_from([-1.0, 1.0]))
def test_the_expansion_is_the_taylor_series_of_v(well, side):
    """What is left at 0.1 and 0.05 of the scale of the well falls with at least the fifth power, or is nothing."""
    c2, c3, c4 = well.expansion()
    scale = 1 / well.wavenumber if isinstance(well, OpticalLattice) else getattr(well, "waist", LENGTH)
    y = side * scale * np.array([0.1, 0.05])
    left = np.abs(well(well.minima[-1] + y) - (c2 * y**2 + c3 * y**3 + c4 * y**4))
    assert left[0] < 1e-12 * QUANTUM or left[0] > 2**4.5 * left[1]


@given(wells)
def test_a_barrier_is_the_lower_end_of_the_region(well):
    ends = [x for x in well.region if math.isfinite(x)]
    if not ends:
        assert math.isinf(well.barrier) or well.barrier == pytest.approx(float(well(np.asarray(1.0))))
        return
    heights = [float(well(np.asarray(x))) for x in ends]
    assert well.barrier == pytest.approx(min(heights))
    inside = np.linspace(max(well.region[0], -1e3), min(well.region[1], 1e3), 1001)
    assert np.all(well(inside) <= max(heights) * (1 + 1e-9)) or len(ends) == 1


@given(thousandths, thousandths.map(lambda c: c / 4))
def test_a_polynomial_ends_where_it_turns_over(c3, c4):
    well = Polynomial(C2, c3 * C3, c4 * C4)
    for end in well.region:
        if math.isfinite(end):
            slope = 2 * C2 * end + 3 * c3 * C3 * end**2 + 4 * c4 * C4 * end**3
            assert abs(slope) <= 1e-9 * C2 * abs(end)
            nearer = np.linspace(0.01, 0.99, 99) * end
            assert np.all(np.diff(well(nearer)) > 0)


def test_frequencies_and_kerr_of_the_wells_in_closed_form():
    k, waist, depth = 2 * math.pi / 532e-9, 1e-6, 1e-27
    recoil = H_BAR**2 * k**2 / (2 * MASS)
    lattice, tweezer = OpticalLattice(depth, k), Tweezer(depth, waist)
    assert lattice.recoil_energy(MASS) == pytest.approx(recoil)
    for well, omega, kerr in [
        (lattice, 2 * math.sqrt(depth * recoil) / H_BAR, recoil / (2 * H_BAR)),
        (tweezer, 2 * math.sqrt(depth / MASS) / waist, 3 * H_BAR / (4 * MASS * waist**2)),
        (Electrode.harmonic(OMEGA, MASS, 40e-6), OMEGA, 3 * H_BAR / (4 * MASS * (40e-6) ** 2)),
        (Electrode.harmonic(OMEGA, MASS, 40e-6, softening=False), OMEGA, -3 * H_BAR / (4 * MASS * (40e-6) ** 2)),
    ]:
        assert math.sqrt(2 * well.expansion().c2 / MASS) == pytest.approx(omega)
        assert perturbative_kerr(*well.expansion(), MASS) == pytest.approx(kerr)


def test_a_double_well_has_its_minima_and_its_hump_where_they_belong():
    well = DoubleWell(C2, 0.05 * C4)
    offset = math.sqrt(C2 / (0.1 * C4))
    assert well.minima == pytest.approx((-offset, offset))
    assert float(well(np.asarray(0.0))) == pytest.approx(well.hump)
    assert well.expansion().c2 == pytest.approx(2 * C2)
    assert DoubleWell(0.0, C4).hump == 0
    assert DoubleWell(-C2, C4).expansion() == Polynomial(C2, 0.0, C4).expansion()


NOT_WELLS = [
    (lambda: Polynomial(-C2), "c2 > 0, but found c2 = -"),
    (lambda: Polynomial(0.0, 0.0, C4), "use DoubleWell"),
    (lambda: Polynomial(C2, math.nan), "finite coefficients"),
    (lambda: OpticalLattice(-1e-27, 1e7), "depth > 0"),
    (lambda: OpticalLattice(1e-27, 0.0), "wavenumber > 0"),
    (lambda: Tweezer(1e-27, math.inf), "waist > 0"),
    (lambda: Tweezer(0.0, 1e-6), "depth > 0"),
    (lambda: Electrode(C2, -1.0), "distance > 0"),
    (lambda: Electrode(-C2, 1.0), "curvature > 0"),
    (lambda: DoubleWell(C2, 0.0), "quartic > 0"),
    (lambda: DoubleWell(math.inf, C4), "finite coefficients"),
]


@pytest.mark.parametrize(("make", "fragment"), NOT_WELLS)
def test_what_is_no_well_is_refused(make, fragment):
    with pytest.raises(ArgumentError) as caught:
        make()
    assert fragment in str(caught.value)


# Tables


def table(well, reach=7.0, points=57, offset=0.0, shift=0.0):
    x = np.linspace(-reach, reach, points) * LENGTH
    return Tabulated(x + shift, well(x) + offset)


@given(st.floats(-0.03, 0.03), st.floats(-0.002, 0.01), st.floats(-3, 3))
def test_a_table_of_a_polynomial_is_the_polynomial(c3, c4, shift):
    """Degree 4 lies within a quintic spline."""
    well = Polynomial(C2, c3 * C3, c4 * C4)
    read = table(well, offset=5 * QUANTUM, shift=shift * LENGTH)
    assert read.center == pytest.approx(shift * LENGTH, abs=1e-9 * LENGTH)
    np.testing.assert_allclose(np.divide(read.expansion(), (C2, C3, C4)), [1, c3, c4], atol=1e-7)
    x = np.linspace(-6.9, 6.9, 200) * LENGTH
    np.testing.assert_allclose(read(x + shift * LENGTH), well(x), atol=1e-9 * QUANTUM)


def test_what_a_coarse_table_says_of_a_lattice_improves_with_its_spacing():
    """A quintic spline has V to sixth order in the spacing, its second derivative to fourth, its fourth to second."""
    lattice = OpticalLattice(30 * QUANTUM, 1 / (4 * LENGTH))
    points = np.array([25, 35, 49, 69])
    reads = [table(lattice, points=n, reach=6.0) for n in points]
    x = np.linspace(-3, 3, 301) * LENGTH
    errors = np.array(
        [
            [np.max(np.abs(read(x) - lattice(x))), *np.abs(np.subtract(read.expansion(), lattice.expansion()))[[0, 2]]]
            for read in reads
        ]
    )
    slopes = np.polyfit(np.log(12.0 / (points - 1)), np.log(errors), 1)[0]
    assert slopes == pytest.approx([6, 4, 2], abs=0.4)


def test_levels_of_a_table_are_those_of_the_formula():
    well = Polynomial(C2, 0.01 * C3, 1e-3 * C4)
    exact, read = solve_motion(well, MASS, levels=6), solve_motion(table(well), MASS, levels=6)
    assert np.all(np.abs(read.energies - exact.energies) <= read.tunnelling + read.grid_error + 1e-9 * OMEGA)
    assert read.kerr(1) == pytest.approx(exact.kerr(1), rel=1e-6)


def test_the_deepest_well_of_a_table_ends_at_its_neighbours():
    x = np.linspace(-1.6, 2.4, 201) * 1e-6
    v = 1e-26 * (np.cos(2 * math.pi * x / 1e-6) + 0.3 * x / 1e-6)  # wells near −1.5, −0.5, 0.5, 1.5 µm; −0.5 chosen
    read = Tabulated(x, np.where(x < -1.0e-6, v + 1e-25 * (x + 1e-6) ** 2 / 1e-12, v))
    assert -0.6e-6 < read.center < -0.4e-6
    np.testing.assert_allclose(read.region, [-1e-6, 0.0], atol=0.02e-6)
    assert 0 < read.barrier < 2e-26


def test_heights_are_energies_potentials_temperatures_or_frequencies(tmp_path):
    x = np.linspace(-6, 6, 31)
    for unit, joule in [("neV", 1e-9 * E), ("nV", 1e-9 * E), ("uK", 1e-6 * K_B), ("MHz", 2 * math.pi * 1e6 * H_BAR)]:
        file = tmp_path / "well.csv"
        rows = [f"{a * LENGTH * 1e9!r}, {C2 * (a * LENGTH) ** 2 / joule!r}" for a in x.tolist()]
        file.write_text("# exported\n\nx [nm], V [" + unit + "]\n" + "\n".join(rows) + "\n", encoding="utf-8")
        assert read_potential(file).expansion().c2 == pytest.approx(C2, rel=1e-6), unit


def test_positions_may_run_either_way(tmp_path):
    rows = [f"{x}, {x * x}" for x in range(-5, 6)]
    up, down = tmp_path / "up.csv", tmp_path / "down.csv"
    up.write_text("x [um], V [meV]\n" + "\n".join(rows), encoding="utf-8")
    down.write_text("x [um], V [meV]\n" + "\n".join(rows[::-1]), encoding="utf-8")
    assert read_potential(up).expansion() == read_potential(down).expansion()


GOOD = [f"{x}, {x * x}" for x in range(-5, 6)]
BAD_FILES = [
    ("no units", ["x, V", *GOOD], "two columns and their units, but found x, V"),
    ("no header", GOOD, "Write it like: x [um], V [meV]"),
    ("one column", ["x [um]", *GOOD], "two columns and their units"),
    ("empty", [], "found nothing"),
    ("length in seconds", ["x [s], V [meV]", *GOOD], "must be a length"),
    ("unknown unit", ["x [um], V [bananas]", *GOOD], "a unit of energy, electric potential, temperature"),
    ("height in metres", ["x [um], V [um]", *GOOD], "but found [um]"),
    ("word", ["x [um], V [meV]", *GOOD, "six, 36"], "Line 13 must hold two numbers, but found 'six, 36'"),
    ("missing cell", ["x [um], V [meV]", "1", *GOOD], "Line 2 must hold two numbers"),
    ("NaN", ["x [um], V [meV]", *GOOD, "6, nan"], "must be finite"),
    ("repeated", ["x [um], V [meV]", *GOOD, "5, 25"], "must increase from point to point"),
    ("zigzag", ["x [um], V [meV]", *GOOD, "3, 25"], "must increase from point to point"),
    ("few points", ["x [um], V [meV]", *GOOD[2:9]], "at least 8 points, but found 7"),
    ("slope", ["x [um], V [meV]", *(f"{x}, {x}" for x in range(9))], "a minimum inside"),
    ("flat", ["x [um], V [meV]", *(f"{x}, 1" for x in range(9))], "a minimum inside"),
    ("upside down", ["x [um], V [meV]", *(f"{x}, {-x * x}" for x in range(-5, 6))], "check its sign"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "fragment"), [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES])
def test_a_file_that_is_no_well_is_refused_by_name(tmp_path, lines, fragment):
    file = tmp_path / "electrodes.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        read_potential(file)
    assert str(caught.value).startswith("electrodes.csv: ")
    assert fragment in str(caught.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(ArgumentError, match=r"nowhere\.csv: must be a readable text file"):
        read_potential(tmp_path / "nowhere.csv")


def test_a_table_says_nothing_beyond_its_ends():
    with pytest.raises(ArgumentError, match="Extend the table"):
        table(Polynomial(C2))(np.array([8 * LENGTH]))

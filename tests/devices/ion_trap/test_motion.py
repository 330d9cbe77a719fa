"""Quantised motion against closed forms, perturbation theory with its order, sum rules and a second diagonalisation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.special import eval_genlaguerre, gammaln, mathieu_a, mathieu_b

from qsb_hw.devices.ion_trap.motion import (
    MOST_LEVELS,
    perturbative_kerr,
    solve_motion,
)
from qsb_hw.devices.ion_trap.potentials import (
    DoubleWell,
    Electrode,
    Expansion,
    OpticalLattice,
    Polynomial,
    Potential,
    Tweezer,
)
from qsb_hw.devices.ion_trap.species import species
from qsb_hw.errors import ArgumentError, ConvergenceError

H_BAR = constants.hbar
MASS = species("9Be+").mass
OMEGA = 2 * math.pi * 1e6
LENGTH = math.sqrt(H_BAR / (MASS * OMEGA))  # of the oscillator; x0 = LENGTH/√2
QUANTUM = H_BAR * OMEGA
C2, C3, C4 = QUANTUM / (2 * LENGTH**2), QUANTUM / LENGTH**3, QUANTUM / LENGTH**4
K_532 = 2 * math.pi / 532e-9


def slope(x, y):
    return np.polyfit(np.log(x), np.log(np.abs(y)), 1)[0]


def lattice(recoils):
    unit = OpticalLattice(1.0, K_532).recoil_energy(MASS)
    return OpticalLattice(recoils * unit, K_532), unit / H_BAR


def double_well(action):
    """Both wells harmonic with `OMEGA`, the instanton between them with S0 = `action` ħ: V = g(x² − η²)², η² = a."""
    a = 1.5 * action
    return DoubleWell(QUANTUM / (4 * LENGTH**2), QUANTUM / (8 * a * LENGTH**4))


@dataclass(frozen=True)
class PoschlTeller(Potential):
    depth: float
    width: float

    def __call__(self, x):
        return self.depth * np.tanh(x / self.width) ** 2

    @property
    def barrier(self):
        return self.depth

    def expansion(self):
        c2 = self.depth / self.width**2
        return Expansion(c2, 0.0, -2 * c2 / (3 * self.width**2))


@dataclass(frozen=True)
class Morse(Potential):
    depth: float
    inverse_width: float

    def __call__(self, x):
        return self.depth * np.expm1(-self.inverse_width * x) ** 2

    @property
    def barrier(self):
        return self.depth

    def expansion(self):
        c2 = self.depth * self.inverse_width**2
        return Expansion(c2, -c2 * self.inverse_width, 7 * c2 * self.inverse_width**2 / 12)


@dataclass(frozen=True)
class Clamped(Potential):
    """A polynomial well with what lies beyond its tops replaced by a plateau."""

    well: Polynomial

    def __call__(self, x):
        return self.well(np.clip(x, *self.well.region))

    @property
    def barrier(self):
        return self.well.barrier

    def expansion(self):
        return self.well.expansion()


class Rough(Potential):
    """Steps on the scale of the wavefunction: no grid resolves where they are."""

    def __call__(self, x):
        return C2 * x**2 * (1 + 0.1 * np.sign(np.sin(7 * x / LENGTH)))

    def expansion(self):
        return Expansion(C2, 0.0, 0.0)


WELLS = [
    Polynomial(C2),
    Polynomial(C2, 0.03 * C3, 0.01 * C4),
    Polynomial(C2, 0.02 * C3),
    Polynomial(C2, 0.0, -0.003 * C4),
    lattice(400)[0],
    Tweezer(60 * QUANTUM, 10 * LENGTH),
    DoubleWell(0.0, C4),
    double_well(2.0),
    Morse(40 * QUANTUM, math.sqrt(1 / 80) / LENGTH),
    PoschlTeller(40 * QUANTUM, math.sqrt(80) * LENGTH),
    Electrode.harmonic(OMEGA, MASS, 40e-6),
]
IDS = [f"{i}-{type(well).__name__}" for i, well in enumerate(WELLS)]


# Closed forms


def test_a_harmonic_well_has_even_levels_and_root_n():
    motion = solve_motion(Polynomial.harmonic(OMEGA, MASS), MASS)
    n = np.arange(motion.levels)
    np.testing.assert_allclose(motion.energies, OMEGA * n, atol=1e-12 * OMEGA)
    assert motion.ground_energy == pytest.approx(OMEGA / 2, rel=1e-12)
    ladder = np.diag(np.sqrt(n[1:]), 1)
    np.testing.assert_allclose(motion.position / ZERO_POINT, ladder + ladder.T, atol=1e-12)


ZERO_POINT = LENGTH / math.sqrt(2)  # √(ħ/2mω)


def harmonic_displacement(eta, levels):
    """⟨m|exp(iη(a + a†))|n⟩ in a harmonic well (Cahill and Glauber, Phys. Rev. 177, 1857 (1969), Eq. B4)."""
    n = np.arange(levels)
    low, gap = np.minimum.outer(n, n), np.abs(np.subtract.outer(n, n))
    root = np.exp((gammaln(low + 1) - gammaln(low + gap + 1)) / 2)
    return math.exp(-(eta**2) / 2) * (1j * eta) ** gap * root * eval_genlaguerre(low, gap.astype(float), eta**2)


@given(st.floats(-2.0, 2.0))
def test_harmonic_displacement_elements_are_laguerre_polynomials(eta):
    motion = HARMONIC
    exact = harmonic_displacement(eta, motion.levels)
    np.testing.assert_allclose(motion.displacement(eta / motion.position[0, 1]), exact, atol=1e-10)


HARMONIC = solve_motion(Polynomial.harmonic(OMEGA, MASS), MASS)


def test_levels_of_a_morse_well():
    """E_n = ω(n + ½) − ω²(n + ½)²/4D: the same K at every level (P. M. Morse, Phys. Rev. 34, 57 (1929))."""
    depth, alpha = 40.0, math.sqrt(1 / 80)
    motion = solve_motion(Morse(depth * QUANTUM, alpha / LENGTH), MASS)
    n = np.arange(motion.levels)
    exact = (n + 0.5) - (n + 0.5) ** 2 / (4 * depth)
    np.testing.assert_allclose((motion.energies + motion.ground_energy) / OMEGA, exact, atol=1e-11)
    kerrs = [motion.kerr(level) for level in range(1, motion.levels - 1)]
    np.testing.assert_allclose(kerrs, OMEGA / (4 * depth), rtol=1e-8)


@pytest.mark.parametrize("depth", [6.0, 40.0])
def test_levels_of_a_poschl_teller_well(depth):
    """E_n = U − (λ − n)² ħ²/2mL² with λ(λ + 1) = 2mUL²/ħ² (Landau and Lifshitz, Quantum Mechanics, § 23)."""
    width = math.sqrt(2 * depth)
    motion = solve_motion(PoschlTeller(depth * QUANTUM, width * LENGTH), MASS, levels=6)
    lam = (math.sqrt(1 + 8 * depth * width**2) - 1) / 2
    exact = depth - (lam - np.arange(6)) ** 2 / (2 * width**2)
    np.testing.assert_allclose((motion.energies + motion.ground_energy) / OMEGA, exact, atol=1e-10)


def test_a_shallow_poschl_teller_well_binds_exactly_the_levels_it_should():
    lam = 4.5  # five levels, the last with λ − n = ½
    width = 2.0
    depth = lam * (lam + 1) / (2 * width**2)
    motion = solve_motion(PoschlTeller(depth * QUANTUM, width * LENGTH), MASS)
    assert motion.levels == 5
    with pytest.raises(ArgumentError, match="bind at least 6 levels, but found 5"):
        solve_motion(PoschlTeller(depth * QUANTUM, width * LENGTH), MASS, levels=6)


QUARTIC = [1.060362090484183, 3.799673029801394, 7.455697937986738, 11.644745511378162]
"""Eigenvalues of p² + x⁴ (F. T. Hioe and E. W. Montroll, J. Math. Phys. 16, 1945 (1975))."""


def test_levels_at_the_quartic_point():
    b = 0.3 * C4
    motion = solve_motion(DoubleWell(0.0, b), MASS)
    unit = (H_BAR**2 / (2 * MASS)) ** (2 / 3) * b ** (1 / 3) / H_BAR
    np.testing.assert_allclose((motion.energies + motion.ground_energy)[:4] / unit, QUARTIC, rtol=1e-9)


def test_scaling_at_the_quartic_point():
    """Frequencies grow as b^{1/3}; spacings as n^{1/3}, that is as E^{1/4}; ⟨V⟩ = E/3 (virial theorem)."""
    strengths = np.array([0.1, 1.0, 10.0])
    motions = [solve_motion(DoubleWell(0.0, b * C4), MASS, levels=40) for b in strengths]
    assert slope(strengths, [m.frequency for m in motions]) == pytest.approx(1 / 3, abs=1e-9)
    motion, n = motions[1], np.arange(20, 40)
    spacing, middle = np.diff(motion.energies)[19:], (motion.energies[19:-1] + motion.energies[20:]) / 2
    assert slope(n, spacing) == pytest.approx(1 / 3, abs=2e-3)
    assert slope(middle + motion.ground_energy, spacing) == pytest.approx(1 / 4, abs=1e-3)
    height = motion.weights @ (motion.densities * DoubleWell(0.0, C4)(motion.grid)[:, None])
    np.testing.assert_allclose(3 * height / H_BAR, motion.energies + motion.ground_energy, rtol=1e-9)


# Lattices and tweezers


@pytest.mark.parametrize("recoils", [10.0, 40.0, 300.0])
def test_a_lattice_has_the_bands_of_mathieus_equation(recoils):
    """Band n lies between the characteristic values a_n and b_{n+1} at q = U/4E_R, shifted by U/2."""
    well, unit = lattice(recoils)
    motion = solve_motion(well, MASS, levels=3) if recoils > 15 else None
    if motion is None:
        with pytest.raises(ArgumentError, match="found 2 below its barrier"):
            solve_motion(well, MASS)
        return
    n = range(motion.levels)
    bottoms = np.array([mathieu_a(i, recoils / 4) for i in n]) + recoils / 2
    tops = np.array([mathieu_b(i + 1, recoils / 4) for i in n]) + recoils / 2
    np.testing.assert_allclose((motion.energies + motion.ground_energy) / unit, (bottoms + tops) / 2, rtol=1e-9)
    np.testing.assert_allclose(motion.tunnelling / unit, tops - bottoms, atol=1e-9 * recoils)


def wannier_elements(recoils, levels, kick):
    """Of kx and exp(i·kick·kx) between Wannier functions of one site, from plane waves on a ring of 15 sites."""
    sites, cell = 15, 48
    waves = 2 * np.arange(-14, 15)
    kx = ((np.arange(sites * cell) + 0.5) / cell - sites / 2) * math.pi
    states = np.zeros((kx.size, levels), dtype=complex)
    hop = recoils / 4 * (np.eye(waves.size, k=1) + np.eye(waves.size, k=-1))
    for quasi in 2 * np.arange(-(sites // 2), sites // 2 + 1) / sites:
        vectors = np.linalg.eigh(np.diag((quasi + waves) ** 2.0) - hop)[1][:, :levels]
        bloch = np.exp(1j * np.outer(kx, quasi + waves)) @ vectors
        for n in range(levels):  # value at the site for even bands, slope for odd ones: Kohn's gauge
            phase = vectors[:, n].sum() if n % 2 == 0 else 1j * ((quasi + waves) @ vectors[:, n])
            states[:, n] += bloch[:, n] * abs(phase) / phase
    states = states.real / np.linalg.norm(states.real, axis=0)
    return states.T @ (kx[:, None] * states), states.T @ (np.exp(1j * kick * kx)[:, None] * states)


@pytest.mark.parametrize("recoils", [30.0, 100.0])
def test_matrix_elements_in_a_lattice_are_those_of_wannier_functions(recoils):
    """To within tunnelling over frequency, which is what cutting them off at the ends of the well costs."""
    motion = solve_motion(lattice(recoils)[0], MASS, levels=3)
    position, kick = wannier_elements(recoils, 3, 0.5)
    off = np.diag(np.abs(position), 1) / (K_532 * np.diag(motion.position, 1)) - 1
    blur = motion.tunnelling / motion.frequency
    assert np.all(np.abs(off) < blur[1:])
    assert np.all(np.abs(np.abs(kick) - np.abs(motion.displacement(0.5 * K_532))) < np.maximum.outer(blur, blur))


def test_kerr_of_a_lattice_tends_to_half_the_recoil_whatever_the_depth():
    """K = (E_R/2ħ)(1 + (9/8)√(E_R/U) + …): the ν³ term in the asymptotic series of Mathieu's characteristic values."""
    recoils = np.array([1600.0, 6400.0, 25600.0, 102400.0])
    solved = [(solve_motion(lattice(u)[0], MASS, levels=4), lattice(u)[1]) for u in recoils]
    deviations = np.array([motion.kerr(1) / (unit / 2) - 1 for motion, unit in solved])
    assert deviations[0] < 0.03
    assert slope(recoils, deviations) == pytest.approx(-0.5, abs=0.02)
    extrapolated = np.polynomial.Polynomial.fit(1 / np.sqrt(recoils), deviations * np.sqrt(recoils), 2)(0.0)
    assert extrapolated == pytest.approx(9 / 8, rel=1e-3)


def test_kerr_of_a_lattice_grows_up_the_ladder():
    motion = solve_motion(lattice(400)[0], MASS)
    assert np.all(np.diff([motion.kerr(level) for level in range(1, 9)]) > 0)


def test_kerr_of_a_tweezer_tends_to_its_waist_whatever_the_depth():
    """K = (3ħ/4mw²)(1 + (11/6)K/ω + …), the sixth order of the Gaussian included; w = 1 µm."""
    waist = 1e-6
    limit = 3 * H_BAR / (4 * MASS * waist**2)
    frequencies = np.array([0.5, 1.0, 2.0, 4.0]) * OMEGA
    solved = [solve_motion(Tweezer(MASS * (w * waist) ** 2 / 4, waist), MASS, levels=4) for w in frequencies]
    deviations = np.array([motion.kerr(1) / limit - 1 for motion in solved])
    assert slope(frequencies, deviations) == pytest.approx(-1, abs=0.03)
    np.testing.assert_allclose(deviations * frequencies / limit, 11 / 6, rtol=0.05)
    assert abs(deviations[-1] * frequencies[-1] / limit * 6 / 11 - 1) < 0.01


def test_an_electrode_trap_is_harmonic_to_a_part_in_ten_million():
    """⁹Be⁺ at 4.04 MHz, 40 µm from the electrodes: K/2π = 0.53 Hz at any frequency, falling as 1/d²."""
    omega, distances = 2 * math.pi * 4.04e6, np.array([20e-6, 40e-6, 80e-6])
    motions = [solve_motion(Electrode.harmonic(omega, MASS, d), MASS) for d in distances]
    kerrs = np.array([motion.kerr(1) for motion in motions])
    assert kerrs[1] / (2 * math.pi) == pytest.approx(0.5258, rel=1e-3)
    assert slope(distances, kerrs) == pytest.approx(-2, abs=1e-4)
    assert motions[1].grid_error[1] < 1e-4 * kerrs[1]
    stiffer = solve_motion(Electrode.harmonic(2 * omega, MASS, 40e-6), MASS)
    assert stiffer.kerr(1) == pytest.approx(kerrs[1], rel=1e-4)
    hardening = solve_motion(Electrode.harmonic(omega, MASS, 40e-6, softening=False), MASS)
    assert hardening.kerr(1) == pytest.approx(-kerrs[1], rel=1e-4)


# Perturbation theory


PERTURBED = [
    ("quartic", lambda s: Polynomial(C2, 0.0, s * C4), 8.5),  # 4th-order terms 34n³ + 51n² of the quartic series
    ("softening", lambda s: Polynomial(C2, 0.0, -s * C4), 8.5),
    ("cubic", lambda s: Polynomial(C2, math.sqrt(s) * C3), 14.1),  # 94n³ + 141n² of the cubic one
    ("lattice", lambda s: OpticalLattice(QUANTUM / (12 * s), math.sqrt(6 * s) / LENGTH), 4.5),
]


@pytest.mark.parametrize(("make", "factor"), [case[1:] for case in PERTURBED], ids=[case[0] for case in PERTURBED])
def test_perturbation_theory_is_wrong_by_the_order_it_says(make, factor):
    """The error of K is first, that of ω is second order in K/ω, with the coefficients of the next order."""
    strengths = np.array([1e-4, 2e-4, 4e-4, 8e-4])
    solved = [solve_motion(make(s), MASS, levels=4) for s in strengths]
    series = [make(s).expansion() for s in strengths]
    small = np.array([perturbative_kerr(*c, MASS) for c in series]) / OMEGA
    kerr_errors = np.array([m.kerr(1) for m in solved]) / OMEGA / small - 1
    frequency_errors = np.array(
        [
            m.frequency / (math.sqrt(2 * c.c2 / MASS) - 2 * perturbative_kerr(*c, MASS)) - 1
            for m, c in zip(solved, series, strict=True)
        ]
    )
    assert slope(np.abs(small), kerr_errors) == pytest.approx(1, abs=0.05)
    assert kerr_errors[0] / small[0] == pytest.approx(factor, rel=0.05)
    assert slope(np.abs(small), frequency_errors) == pytest.approx(2, abs=0.1)


# Tunnelling


def test_splitting_of_a_double_well_against_instantons():
    """ω01 = 2ω√(6S0/πħ) e^{−S0/ħ} (1 − 71ħ/72S0 + …).

    J. Zinn-Justin and U. D. Jentschura, Ann. Phys. 313, 197 (2004), with their g = ħ/6S0.
    """
    actions = np.array([10.0, 12.0, 14.0, 16.0, 18.0])
    solved = [solve_motion(double_well(s), MASS, levels=4) for s in actions]
    leading = 2 * OMEGA * np.sqrt(6 * actions / math.pi) * np.exp(-actions)
    ratios = np.array([motion.frequency for motion in solved]) / leading
    assert np.all(np.abs(ratios - 1) < 1.5 / actions)
    extrapolated = np.polynomial.Polynomial.fit(1 / actions, (1 - ratios) * actions, 2)(0.0)
    assert extrapolated == pytest.approx(71 / 72, rel=0.02)
    for motion in solved:
        np.testing.assert_allclose(motion.tunnelling[:2], motion.frequency, rtol=1e-9)


def test_a_double_well_keeps_parity_and_its_pairs_end_at_the_hump():
    motion = solve_motion(double_well(4.0), MASS)
    n = np.arange(motion.levels)
    even = (n[:, None] - n) % 2 == 0
    assert np.max(np.abs(motion.position[even])) < 1e-9 * motion.position[0, 1]
    hump = double_well(4.0).hump / H_BAR
    below = motion.energies + motion.ground_energy < hump
    assert 0 < np.count_nonzero(motion.tunnelling) <= np.count_nonzero(below)


def test_tunnelling_says_how_much_a_level_depends_on_what_lies_beyond():
    """Where higher ground lies beyond the ends, ψ'/ψ there is between node and antinode, and so is the level.

    Here: a plateau, solved by itself.
    """
    well = Polynomial(C2, 0.0, -0.02 * C4)
    mirrored = solve_motion(well, MASS, levels=3)
    energies = reference(Clamped(well), 40.0, 1600)[:3]
    moved = np.abs(mirrored.energies + mirrored.ground_energy - energies)
    assert np.all(moved < mirrored.tunnelling / 2)


def test_a_well_without_an_end_has_no_tunnelling():
    assert not np.any(HARMONIC.tunnelling)


# Any well


def reference(potential, half_width, points):
    """Levels in rad/s on an infinite grid of sinc functions (Colbert and Miller 1992), widths in units of LENGTH."""
    step = 2 * half_width * LENGTH / (points - 1)
    x = potential.center + (np.arange(points) - (points - 1) / 2) * step
    gap = np.subtract.outer(np.arange(points), np.arange(points))
    with np.errstate(divide="ignore"):
        kinetic = np.where(gap == 0, math.pi**2 / 3, 2.0 * (-1.0) ** gap / gap.astype(float) ** 2)
    kinetic *= H_BAR / (2 * MASS * step**2)
    return np.linalg.eigvalsh(kinetic + np.diag(potential(x) / H_BAR))


@pytest.mark.parametrize("well", [WELLS[i] for i in (0, 1, 5, 6, 7, 9)], ids=[IDS[i] for i in (0, 1, 5, 6, 7, 9)])
def test_levels_agree_with_an_independent_diagonalisation(well):
    motion = solve_motion(well, MASS, levels=5)
    np.testing.assert_allclose(
        motion.energies + motion.ground_energy, reference(well, 15.0, 300)[:5], rtol=0, atol=1e-9 * OMEGA
    )


@pytest.mark.parametrize("well", WELLS, ids=IDS)
def test_states_are_orthonormal_and_neighbours_positive(well):
    motion = solve_motion(well, MASS)
    overlap = motion.wavefunctions.T @ (motion.weights[:, None] * motion.wavefunctions)
    np.testing.assert_allclose(overlap, np.eye(motion.levels), atol=1e-12)
    assert np.all(np.diag(motion.position, 1) > 0)
    assert np.all(np.diff(motion.energies) > 0)
    np.testing.assert_array_equal(motion.position, motion.position.T)
    assert 3 <= motion.levels <= MOST_LEVELS


@pytest.mark.parametrize("well", WELLS, ids=IDS)
def test_displacements_are_symmetric_and_start_as_the_coordinate(well):
    motion = solve_motion(well, MASS, levels=4)
    k = 0.8 / motion.position[0, 1]
    kick = motion.displacement(k)
    np.testing.assert_allclose(kick, kick.T, atol=1e-12)
    np.testing.assert_allclose(motion.displacement(-k), kick.conj(), atol=1e-12)
    np.testing.assert_allclose(motion.displacement(0.0), np.eye(4), atol=1e-12)
    tiny = 1e-6 / motion.position[0, 1]
    np.testing.assert_allclose(
        (motion.displacement(tiny) - np.eye(4)).imag / tiny, motion.position, atol=1e-9 * motion.position[0, 1]
    )


@pytest.mark.parametrize("well", [WELLS[i] for i in (0, 1, 6, 7)], ids=[IDS[i] for i in (0, 1, 6, 7)])
def test_sum_rules(well):
    """Completeness Σ|D_mn|² = 1, Bethe's Σ(E_m − E_n)|D_mn|² = ħk²/2m and Thomas–Reiche–Kuhn's for x."""
    motion = solve_motion(well, MASS, levels=45)
    k = 0.7 / motion.position[0, 1]
    kick = np.abs(motion.displacement(k)) ** 2
    gaps = np.subtract.outer(motion.energies, motion.energies)
    for n in range(3):
        assert kick[:, n].sum() == pytest.approx(1, abs=1e-9)
        assert kick[:, n] @ gaps[:, n] == pytest.approx(H_BAR * k**2 / (2 * MASS), rel=1e-8)
        assert motion.position[:, n] ** 2 @ gaps[:, n] == pytest.approx(H_BAR / (2 * MASS), rel=1e-8)


@pytest.mark.parametrize("well", WELLS, ids=IDS)
def test_levels_do_not_depend_on_how_many_are_asked_for(well):
    few, many = solve_motion(well, MASS, levels=3), solve_motion(well, MASS)
    allowed = few.grid_error + many.grid_error[:3] + 0.1 * few.tunnelling * (well.hump == 0)
    assert np.all(np.abs(few.energies - many.energies[:3]) <= 2 * allowed)
    np.testing.assert_allclose(few.position, many.position[:3, :3], atol=1e-7 * few.position[0, 1])


@given(st.floats(0.2, 5.0), st.floats(-0.02, 0.02), st.floats(0.0, 0.02))
def test_only_ratios_matter(scale, c3, c4):
    """Mass × s and lengths ÷ √s leave every frequency and k x as they are."""
    one = solve_motion(Polynomial(C2, c3 * C3, c4 * C4), MASS, levels=4)
    other = solve_motion(Polynomial(C2 * scale, c3 * C3 * scale**1.5, c4 * C4 * scale**2), MASS * scale, levels=4)
    np.testing.assert_allclose(other.energies, one.energies, atol=1e-9 * OMEGA)
    np.testing.assert_allclose(other.position * math.sqrt(scale), one.position, atol=1e-9 * LENGTH)


def test_the_ladder_is_the_motion():
    motion = solve_motion(lattice(400)[0], MASS)
    ladder = motion.ladder()
    np.testing.assert_array_equal(ladder.energies, motion.energies)
    assert ladder.coupling[0, 1] == pytest.approx(1)
    np.testing.assert_allclose(ladder.coupling * motion.position[0, 1], motion.position, atol=1e-18)
    np.testing.assert_allclose(ladder.annihilation, np.diag(np.diag(ladder.coupling, 1), 1))
    for level in (1, 2):
        second = motion.energies[level + 1] - 2 * motion.energies[level] + motion.energies[level - 1]
        assert motion.kerr(level) == ladder.kerr_at(level) == pytest.approx(-second / 2)


# What is no motion


BAD = [
    (lambda: solve_motion(lattice(5)[0], MASS), ArgumentError, "bind at least 3 levels, but found 1"),
    (lambda: solve_motion(Tweezer(0.01 * QUANTUM, LENGTH), MASS), ArgumentError, "Deepen it"),
    (lambda: solve_motion(Polynomial(C2, 0.1 * C3), MASS), ArgumentError, "found 2 below its barrier"),
    (lambda: solve_motion(lattice(50)[0], MASS, levels=9), ArgumentError, "Ask for fewer levels or deepen it"),
    (lambda: solve_motion(Polynomial(C2), MASS, levels=2), ArgumentError, "`levels` must be at least 3"),
    (lambda: solve_motion(Polynomial(C2), 0.0), ArgumentError, "mass must be positive"),
    (lambda: solve_motion(Polynomial(C2), math.nan), ArgumentError, "mass must be positive"),
    (lambda: solve_motion(double_well(40.0), MASS), ArgumentError, "wells that tunnelling does not join"),
    (lambda: solve_motion(double_well(1e5), MASS), ConvergenceError, "too wide for its wavelength"),
    (lambda: solve_motion(Rough(), MASS), ConvergenceError, "Smooth the potential"),
    (lambda: HARMONIC.displacement(2.1 / ZERO_POINT), ArgumentError, "Lamb–Dicke parameter"),
    (lambda: HARMONIC.kerr(0), ArgumentError, "two neighbours"),
    (lambda: HARMONIC.kerr(HARMONIC.levels - 1), ArgumentError, "two neighbours"),
    (lambda: perturbative_kerr(0.0, 0.0, C4, MASS), ArgumentError, "c2 > 0"),
]


@pytest.mark.parametrize(("ask", "error", "fragment"), BAD)
def test_what_has_no_answer_is_refused(ask, error, fragment):
    with pytest.raises(error) as caught:
        ask()
    assert fragment in str(caught.value)

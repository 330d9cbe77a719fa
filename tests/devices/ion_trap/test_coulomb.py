"""Coulomb coupling against the Brown 2011 experiment and the normal modes of the full repulsion."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.devices.ion_trap.coulomb import (
    Direction,
    Site,
    couple,
    static_forces,
)
from qsb_hw.devices.ion_trap.motion import solve_motion
from qsb_hw.devices.ion_trap.potentials import OpticalLattice
from qsb_hw.devices.ion_trap.species import species
from qsb_hw.errors import ArgumentError

TWO_PI = 2 * math.pi
H_BAR = 1.054571817e-34
C = 1.602176634e-19**2 * 8.9875517862e9  # e²/4πε0
BE, MG, CA = (species(name).mass for name in ("9Be+", "25Mg+", "40Ca+"))
OMEGA = TWO_PI * 4.04e6
S = 40e-6


def chain(positions, masses=BE, frequencies=OMEGA):
    masses, frequencies = (np.broadcast_to(v, len(positions)).tolist() for v in (masses, frequencies))
    return [Site(*site) for site in zip(positions, masses, frequencies, strict=True)]


def normal_modes(sites, direction):
    """Exact small oscillations about the ions' places: Hessian of the wells and of Σ e²/4πε0 r, r in the plane."""
    count = len(sites)
    step = 1e-9

    def energy(displacements):
        total = 0.0
        for i in range(count):
            for j in range(i):
                along = sites[i].position - sites[j].position
                moved = displacements[i] - displacements[j]
                far = abs(along + moved) if direction is Direction.AXIAL else math.hypot(along, moved)
                total += C / far - C / abs(along)
        return total

    hessian = np.diag([site.mass * site.frequency**2 for site in sites])
    for i in range(count):
        for j in range(count):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            moves = [np.eye(count)[i] * a * step + np.eye(count)[j] * b * step for a, b in signs]
            hessian[i, j] += sum(a * b * energy(x) for (a, b), x in zip(signs, moves, strict=True)) / (4 * step**2)
    root = np.sqrt([site.mass for site in sites])
    return np.sqrt(np.linalg.eigvalsh(hessian / np.outer(root, root)))


def rate_between(one, other, direction=Direction.AXIAL):
    """Ω_ex of two sites: −V of axial motion."""
    return -couple([one, other], direction).exchange[0, 1]


def first_order_modes(sites, direction):
    coupling = couple(sites, direction)
    return np.linalg.eigvalsh(np.diag([s.frequency for s in sites] + coupling.shifts) + coupling.exchange)


def test_exchange_and_splitting_of_brown_2011():
    """⁹Be⁺, 4.04 MHz, 40 µm (Nature 471, 196): point charges give 165 µs and 3.02 kHz; measured 155(1) µs, 3.0(5) kHz.

    The exchange time is that of a complete swap, π/2Ω_ex, the splitting that of the normal modes, 2Ω_ex.
    """
    coupling = couple(chain([0.0, S]))
    v = abs(coupling.exchange[0, 1])
    exchange_time, splitting = math.pi / (2 * v), 2 * v
    assert exchange_time == pytest.approx(165e-6, rel=5e-3)
    assert splitting / TWO_PI == pytest.approx(3.02e3, rel=1e-3)
    assert splitting / TWO_PI == pytest.approx(3.0e3, abs=0.5e3)
    assert exchange_time / 155e-6 == pytest.approx(1.07, abs=0.01)


@pytest.mark.parametrize(("direction", "sign", "shift"), [(Direction.AXIAL, -1, 1), (Direction.TRANSVERSE, 0.5, -0.5)])
def test_signs_and_sizes_of_two_equal_ions(direction, sign, shift):
    """V = −Ω_ex along the line, +Ω_ex/2 across it, and a shift of +Ω_ex or −Ω_ex/2."""
    sites = chain([0.0, S])
    rate = C / (BE * OMEGA * S**3)
    coupling = couple(sites, direction)
    np.testing.assert_allclose(coupling.exchange, sign * rate * np.array([[0, 1], [1, 0]]), rtol=1e-9)
    np.testing.assert_allclose(coupling.shifts, shift * rate, rtol=1e-9)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize(
    ("masses", "detunings"),
    [(BE, [0.0, 0.0]), (BE, [0.0, 1e-4]), ([BE, MG], [0.0, 0.0]), ([BE, CA], [0.0, -3e-4])],
    ids=["alike", "detuned", "unequal", "both"],
)
def test_two_ions_against_their_exact_normal_modes(direction, masses, detunings):
    """The frequencies are wrong only in second order of Ω_ex/ω."""
    distances = np.array([9e-6, 12e-6, 16e-6, 21e-6])
    frequencies = OMEGA * (1 + np.array(detunings))
    errors, rates = [], []
    for distance in distances:
        sites = chain([0.0, distance], masses, frequencies)
        wrong = first_order_modes(sites, direction) - normal_modes(sites, direction)
        errors.append(np.max(np.abs(wrong)) / OMEGA)
        rates.append(rate_between(*sites) / OMEGA)
    assert np.polyfit(np.log(rates), np.log(errors), 1)[0] == pytest.approx(2, abs=0.15)


def test_the_axial_modes_of_two_equal_ions_in_closed_form():
    """Together: the shift cancels the exchange and ω stays; against each other: √(ω² + 4ωΩ_ex)."""
    sites = chain([0.0, S])
    rate = rate_between(*sites)
    together, against = first_order_modes(sites, Direction.AXIAL)
    assert together == pytest.approx(OMEGA, rel=1e-12)
    assert against - OMEGA == pytest.approx(2 * rate, rel=1e-9)
    exact = normal_modes(sites, Direction.AXIAL)
    assert against - exact[1] == pytest.approx(2 * rate**2 / OMEGA, rel=0.01)
    np.testing.assert_allclose(exact, [OMEGA, math.sqrt(OMEGA**2 + 4 * OMEGA * rate)], rtol=1e-8)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_chain_couples_every_pair(direction):
    """√(ω² + 2ωλ) is ω + λ but for λ²/2ω, and λ is at most twice what one ion feels from all others."""
    sites = chain([0.0, 20e-6, 45e-6, 60e-6], BE)
    exchange = couple(sites, direction).exchange
    felt = np.abs(exchange).sum(axis=1).max() / OMEGA
    wrong = first_order_modes(sites, direction) / normal_modes(sites, direction) - 1
    assert np.all(np.abs(wrong) < 2.1 * felt**2)
    assert np.count_nonzero(exchange) == 12
    assert exchange[0, 3] / exchange[0, 1] == pytest.approx((20 / 60) ** 3)
    np.testing.assert_allclose(exchange, exchange.T)


def test_a_chain_of_different_ions_keeps_the_order_of_its_error():
    """Twice the distances: an eighth of the coupling, a sixty-fourth of the error."""
    errors = []
    for scale in (1.0, 2.0):
        where = scale * np.array([0.0, 15e-6, 34e-6, 45e-6])
        sites = chain(where.tolist(), [BE, BE, MG, BE], OMEGA * np.array([1, 1.0003, 0.9999, 1]))
        wrong = first_order_modes(sites, Direction.AXIAL) - normal_modes(sites, Direction.AXIAL)
        errors.append(np.max(np.abs(wrong)))
    assert errors[0] / errors[1] == pytest.approx(64, rel=0.1)


@given(st.floats(20e-6, 200e-6), st.floats(1, 3), st.floats(0.5, 2), st.floats(0.5, 2))
def test_the_rate_falls_with_the_cube_and_the_geometric_means(distance, further, heavier, stiffer):
    one, alike = Site(0.0, BE, OMEGA), Site(distance, BE, OMEGA)
    other, away = (Site(d, heavier * BE, stiffer * OMEGA) for d in (distance, further * distance))
    assert rate_between(one, alike) / rate_between(one, other) == pytest.approx(math.sqrt(heavier * stiffer))
    assert rate_between(one, other) / rate_between(one, away) == pytest.approx(further**3)


def test_an_anharmonic_well_exchanges_by_its_own_matrix_element():
    motion = solve_motion(OpticalLattice(400 * 5.2e-29, TWO_PI / 532e-9), BE)
    exact = float(motion.position[0, 1])
    harmonic, real = Site(0.0, BE, motion.frequency), Site(0.0, BE, motion.frequency, zero_point=exact)
    assert harmonic.spread == pytest.approx(math.sqrt(H_BAR / (2 * BE * motion.frequency)))
    rates = [rate_between(site, replace(site, position=S)) for site in (real, harmonic)]
    assert rates[0] / rates[1] == pytest.approx((exact / harmonic.spread) ** 2)
    assert 0.9 < exact / harmonic.spread < 1


def test_ions_sit_where_wells_and_repulsion_balance():
    """The minima lie behind by F/mω²; with wells there the forces cancel."""
    sites = chain([0.0, 30e-6, 75e-6], [BE, MG, BE], OMEGA * np.array([1, 0.8, 1.1]))
    forces = static_forces([site.position for site in sites])
    behind = forces / [site.mass * site.frequency**2 for site in sites]
    assert behind[0] < 0 < behind[2]
    for site, offset in zip(sites, behind, strict=True):
        pull = -site.mass * site.frequency**2 * offset
        others = [other.position for other in sites if other is not site]
        push = sum(C * np.sign(site.position - x) / (site.position - x) ** 2 for x in others)
        assert pull + push == pytest.approx(0, abs=1e-9 * abs(push))
    np.testing.assert_allclose(static_forces([0.0, S]), np.array([-1, 1]) * C / S**2)
    assert static_forces([0.0, S])[1] / (BE * OMEGA**2) == pytest.approx(15e-9, rel=0.01)  # Brown 2011: 15 nm


def test_orbits_grow_with_the_root_of_the_quanta():
    site = Site(0.0, BE, OMEGA)
    assert BE * OMEGA**2 * site.orbit(3) ** 2 / 2 == pytest.approx(3.5 * H_BAR * OMEGA)
    assert couple(chain([0.0, S]), quanta=1).orbit_ratio == pytest.approx(2 * site.orbit(1) / S)


BAD = [
    (lambda: couple(chain([0.0, 0.3e-6])), "10 times further apart than their orbits reach"),
    (lambda: couple(chain([0.0, S]), quanta=1e5), "orbits of"),
    (lambda: couple(chain([0.0, 0.0])), "different places"),
    (lambda: couple(chain([0.0])), "at least two wells"),
    (lambda: couple(chain([0.0, 3e-6])), "the ions are one crystal"),
    (lambda: static_forces([1.0]), "at least two wells"),
    (lambda: Site(0.0, -BE, OMEGA), "mass > 0"),
    (lambda: Site(0.0, BE, 0.0), "frequency > 0"),
    (lambda: Site(0.0, BE, OMEGA, zero_point=0.0), "spread > 0"),
    (lambda: Site(math.nan, BE, OMEGA), "finite position"),
]


@pytest.mark.parametrize(("ask", "fragment"), BAD)
def test_what_cannot_be_coupled_is_refused(ask, fragment):
    with pytest.raises(ArgumentError) as caught:
        ask()
    assert fragment in str(caught.value)

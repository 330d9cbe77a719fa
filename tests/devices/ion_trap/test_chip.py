"""Ions that are not alike: exchange and shifts by their own zero-point elements, summed over all others."""

import math
from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import qsb_hw as qh
from qsb_hw.devices.ion_trap.coulomb import Direction, Site, couple
from qsb_hw.devices.ion_trap.species import species
from qsb_hw.spec.load import read_toml

TWO_PI = 2 * math.pi
H_BAR = 1.054571817e-34
C = 1.602176634e-19**2 * 8.9875517862e9  # e²/4πε0
LEVELS, BASIS = 6, 24


def well(mass, frequency, quartic):
    """Energies (rad/s) and x (m) of ħω(a†a + quartic (a + a†)⁴) in its own lowest levels."""
    lower = np.diag(np.sqrt(np.arange(1.0, BASIS)), 1)
    x = lower + lower.T
    h = np.diag(np.arange(BASIS, dtype=float)) + quartic * np.linalg.matrix_power(x, 4)
    energies, states = np.linalg.eigh(h)
    states = states[:, :LEVELS]
    spread = math.sqrt(H_BAR / (2 * mass * frequency))
    return (
        frequency * (energies[:LEVELS] - energies[0]),
        spread * states.T @ x @ states,
        spread**2 * states.T @ x @ x @ states,
    )


def levels_of_two(one, other, stiffness, factor):
    """H/ħ of two wells with the repulsion factor·C (x1 − x2)²."""
    (e1, x1, s1), (e2, x2, s2) = one, other
    eye = np.eye(LEVELS)
    h = np.kron(np.diag(e1), eye) + np.kron(eye, np.diag(e2))
    return h + factor * stiffness / H_BAR * (np.kron(s1, eye) + np.kron(eye, s2) - 2 * np.kron(x1, x2))


@pytest.mark.parametrize("direction", list(Direction))
def test_two_unlike_ions_exchange_as_the_whole_hamiltonian_says(direction):
    masses = [species(name).mass for name in ("9Be+", "40Ca+")]
    base, errors, naive = TWO_PI * 2e6, [], []
    distances = np.array([60e-6, 90e-6, 135e-6])
    for distance in distances:
        stiffness = C / distance**3
        first = well(masses[0], base, 0.01)

        def gap(frequency, first=first, stiffness=stiffness):
            second = well(masses[1], frequency, -5e-4)
            levels = np.linalg.eigvalsh(levels_of_two(first, second, stiffness, direction.factor))
            return levels[2] - levels[1]

        start = first[0][1] / well(masses[1], 1.0, -5e-4)[0][1]  # the frequency at which the two meet by themselves
        near = minimize_scalar(gap, bounds=(start * 0.99, start * 1.01), options={"xatol": 1e-9 * start})
        second = well(masses[1], near.x, -5e-4)
        sites = [
            Site(0.0, masses[0], first[0][1], abs(first[1][0, 1])),
            Site(distance, masses[1], second[0][1], abs(second[1][0, 1])),
        ]
        found = couple(sites, direction)
        errors.append(abs(2 * abs(found.exchange[0, 1]) / near.fun - 1))
        assert found.exchange[0, 1] * direction.factor < 0
        harmonic = [Site(s.position, s.mass, s.frequency) for s in sites]
        naive.append(abs(2 * abs(couple(harmonic, direction).exchange[0, 1]) / near.fun - 1))
        # at the crossing of |1,0⟩ and |0,1⟩ the two transitions with their shifts are the same
        shifted = np.array([site.frequency for site in sites]) + found.shifts
        assert shifted[0] == pytest.approx(shifted[1], abs=0.2 * abs(found.exchange[0, 1]))
    assert errors[-1] < 2e-3
    assert (
        np.polyfit(np.log(distances), np.log(errors), 1)[0] < -2.5
    )  # as V/ω or faster: the scaling leaves nothing over
    assert naive[-1] > 10 * errors[-1]


@pytest.fixture
def table():
    return read_toml(qh.shipped_chips()["ion_pair_mixed"])


def test_couplings_fall_with_all_distances_and_shifts_sum_over_all_others(table):
    places = {"A": 0.0, "B": 240e-6, "C": 500e-6}
    table["node"]["C"] = {"like": "B", "position": "500 um"}
    chip = qh.chip_from_spec(table)
    x0 = {node.name: node.quantity("zero_point_motion").value for node in chip.nodes}
    shift = dict.fromkeys(places, 0.0)
    for (a, here), (b, there) in permutations(places.items(), 2):
        stiffness = C / abs(here - there) ** 3
        expected = -2 * stiffness * x0[a] * x0[b] / H_BAR
        assert chip.coupling_between(a, b).real == pytest.approx(expected, rel=1e-6)
        shift[a] += 2 * stiffness * x0[a] ** 2 / H_BAR
    for node in chip.nodes:
        alone = node.quantity("transition_0_1").value * TWO_PI
        assert node.quantity("coulomb_shift").value * TWO_PI == pytest.approx(shift[node.name], rel=1e-6)
        assert node.complete.ladder.transition_frequencies[0] == pytest.approx(alone + shift[node.name], rel=1e-12)
    assert chip.links == (("A", "B"), ("A", "C"), ("B", "C"))  # none is named
    assert chip.given == ()
    assert chip.node("B").complete is not chip.node("C").complete  # the middle one is shifted by more


def test_transverse_motion_turns_the_sign_and_a_link_overrides(table):
    axial = qh.chip_from_spec(table)
    table["chain"]["direction"] = "transverse"
    transverse = qh.chip_from_spec(table)
    assert transverse.coupling_between("A", "B") == pytest.approx(-axial.coupling_between("A", "B") / 2)
    assert transverse.node("A").quantity("coulomb_shift").value < 0
    table["link"] = {"A-B": {"coupling": "11 Hz"}}
    assert qh.chip_from_spec(table).coupling_between("B", "A") == pytest.approx(TWO_PI * 11)


def test_ions_that_are_placed_alike_share_their_oscillator(table):
    table["node"]["B"] = {"like": "A", "position": "240 um"}
    table["node"]["C"] = {"like": "A", "position": "-240 um"}
    chip = qh.chip_from_spec(table)
    a, b, c = chip.nodes
    assert b.complete is c.complete is not a.complete
    assert a.quantity("static_force").value == pytest.approx(0, abs=1e-9 * b.quantity("static_force").value)


def test_light_at_another_ion_is_that_of_its_beam(table):
    crosstalk = {c.key: c for c in qh.chip_from_spec(table).criteria}["light_crosstalk"]
    assert crosstalk.meets_margin
    for section in ("damping", "amplification", "cooling"):
        table["node"]["A"][section]["beam_waist"] = "150 um"
    crosstalk = {c.key: c for c in qh.chip_from_spec(table).criteria}["light_crosstalk"]
    assert crosstalk.value == pytest.approx(math.exp(-((240 / 150) ** 2)))
    assert crosstalk.passed is False
    for node in table["node"].values():
        node.pop("position")
    del table["chain"]
    table["link"] = {"A-B": {"coupling": "-8 Hz"}}
    crosstalk = {c.key: c for c in qh.chip_from_spec(table).criteria}["light_crosstalk"]
    assert crosstalk.value is None

"""Groups of any ladder: three levels as a special case, devices with their own elements, what three levels lose."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.ensemble.equations import Equations
from qsb_hw.ensemble.stability import growth, onset, stability_matrix
from qsb_hw.ensemble.three_levels import three_level_error


def kerr(levels=6, *, sigma=0.1, kerr=10.0, n0=1, secular=True):
    return qh.EffectiveOscillator.lorentzian(
        kerr=kerr, gamma=1, sigma=sigma, n_plus=n0, n_minus=n0 + 1, levels=levels, secular=secular
    )


def slope_of(groups, states):
    """dρ/dt of every group, with matrices written out."""
    raising = np.swapaxes(groups.lowering, 1, 2).conj()
    amplitudes = np.array([np.trace(s @ r) for s, r in zip(states, raising, strict=True)])
    slopes = []
    for s, state in enumerate(states):
        field = groups.links[s] @ amplitudes
        hamiltonian = np.diag(groups.energies[s]) + raising[s] * np.conj(field) + groups.lowering[s] * field
        change = -1j * (hamiltonian @ state - state @ hamiltonian)
        for jump in groups.jumps[s]:
            kept = jump.conj().T @ jump
            change = change + jump @ state @ jump.conj().T - (kept @ state + state @ kept) / 2
        slopes.append(change)
    return np.array(slopes)


def random_states(rng, count, size):
    roots = rng.standard_normal((count, size, size)) + 1j * rng.standard_normal((count, size, size))
    states = roots @ np.swapaxes(roots.conj(), 1, 2)
    return states / np.trace(states, axis1=1, axis2=2)[:, None, None]


@given(seed=st.integers(0, 2**32 - 1))
def test_linearised_equations_are_their_derivative(seed):
    rng = np.random.default_rng(seed)
    devices = [kerr(4, kerr=k, secular=s) for k, s in zip(rng.uniform(-3, 3, 2), (True, False), strict=True)]
    groups = qh.LadderGroups.of(devices, (m := rng.normal(size=(2, 2))) + m.T, sizes=rng.uniform(0.5, 2, 2))
    states, frequency = random_states(rng, 2, 4), rng.normal()
    change = rng.standard_normal((2, 4, 4)) + 1j * rng.standard_normal((2, 4, 4))
    change += np.swapaxes(change.conj(), 1, 2)
    change -= np.eye(4) * np.trace(change, axis1=1, axis2=2)[:, None, None] / 4
    number = np.diag(np.arange(4.0))

    def turning(rho):
        return slope_of(groups, rho) + 1j * frequency * (number @ rho - rho @ number)

    expected = (turning(states + change) - turning(states - change)) / 2  # of second degree: exact
    found = Equations.of(groups).linearised(states, frequency) @ change.reshape(2, 16)[:, 1:].ravel()
    assert np.allclose(found, expected.reshape(2, 16)[:, 1:].ravel(), atol=1e-10)


@given(seed=st.integers(0, 2**32 - 1))
def test_three_levels_are_a_ladder(seed):
    rng = np.random.default_rng(seed)
    groups = qh.SpinGroups(
        gain=rng.uniform(0.1, 1), loss=rng.uniform(0.1, 1), asymmetry=rng.normal(), coupling=rng.normal(),
        intergroup=rng.normal(), detuning=rng.normal(), elements=rng.uniform(0.5, 2, 2),
    )  # fmt: skip
    start = random_states(rng, 2, 3)
    one = qh.mean_field(groups, 10.0, initial=start, samples=50)
    other = qh.mean_field(groups.ladders, 10.0, initial=start, samples=50)
    assert np.abs(one.amplitudes - other.amplitudes).max() < 1e-10
    assert np.abs(one.final - other.final).max() < 1e-10
    short = qh.mean_field(groups.ladders, 1e-5, initial=start, samples=8)
    assert np.allclose((short.final - start) / 1e-5, slope_of(groups.ladders, start), atol=2e-3)


def test_locked_state_of_a_ladder_is_where_integration_ends():
    device = kerr(5, sigma=0.3, kerr=3.0)
    groups = qh.LadderGroups.of(device, 3.0)
    cycle = qh.limit_cycle(groups)
    assert cycle.synchronized
    assert cycle.stable
    run = qh.mean_field(groups, 400.0, samples=4000)
    assert run.order_parameter[0] == pytest.approx(cycle.amplitude[0], abs=1e-5)
    assert run.dominant_frequencies[0] == pytest.approx(cycle.frequency[0], abs=1e-3)
    assert np.linalg.eigvalsh(cycle.states).min() > 0


@pytest.mark.parametrize("secular", [True, False])
def test_onset_of_a_ladder_is_where_its_disturbances_grow(secular):
    groups = qh.LadderGroups.of(kerr(6, sigma=0.2, secular=secular), 1.0)
    factor = onset(groups)
    assert growth(groups.scaled(0.999 * factor)).real < 0 < growth(groups.scaled(1.001 * factor)).real
    assert stability_matrix(groups).shape == (5, 5)


@given(
    gain=st.floats(0.05, 2), loss=st.floats(0.05, 2), asymmetry=st.floats(-3, 3),
    lower=st.floats(0.3, 2), upper=st.floats(0.3, 2),
)  # fmt: skip
def test_critical_coupling_with_elements_of_its_own_is_the_onset(gain, loss, asymmetry, lower, upper):
    given = {"gain": gain, "loss": loss, "asymmetry": asymmetry, "elements": [lower, upper]}
    critical = qh.critical_coupling(**given)
    found = onset(qh.SpinGroups(**given, coupling=1.0))
    if critical > 1e5:
        assert found > 5e4
    else:
        assert found == pytest.approx(critical, rel=1e-6)


def test_equal_lorentzians_sit_exactly_at_the_interference_blockade():
    # γ₊ = γ n0 and γ₋ = γ(n0 + 1) weigh the bosonic elements √n0 and √(n0+1) equally: a²/γ₊ = b²/γ₋
    for n0 in (1, 2, 3):
        three = {"gain": n0, "loss": n0 + 1, "elements": [math.sqrt(n0), math.sqrt(n0 + 1)]}
        assert math.isinf(qh.critical_coupling(**three, asymmetry=0.0))
        assert math.isinf(qh.critical_coupling(**three, asymmetry=1.0))
        # the asymmetry of a Kerr oscillator with K > 0 is −2K, which lifts it
        large = qh.critical_coupling(**three, asymmetry=-1e4)
        assert large == pytest.approx(_far_onset(three, -1e4), rel=1e-3)


def _far_onset(three, asymmetry):
    """V_c for |K| ≫ γ±: both transitions respond off resonance, χ = i[a²/ω − b²/(ω − K)] with losses deciding ω."""
    a2, b2 = np.array(three["elements"]) ** 2
    ratio = math.sqrt(b2 * three["loss"] / (a2 * three["gain"]))  # |ω − K| = ratio·|ω| from Re χ = 0
    omega = asymmetry / (1 + ratio)
    return 1 / abs(a2 / omega - b2 / (omega - asymmetry))


def test_device_becomes_its_three_levels():
    device = kerr(6, kerr=10, n0=2)
    groups = qh.SpinGroups.from_device(device, coupling=0.7, intergroup=0.2, detuning=3.0)
    assert groups.asymmetry.tolist() == [-20.0, -20.0]  # −2K
    assert groups.gain[0] == pytest.approx(2.0)  # γ n0
    assert groups.loss[0] == pytest.approx(3.0)  # γ (n0 + 1)
    assert np.allclose(groups.elements, [[math.sqrt(2), math.sqrt(3)]] * 2)
    assert groups.frequency.tolist() == [1.5, -1.5]
    spin = qh.SpinGroups.from_device(device, coupling=0.7, spin=True)
    assert np.allclose(spin.elements, math.sqrt(2))


def test_error_of_three_levels_falls_with_the_fourth_out_of_reach():
    # the next transition lies 2K beyond: at given σ the field at the onset grows with K and still reaches it equally,
    # while narrower lines leave less outside; the error of V_c is first order in the population outside
    sigmas = np.array([0.02, 0.04, 0.08])
    errors = [three_level_error(kerr(10, sigma=s), 6.0) for s in sigmas]
    outside = np.array([e.outside for e in errors])
    assert np.polyfit(np.log(sigmas), np.log(outside), 1)[0] == pytest.approx(2, abs=0.05)
    assert all(0 < abs(e.of_critical_coupling) < 0.05 for e in errors)
    assert abs(errors[0].of_critical_coupling) < abs(errors[-1].of_critical_coupling)
    assert errors[0].amplitude > 0
    assert abs(errors[0].of_amplitude) < 0.1


def test_three_levels_cut_from_three_lose_the_tails_of_the_lines():
    sigmas = np.array([0.01, 0.02, 0.04])
    errors = [abs(three_level_error(kerr(3, sigma=s), 6.0).of_critical_coupling) for s in sigmas]
    assert np.polyfit(np.log(sigmas), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qh.SpinGroups.from_device("transmon", coupling=1), "must be eliminated"),
        (lambda: qh.SpinGroups.from_device(kerr(6, n0=5), coupling=1), "neighbour on either side"),
        (lambda: qh.SpinGroups(gain=1, loss=1, coupling=1, elements=[1, 0]), "two positive numbers"),
        (lambda: qh.critical_coupling(gain=1, loss=1, elements=[1, 2, 3]), "two positive numbers"),
        (lambda: qh.LadderGroups.of([kerr(4), kerr(5)], np.ones((2, 2))), "equally many levels"),
        (lambda: qh.LadderGroups.of(kerr(4), np.ones((2, 2))), "one row per group"),
        (lambda: qh.LadderGroups.of(kerr(4), 1.0, sizes=[-1.0]), "positive number per group"),
        (lambda: qh.LadderGroups.of(kerr(4), np.inf), "must be finite"),
        (lambda: qh.mean_field(qh.LadderGroups.of(kerr(4), 1.0), 1.0, initial=np.eye(3)[None] / 3), "1 matrices of 4"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(qh.ArgumentError, match=message):
        make()

"""Noise budget: every row is the difference of two solutions that can be had without it."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.variants import with_mode_kerr, without_recoil
from qsb_hw.model.bath import Nonlinearity
from qsb_hw.model.noise import Noise
from qsb_hw.questions.noise import NO_SUCH_CHANNEL
from qsb_hw.questions.observe import certified_pair, observe, pair_detunings
from qsb_hw.questions.slow_noise import DURATION
from qsb_hw.result import Status
from qsb_hw.spec.load import read_toml

SMALL = {"levels": 4, "pair_levels": 3, "bath_levels": 2}


def pumped(oscillator, kerr, photons):
    """The same with K_c and n_c of its cavities known."""
    baths = [
        replace(bath, nonlinearity=Nonlinearity(bath.tones[0].coupling / math.sqrt(photons), kerr))
        for bath in oscillator.baths
    ]
    return replace(oscillator, baths=tuple(baths))


@pytest.fixture(scope="module")
def spec():
    return read_toml(qh.shipped_specs()["kerr_squid_array"])


@pytest.fixture(scope="module")
def device():
    return qh.load_device("kerr_squid_array")


@pytest.fixture(scope="module")
def setting(device):
    """Six levels, in pairs of three."""
    return qh.analyse(device, levels=6, pair_levels=3)


@pytest.fixture(scope="module")
def budget(setting):
    return qh.noise_budget(setting)


@pytest.fixture(scope="module")
def peer(device):
    """P(n0) by QuTiP."""
    return qutip_fidelity(device.oscillator(6))


@pytest.fixture(scope="module")
def transmon():
    return qh.analyse(qh.load_device("transmon_squid"), **SMALL)


@pytest.fixture(scope="module")
def slow(transmon):
    """Rows of 1/f flux noise and of charge, within a measurement of the usual length."""
    return qh.noise_budget(transmon, noises=["flux-noise", "charge-dispersion"])


def row(budget, noise):
    return next(r for r in budget.rows if r.noise is noise)


def qutip_fidelity(oscillator):
    import qutip

    hamiltonian, jumps = qh.full_model(oscillator).to_qutip()
    rho = qutip.steadystate(hamiltonian, jumps).ptrace(0)
    return float(rho.diag()[1].real)


@pytest.mark.parametrize(
    ("noise", "change"),
    [
        (Noise.T1, {"t1": math.inf}),
        (Noise.DEPHASING, {"t_phi": math.inf}),
        (Noise.TEMPERATURE, {"thermal_occupation": 0.0}),
    ],
)
def test_a_row_is_the_difference_of_two_solutions_of_a_peer(budget, device, peer, noise, change):
    oscillator = device.oscillator(6)
    without = replace(oscillator, decoherence=replace(oscillator.decoherence, **change))
    found = row(budget, noise)
    assert found.fidelity == pytest.approx(peer, abs=1e-9)
    assert found.fidelity_without == pytest.approx(qutip_fidelity(without), abs=1e-9)
    assert found.fidelity_loss == found.fidelity_without - found.fidelity
    assert (found.status, found.residual < 1e-9) == (Status.CONVERGED, True)


def test_contrasts_are_those_of_complete_pairs_with_three_fock_states_to_half_a_percent(device):
    setting = qh.analyse(device, levels=6, pair_levels=4)
    (found,) = qh.noise_budget(setting, noises=["dephasing"]).rows
    oscillator, v = device.oscillator(6), device.nearest_coupling
    quiet = replace(oscillator, decoherence=replace(oscillator.decoherence, t_phi=math.inf))
    detunings = pair_detunings(oscillator, setting)
    for mine, its in ((found.contrast, oscillator), (found.contrast_without, quiet)):
        pair = qh.Network([its.truncated(4)] * 2, [[0, v], [v, 0]])
        assert qh.network_model(pair).dims == (4, 3, 3) * 2
        blockade, resonance = (s.synchronization(0, 1) for s in qh.detuning_sweep(pair, detunings))
        assert mine == pytest.approx(resonance / blockade, rel=5e-3)


def test_a_row_is_what_the_spec_says_without_that_noise(spec, setting, budget):
    changed = copy.deepcopy(spec)
    changed["oscillator"].pop("t2")
    changed["oscillator"]["t_phi"] = "1e6 s"
    quiet = qh.device_from_spec(changed)
    other = observe(quiet.oscillator(6), setting)
    found = row(budget, Noise.DEPHASING)
    assert found.fidelity_without == pytest.approx(other.fidelity, abs=1e-9)
    assert found.contrast_without == pytest.approx(other.contrast, rel=1e-6)


def test_taking_one_noise_away_changes_its_row_and_makes_it_not_given(spec, budget):
    changed = copy.deepcopy(spec)
    changed["oscillator"]["temperature"] = "0 mK"
    cold = qh.device_from_spec(changed)
    colder = qh.noise_budget(qh.analyse(cold, levels=6, pair_levels=3), noises=["temperature", "t1"])
    assert not row(colder, Noise.TEMPERATURE).given
    assert row(colder, Noise.T1).fidelity_loss == pytest.approx(row(budget, Noise.T1).fidelity_loss, rel=2e-3)


def test_t1_takes_in_proportion_to_its_rate_and_as_the_rates_say(make_oscillator, make_device):
    # n0 = 1, narrow tones: 1/T1 empties, γ refills: P(0) = 1/γT1
    losses = np.array([1e3, 2e3, 4e3])
    lost = []
    for loss in losses:
        device = make_device(make_oscillator(sigma=0.02, ratio=0.02, levels=3, loss=loss, quanta=2))
        lost.append(qh.noise_budget(device, noises=["t1"]).rows[0].fidelity_loss)
    assert np.polyfit(np.log(losses), np.log(lost), 1)[0] == pytest.approx(-1, abs=0.02)
    assert lost[-1] * losses[-1] == pytest.approx(1, rel=0.05)


def test_cavity_kerr_takes_the_square_of_its_pull_and_retuning_gives_it_back(make_oscillator):
    oscillator = make_oscillator(sigma=0.05, levels=4)
    kappa = oscillator.baths[0].tones[0].linewidth
    still = qh.steady_state(qh.full_model(oscillator)).populations(0)[1]

    def lost(pull, retuned=False):
        moved = with_mode_kerr(pumped(oscillator, pull * kappa / 80, 20.0), retuned)
        return still - qh.steady_state(qh.full_model(moved)).populations(0)[1]

    pulls = np.array([0.05, 0.1, 0.2])
    even = [(lost(p) + lost(-p)) / 2 for p in pulls]  # the baths' own shift leaves a part odd in the pull
    assert np.polyfit(np.log(pulls), np.log(even), 1)[0] == pytest.approx(2, abs=0.05)
    assert abs(lost(0.2, retuned=True)) < 1e-3 * lost(0.2)


def test_a_pulled_cavity_is_a_cavity_with_that_detuning_and_anharmonicity(make_oscillator):
    oscillator = make_oscillator(levels=4, quanta=4)
    known = pumped(oscillator, 0.01, 3.0)
    n = np.arange(4)
    for bath, other in zip(with_mode_kerr(known).baths, with_mode_kerr(known, retuned=True).baths, strict=True):
        delta = bath.tones[0].detuning
        assert other.tones[0].detuning == pytest.approx(delta - 0.12)
        np.testing.assert_allclose(np.diag(bath.hamiltonian), -(delta + 0.12) * n - 0.01 * n * (n - 1))
        np.testing.assert_allclose(np.diag(other.hamiltonian), -delta * n - 0.01 * n * (n - 1))


def test_squeezing_left_out_is_of_the_order_of_its_square(make_oscillator):
    """−K_c n_c (c² + c†²) kept with all counter-rotating terms changes P(n0) by (K_c n_c/δ)² and no more.

    In the rotating-wave approximation only −4K_c n_c c†c − K_c c†²c² is left of the Kerr effect.
    """
    oscillator = make_oscillator(sigma=0.05, levels=3, quanta=4)
    kerr = with_mode_kerr(pumped(oscillator, 0.01, 20.0), retuned=True)
    lost = {
        rwa: np.subtract(*(qh.steady_state(qh.full_model(o, rwa=rwa)).populations(0)[1] for o in (oscillator, kerr)))
        for rwa in (True, False)
    }
    assert 0 < abs(lost[True] - lost[False]) < 10 * (0.2 / 50) ** 2


def test_worst_comes_first_and_what_is_not_given_last(budget):
    given = [r for r in budget.rows if r.given]
    severities = [r.severity for r in given]
    assert severities == sorted(severities, reverse=True)
    assert [r.given for r in budget.rows] == [True] * len(given) + [False] * (len(budget.rows) - len(given))
    assert {r.noise for r in given} == {Noise.T1, Noise.DEPHASING, Noise.TEMPERATURE, Noise.CAVITY_KERR}
    assert {r.noise for r in budget.rows} == set(Noise)


def test_what_is_not_given_is_no_number_and_says_how_to_give_it(budget):
    flux, recoil = row(budget, Noise.FLUX), row(budget, Noise.RECOIL)
    assert math.isnan(flux.fidelity_loss)
    assert "flux_noise" in flux.remedy
    assert recoil.remedy == NO_SUCH_CHANNEL


def test_recoil_and_heating_of_an_ion():
    device = qh.load_device("ion_lattice_be9")
    budget = qh.noise_budget(qh.analyse(device, levels=5), noises=["recoil", "heating", "cavity-kerr"])
    oscillator = device.oscillator(5)
    still = without_recoil(oscillator)
    expected = qh.steady_state(qh.full_model(still)).populations(0)[1]
    assert row(budget, Noise.RECOIL).fidelity_without == pytest.approx(expected, abs=1e-12)
    assert row(budget, Noise.RECOIL).fidelity_loss > row(budget, Noise.HEATING).fidelity_loss > 0
    assert not row(budget, Noise.CAVITY_KERR).given


def test_flux_and_charge_of_the_transmon_are_rows_of_their_own(slow):
    assert sorted(r.name for r in slow.rows) == [
        "1/f flux noise, amplification", "1/f flux noise, damping", "charge dispersion, oscillator",
    ]  # fmt: skip
    for found in slow.rows:
        assert found.given
        assert 0 <= found.fidelity_loss < 1e-6
        assert found.contrast_loss < 1e-4
        assert found.fidelity_error < 1e-9
    # as it is, and for each of three variables rules of two and three nodes: devices, pairs at the resonance, and
    # without detuning one of two pairs that are each other's mirror image
    assert slow.solves == 3 + 3 * (2 + 4 + 3 + 3 + 9 + 6)


def test_longer_measurements_see_more_of_the_noise(transmon, slow):
    short = qh.noise_budget(transmon, noises=["flux-noise"], duration=1.0)
    long, brief = row(slow, Noise.FLUX), row(short, Noise.FLUX)
    rate = qh.relaxation_rate(qh.full_model(transmon.device.oscillator(4)))
    band = np.log(np.array([1.0, DURATION]) * rate / (2 * math.pi))
    assert long.fidelity_loss / brief.fidelity_loss == pytest.approx(band[1] / band[0], rel=1e-2)


def test_noises_that_are_none_and_devices_without_a_state():
    device = qh.load_device("kerr_squid_array")
    with pytest.raises(qh.ArgumentError, match=r"'t2'\. Known are t1, dephasing"):
        qh.noise_budget(device, noises=["t2"])
    with pytest.raises(qh.ArgumentError, match="single out one level"):
        qh.noise_budget(qh.load_device("photon_pressure"))
    with pytest.raises(qh.ArgumentError, match="single out one level"):
        qh.noise_budget(qh.analyse(device.oscillator(3).truncated(2)))


def test_a_solve_that_fails_is_data_and_comes_first(monkeypatch, device):
    solve = qh.steady_state

    def fails_without_dephasing(model):
        found = solve(model)
        quiet = not any(j.shape == model.jumps[-1].shape and abs(j - j.conj().T).max() == 0 for j in model.jumps)
        return replace(found, status=Status.NOT_CONVERGED) if quiet else found

    monkeypatch.setattr("qsb_hw.questions.observe.steady_state", fails_without_dephasing)
    budget = qh.noise_budget(qh.analyse(device, **SMALL), noises=["t1", "dephasing"])
    assert budget.rows[0].noise is Noise.DEPHASING
    assert budget.rows[0].status is Status.NOT_CONVERGED
    assert math.isnan(budget.rows[0].fidelity_loss)
    assert math.isfinite(budget.rows[1].fidelity_loss)
    assert budget.status is Status.NOT_CONVERGED


def test_the_other_resonance_is_a_mirror_image(make_oscillator):
    oscillator = make_oscillator(levels=4, quanta=2)
    setting = qh.analyse(oscillator)
    zero, resonance = pair_detunings(oscillator, setting)
    there, mirrored = certified_pair(oscillator, oscillator, np.array([resonance, -resonance]), setting).S
    assert zero == 0
    assert there == pytest.approx(mirrored, rel=1e-9)

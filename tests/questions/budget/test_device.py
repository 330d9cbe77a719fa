"""The whole budget of a device: parts, certificates, settling time, and what it costs."""

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.questions.budget import device_budget
from qsb_hw.questions.tones import advise_tones

SMALL = {"pair_levels": 3, "bath_levels": 2}


@pytest.fixture(scope="module")
def seen():
    stages = []

    def heard(stage, done, total):
        stages.append((stage, done, total))

    return device_budget(qh.load_device("kerr_squid_array"), pair_levels=3, progress=heard), stages


@pytest.fixture(scope="module")
def second_level(two_level_transmon):
    """Tones advised for n0 = 2."""
    return advise_tones(qh.analyse(two_level_transmon, levels=6, pair_levels=4, bath_levels=2))


def test_every_number_is_certified(seen):
    budget, _ = seen
    assert budget.numerics.converged
    assert budget.numerics.residual < 1e-9
    assert 0 < budget.numerics.truncation_error < 1e-3
    assert budget.numerics.bath_edge_population < 1e-4


def test_what_it_costs_in_steady_states(seen):
    budget, _ = seen
    # one alone and two of the pair: as it is, without each of three channels, with cavity Kerr and retuned
    assert budget.noise.solves == 3 * (1 + 3 + 2)
    # five variants with their pairs, two searches
    assert budget.tones.solves <= 5 * 3 + 2 * (13 + 20)
    assert budget.solves == budget.noise.solves + budget.tones.solves  # detection shares the nominal pair


def test_check_and_budget_solve_the_same_pair(seen):
    budget, analysis = seen[0], qh.analyse(qh.load_device("kerr_squid_array"), pair_levels=3)
    assert budget.noise.nominal.contrast == pytest.approx(analysis.prediction.contrast, rel=1e-6)
    assert budget.conditions == analysis.conditions


def test_progress_is_reported_stage_by_stage(seen):
    names = list(dict.fromkeys(stage for stage, _, _ in seen[1]))
    assert "noise budget: T1" in names
    assert {"best linewidth", "comb of tones", "repetitions"} <= set(names)


def test_tones_advised_are_better_and_the_comb_is_at_the_specified_width(seen):
    budget, _ = seen
    variants = {v.name: v for v in budget.tones.variants}
    assert list(variants) == ["as specified", "best κ", "comb", "comb, best κ", "same κ, single tone"]
    assert variants["as specified"].fidelity == pytest.approx(budget.noise.nominal.fidelity, abs=1e-12)
    assert variants["best κ"].fidelity > variants["as specified"].fidelity + 0.05
    assert variants["comb"].linewidth == variants["as specified"].linewidth
    assert (variants["comb"].amplified, variants["comb"].damped) == (1, 2)
    assert variants["as specified"].contrast == pytest.approx(budget.noise.nominal.contrast, rel=1e-9)
    assert f"{variants['best κ'].fidelity:.4f}" in budget.tones.advice


def test_advice_does_not_give_up_adiabaticity(seen, second_level):
    budget, _ = seen
    for tones in (budget.tones, second_level):
        now = tones.variants[0]
        limit = max(0.1, 1.01 * now.adiabaticity)
        within = [v for v in tones.variants if v.adiabaticity <= limit and v.fidelity > now.fidelity + 5e-3]
        beyond = "elimination no longer holds" in tones.advice
        assert beyond != bool(within)


def test_the_second_level_is_advised_a_comb(second_level):
    advice = second_level
    assert "2 amplifying and 2 damping tones" in advice.advice
    assert max(advice.variants, key=lambda v: v.fidelity).name == "comb, best κ"
    found = {v.name: v.fidelity for v in advice.variants}
    assert found["same κ, single tone"] < 0.75 < found["comb, best κ"] - 0.2
    weakest = {v.name: v.slowest_pumping for v in advice.variants}
    assert weakest["as specified"] < 1
    assert weakest["comb"] > 10


def test_a_device_whose_tones_are_good_is_told_to_keep_them():
    advice = advise_tones(qh.analyse(qh.load_device("transmon_squid"), levels=5, **SMALL))
    assert advice.advice.startswith("Keep the tones")


def test_settling_is_the_gap_of_the_pair_as_a_peer_finds_it(seen):
    import qutip

    budget, _ = seen
    v, levels = budget.conditions.coupling.value, int(budget.conditions.pair_levels.value)
    effective = qh.eliminate(budget.oscillator).truncated(levels)
    gaps = []
    for sighting in budget.detection:
        model = qh.network_model(qh.Network([effective.detuned(sighting.detuning), effective], [[0, v], [v, 0]]))
        hamiltonian, jumps = model.to_qutip()
        values, vectors = np.linalg.eig(qutip.liouvillian(hamiltonian, jumps).full())
        n = np.add.outer(np.arange(levels), np.arange(levels)).ravel()
        conserving = (n[:, None] == n[None, :]).T.ravel()
        inside = (np.abs(vectors[~conserving]) ** 2).sum(0) < 1e-12
        gaps.append(np.sort(-values[inside].real)[1])
    assert budget.settling_rate == pytest.approx(min(gaps), rel=1e-6)
    assert math.exp(-budget.settling_rate * budget.settling_time) == pytest.approx(0.01)


def test_one_repetition_waits_until_the_pair_stands_from_the_ground_state(seen):
    """Pumps and coupling on at t = 0: what is left of S and P(n0) after the wait of one repetition."""
    budget, _ = seen
    v, levels = budget.conditions.coupling.value, int(budget.conditions.pair_levels.value)
    effective, n0 = qh.eliminate(budget.oscillator).truncated(levels), budget.conditions.target
    for sighting in budget.detection:
        pair = qh.Network([effective.detuned(sighting.detuning), effective], [[0, v], [v, 0]])
        found, forever = qh.evolve(pair, [0.0, budget.settling_time / 10, budget.settling_time]), qh.steady_state(pair)
        fidelity = found.populations(0)[:, n0]
        assert fidelity[0] == pytest.approx(0, abs=1e-9)
        stands = forever.populations(0)[n0]
        assert fidelity[1] < 0.97 * stands  # a tenth of the wait would not do
        assert fidelity[2] == pytest.approx(stands, rel=0.02)
        still = forever.synchronization(0, 1)
        assert found.synchronization(0, 1)[2] == pytest.approx(still, rel=0.05, abs=0.02 * fidelity[2])


def test_sightings_are_a_resonance_and_zero(seen):
    budget, _ = seen
    resonance, zero = budget.detection
    assert (resonance.resonance, zero.resonance) == (True, False)
    assert zero.detuning == 0.0
    expected = budget.noise.nominal.S
    np.testing.assert_allclose([zero.S, resonance.S], expected, rtol=1e-9)
    assert resonance.shots[0].repetitions < zero.shots[0].repetitions
    assert resonance.shots[0].repetitions < budget.repetitions_to_contrast < zero.shots[0].repetitions


def test_without_a_fock_state_the_reason_takes_the_place_of_the_budget():
    budget = device_budget(qh.load_device("photon_pressure"))
    assert (budget.noise, budget.tones, budget.detection) == (None, None, ())
    assert "noise budget, tones and shots" in budget.numerics.skipped[0]


def test_a_comb_that_collides_is_a_variant_that_says_why(make_device, make_oscillator):
    device = make_device(make_oscillator(sigma=0.6, ratio=0.05, levels=4, quanta=2))
    advice = advise_tones(qh.analyse(device, **SMALL))
    comb = next(v for v in advice.variants if v.name == "comb")
    assert comb.status is qh.Status.SKIPPED
    assert "colliding" in comb.message
    assert advice.comb is None


def test_bad_questions():
    device = qh.load_device("kerr_squid_array")
    with pytest.raises(qh.ArgumentError, match="A noise must be one that is known"):
        device_budget(device, noises=["recoill"])
    with pytest.raises(qh.ArgumentError, match=r"between n0 \+ 2 = 3 and the 30 that are bound"):
        device_budget(device, levels=2)
    with pytest.raises(qh.ArgumentError, match="`coupling` must not be zero"):
        device_budget(device, coupling=0.0)

"""How wrong elimination is, and with which power of g/κ that falls."""

import numpy as np
import pytest

import qsb_hw as qh

RATIOS = np.array([0.005, 0.01, 0.02, 0.04])
DEVICES = [(1, 0.3), (2, 0.8), (3, 0.5)]


@pytest.fixture(scope="module", params=DEVICES, ids=lambda p: f"n0={p[0]}, κ/K={p[1]}")
def ladder_of_comparisons(request, lab):
    """(n0, κ, comparisons) over g/κ = RATIOS."""
    target, kappa = request.param
    return target, kappa, [qh.compare(lab.stabilised(target, kappa, r * kappa)) for r in RATIOS]


def test_states_differ_by_the_square_of_g_over_kappa(lab, ladder_of_comparisons):
    _, _, comparisons = ladder_of_comparisons
    assert lab.exponent(RATIOS, [c.trace_distance for c in comparisons]) == pytest.approx(2, abs=0.1)


def test_relaxation_rates_differ_by_the_square_of_g_over_kappa(lab, ladder_of_comparisons):
    _, _, comparisons = ladder_of_comparisons
    relative = [c.relaxation_rate_full / c.relaxation_rate_eliminated - 1 for c in comparisons]
    assert max(np.abs(relative)) < 0.01
    assert lab.exponent(RATIOS, relative) == pytest.approx(2, abs=0.15)


def test_fitted_width_goes_to_kappa_over_4k_with_the_square_of_g_over_kappa(lab, ladder_of_comparisons):
    _, kappa, comparisons = ladder_of_comparisons
    for side in ("amplification", "damping"):
        sigma = np.array([getattr(c.fitted, side).sigma for c in comparisons])
        assert sigma[0] == pytest.approx(kappa / 4, rel=1e-3)  # K = 1
        assert lab.exponent(RATIOS, sigma / (kappa / 4) - 1) == pytest.approx(2, abs=0.1)


def test_fitted_centres_go_to_the_derived_ones_with_the_square_of_g_over_kappa(lab, ladder_of_comparisons):
    target, _, comparisons = ladder_of_comparisons
    up = np.array([c.fitted.amplification.centre for c in comparisons]) - target
    down = np.array([c.fitted.damping.centre for c in comparisons]) - (target + 1)
    for shift in (up, down):
        assert abs(shift[0]) < 1e-4
        assert lab.exponent(RATIOS, shift) == pytest.approx(2, abs=0.1)


def test_fitted_peak_rate_goes_to_4g2_over_kappa_with_the_square_of_g_over_kappa(lab, ladder_of_comparisons):
    _, kappa, comparisons = ladder_of_comparisons
    for side in ("amplification", "damping"):
        gamma = np.array([getattr(c.fitted, side).gamma for c in comparisons]) / (4 * RATIOS**2 * kappa)
        assert lab.exponent(RATIOS, gamma - 1) == pytest.approx(2, abs=0.1)


def test_printed_width_misses_the_full_model_and_the_derived_one_does_not(lab):
    # κ/K = 0.8, n0 = 2, g/κ = 0.025: full 0.904, σ = κ/4K 0.905, σ = κ/8K 0.974
    target, kappa = 2, 0.8
    oscillator = lab.stabilised(target, kappa, 0.025 * kappa, levels=8)
    full = qh.steady_state(qh.full_model(oscillator)).populations(0)[target]
    derived = qh.steady_state(qh.effective_model(qh.eliminate(oscillator))).populations(0)[target]
    gamma = 4 * (0.025 * kappa) ** 2 / kappa
    printed_width = qh.EffectiveOscillator.lorentzian(
        kerr=1.0, gamma=gamma, sigma=kappa / 8, n_plus=target, n_minus=target + 1, levels=8
    )
    printed = qh.steady_state(qh.effective_model(printed_width)).populations(0)[target]
    assert full == pytest.approx(0.904, abs=6e-4)
    assert derived == pytest.approx(0.905, abs=6e-4)
    assert printed == pytest.approx(0.974, abs=6e-4)


@pytest.mark.parametrize("target", [1, 2, 3])
@pytest.mark.parametrize("kerr_over_kappa", [1.0, 2.5, 7.0])
def test_full_model_supports_the_derived_convention(lab, target, kerr_over_kappa):
    kappa = 1 / kerr_over_kappa
    comparison = qh.compare(lab.stabilised(target, kappa, 0.03 * kappa, levels=target + 3, bath_levels=2))
    assert comparison.supported == {"sigma": "derived", "n_plus": "derived", "n_minus": "derived"}
    assert comparison.supported_convention == "derived"
    assert comparison.target == target
    assert comparison.trace_distance < 0.01 < comparison.trace_distance_published
    assert comparison.fock_fidelity(comparison.populations_full) == pytest.approx(
        comparison.fock_fidelity(comparison.populations_eliminated), abs=0.01
    )


def test_tones_away_from_the_lines_are_found_where_they_stand(lab):
    # blue tone raised by x: n₊ = 1 + (ω0 − δ₊)/2K falls by x/2K; the full model follows
    clean = lab.stabilised(2, 0.4, 0.004)
    shift = 0.11
    spacing = clean.ladder.transition_frequencies
    baths = [clean.baths[0], qh.Bath.cavity(spacing[1] + shift, 0.4, 0.004)]
    comparison = qh.compare(qh.SelfOscillator(clean.ladder, baths))
    assert comparison.fitted.amplification.centre == pytest.approx(2 - shift / 2, abs=1e-4)
    assert comparison.fitted.damping.centre == pytest.approx(3, abs=1e-4)


def test_dispersive_shift_moves_the_resonance_of_the_full_model(lab):
    # a far-detuned second red tone shifts the 0–1 spacing by ΔE_1 − ΔE_0; the amplification line, found by sweeping
    # the blue tone over the full model, moves by just that: n₊ by −shift/2K
    base = lab.stabilised(1, 0.3, 0.004, levels=4)
    ladder = base.ladder
    mover = qh.Bath.cavity(-(ladder.transition_frequencies[0] + 3.0), 0.3, 0.15, levels=3, name="far red")
    shifted = qh.eliminate(qh.SelfOscillator(ladder, [mover]), rwa=True).ladder.transition_frequencies
    shift = shifted[0] - ladder.transition_frequencies[0]
    assert abs(shift) > 0.005
    offsets = np.linspace(-0.3, 0.3, 13) + shift

    def excited(offset):
        blue = qh.Bath.cavity(ladder.transition_frequencies[0] + offset, 0.3, 0.004)
        truncated = qh.SelfOscillator(ladder.truncated(3), [mover, blue], qh.Decoherence(t1=1e3))
        return qh.steady_state(qh.full_model(truncated)).populations(0)[1]

    # the population ratio of a weakly pumped transition is a Lorentzian: 1/P1 is a parabola in the detuning
    populations = np.array([excited(x) for x in offsets])
    a, b, _ = np.polyfit(offsets, (1 - populations) / populations, 2)
    assert -b / (2 * a) == pytest.approx(shift, abs=0.15 * abs(shift))


def test_energy_relaxation_of_the_full_model_is_n_over_t1():
    # uncoupled cavities: the ladder decays n → n−1 at n/T1, slowest eigenvalue 1/T1
    baths = [qh.Bath.cavity(s * 40.0, 0.5, 0.0, levels=2) for s in (-1, 1)]
    oscillator = qh.SelfOscillator(qh.Ladder.kerr(41.0, 1.0, 4), baths, qh.Decoherence(t1=25.0))
    assert qh.relaxation_rate(qh.full_model(oscillator)) == pytest.approx(1 / 25, rel=1e-9)
    assert qh.relaxation_rate(qh.effective_model(qh.eliminate(oscillator))) == pytest.approx(1 / 25, rel=1e-9)


@pytest.mark.parametrize("t1", [3e2, 3e3, 3e4])
def test_losses_enter_the_full_and_the_eliminated_model_alike(lab, t1):
    intrinsic = qh.Decoherence(t1=t1, thermal_occupation=0.1)
    comparison = qh.compare(lab.stabilised(2, 0.6, 0.012, decoherence=intrinsic))
    clean = qh.compare(lab.stabilised(2, 0.6, 0.012))
    moved = np.abs(comparison.populations_full - clean.populations_full).max()
    assert comparison.trace_distance < 3e-3
    assert moved > 3 * comparison.trace_distance or t1 > 1e4  # short T1 matters, and is still got right


def test_comparison_of_a_device_without_published_forms_leaves_them_out(lab):
    # two blue tones: no single Lorentzian per side, so there is nothing to print or to fit
    base = lab.stabilised(2, 0.5, 0.01)
    second = qh.Bath.cavity(base.ladder.transition_frequencies[0], 0.5, 0.01, levels=2)
    comparison = qh.compare(qh.SelfOscillator(base.ladder.truncated(4), [*base.baths, second]))
    assert comparison.published is None
    assert comparison.supported_convention == "undecided"
    assert comparison.trace_distance < 0.01
    with pytest.raises(qh.ArgumentError, match="one tone per side"):
        qh.eliminate(qh.SelfOscillator(base.ladder, [*base.baths, second]), "published")

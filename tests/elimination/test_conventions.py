"""γ, σ, n± in both dictionaries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qsb_hw as qh
from qsb_hw.elimination.conventions import KerrFit


@given(
    kerr=st.floats(0.1, 5),
    kappa=st.floats(0.01, 3),
    coupling=st.floats(1e-4, 0.3),
    target=st.integers(1, 4),
    offsets=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
)
def test_both_conventions_as_tabled(kerr, kappa, coupling, target, offsets):
    # derived: σ = κ/4K, n₋ = 1 + (ω0 + δ₋)/2K, n₊ = 1 + (ω0 − δ₊)/2K
    # printed: σ = κ/8K, n₋ = −(δ₋ − ω0)/2K,    n₊ = (δ₊ − ω0)/2K
    frequency, levels = 200.0, target + 3
    red = -(frequency - 2 * kerr * target) + kerr * offsets[0]
    blue = frequency - 2 * kerr * (target - 1) + kerr * offsets[1]
    baths = [qh.Bath.cavity(delta, kappa, coupling) for delta in (red, blue)]
    oscillator = qh.SelfOscillator(qh.Ladder.kerr(frequency, kerr, levels), baths)
    derived, published = (qh.eliminate(oscillator, c) for c in ("derived", "published"))
    assert derived.gamma == pytest.approx(4 * coupling**2 / kappa)
    assert published.gamma == pytest.approx(4 * coupling**2 / kappa)
    assert derived.sigma == pytest.approx(kappa / (4 * kerr))
    assert published.sigma == pytest.approx(kappa / (8 * kerr))
    tight = {"rel": 1e-9, "abs": 1e-9}
    assert derived.n_minus == pytest.approx(1 + (frequency + red) / (2 * kerr), **tight)
    assert derived.n_plus == pytest.approx(1 + (frequency - blue) / (2 * kerr), **tight)
    assert published.n_minus == pytest.approx(-(red - frequency) / (2 * kerr), **tight)
    assert published.n_plus == pytest.approx((blue - frequency) / (2 * kerr), **tight)
    # hence, whatever the device: the two n₊ are mirror images about ½ and the two n₋ differ by 1 + δ₋/K
    assert derived.n_plus + published.n_plus == pytest.approx(1, abs=1e-9)
    assert derived.n_minus - published.n_minus == pytest.approx(1 + red / kerr, **tight)


def test_derived_rates_are_the_lorentzian_of_the_derived_numbers(lab):
    # γ n σ²/((n−n±)² + σ²) with κ/4K is the golden rule on a Kerr ladder, in the rotating-wave approximation
    oscillator = lab.stabilised(2, 0.6, 0.01)
    effective = qh.eliminate(oscillator, rwa=True)
    n = np.arange(1, oscillator.levels)
    for rates, centre in ((effective.up_rates, effective.n_plus), (effective.down_rates, effective.n_minus)):
        lorentzian = effective.gamma * n * effective.sigma**2 / ((n - centre) ** 2 + effective.sigma**2)
        assert np.allclose(rates, lorentzian, rtol=1e-9)


def test_tuned_tones_stand_on_the_target_level_in_the_derived_convention(lab):
    for target in (1, 2, 3):
        effective = qh.eliminate(lab.stabilised(target, 0.4, 0.01))
        assert effective.n_plus == pytest.approx(target, abs=1e-9)
        assert effective.n_minus == pytest.approx(target + 1, abs=1e-9)
        assert effective.target == target
        assert effective.convention == "derived"


def test_real_ladder_is_touched_at_the_target_level():
    # K and ω0 of a ladder that is not Kerr: exact for the two transitions next to n0
    spacings = np.array([100.0, 97.0, 93.5, 89.0])
    ladder = qh.Ladder.from_transitions(spacings)
    for level in (1, 2, 3):
        fit = KerrFit.at(ladder, level)
        assert fit.kerr == pytest.approx((spacings[level - 1] - spacings[level]) / 2)
        assert fit.position(spacings[level - 1]) == pytest.approx(level)
        assert fit.position(spacings[level]) == pytest.approx(level + 1)


def test_unknown_convention_is_refused_by_name(lab):
    with pytest.raises(qh.ArgumentError, match="'derived' or 'published', but found 'printed'"):
        qh.eliminate(lab.stabilised(), "printed")


def test_ladder_without_anharmonicity_has_no_published_form():
    baths = [qh.Bath.cavity(s * 10.0, 0.5, 0.01) for s in (-1, 1)]
    harmonic = qh.SelfOscillator(qh.Ladder.kerr(10.0, 0.0, 5), baths)
    with pytest.raises(qh.ArgumentError, match="K > 0"):
        qh.eliminate(harmonic, "published")
    assert np.isnan(qh.eliminate(harmonic).sigma)

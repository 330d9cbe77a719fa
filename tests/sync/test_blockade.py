"""The blockade itself: closed forms at first order, and what identical oscillators cannot do."""

import numpy as np
import pytest

import qsb_hw as qh


def lorch_first_order(detuning, kerr, sigmas, targets, levels, gamma=1.0):
    """S/V from Lörch 2017 Eqs. (S1)–(S3), written out for ladders that end at `levels`.

    ρ⁽¹⁾ between |m1−1, m2+1⟩ and |m1, m2⟩ is −iV√(m1(m2+1)) (difference of the populations)/λ with
    λ = −i(difference of the energies) − half of all rates out of the four levels.
    """
    n = np.arange(levels)

    def rates(sigma, centre):
        line = gamma * n * sigma**2 / ((n - centre) ** 2 + sigma**2)
        return np.append(line, 0.0)  # nothing leads above the top

    sites = []
    for site, (sigma, target) in enumerate(zip(sigmas, targets, strict=True)):
        up, down = rates(sigma, target), rates(sigma, target + 1)
        populations = np.cumprod(np.concatenate([[1.0], up[1:-1] / down[1:-1]]))
        energy = (detuning if site == 0 else 0.0) * n - kerr * n * (n - 1)
        sites.append((populations / populations.sum(), up[1:] + down[:-1], energy))
    (p1, out1, e1), (p2, out2, e2) = sites
    total = 0j
    for m1 in range(1, levels):
        for m2 in range(levels - 1):
            rate = -1j * (e1[m1 - 1] + e2[m2 + 1] - e1[m1] - e2[m2])
            rate -= (out1[m1] + out1[m1 - 1] + out2[m2] + out2[m2 + 1]) / 2
            drop = p1[m1] * p2[m2] - p1[m1 - 1] * p2[m2 + 1]
            total += -1j * np.sqrt(m1 * (m2 + 1)) * drop / rate
    return 2 * abs(total)


@pytest.mark.parametrize("detuning", [0.0, 3.0, 7.5, 20.0, -20.0, 31.0])
@pytest.mark.parametrize(("sigmas", "targets"), [((0.2, 0.2), (2, 2)), ((0.4, 0.1), (1, 3))])
def test_weak_coupling_gives_the_closed_form_of_first_order(lab, detuning, sigmas, targets):
    one, other = (lab.effective(n, sigma=s) for s, n in zip(sigmas, targets, strict=True))
    couplings = np.array([1e-3, 2e-3, 4e-3, 8e-3])
    ratio = np.array([lab.synchronization(lab.pair(one, other, v, detuning)) / v for v in couplings])
    limit = lorch_first_order(detuning, 10.0, sigmas, targets, 6)
    constant_term = np.polyfit(couplings, ratio, 2)[-1]
    assert constant_term == pytest.approx(limit, rel=1e-4)
    assert np.abs(ratio / limit - 1).max() < 0.05


@pytest.mark.parametrize("detuning", [0.0, 3.0, 20.0])
def test_synchronization_is_linear_in_a_weak_coupling(lab, detuning):
    couplings = np.array([1e-4, 1e-3, 1e-2])
    measures = [lab.synchronization(lab.pair(lab.effective(), v=v, detuning=detuning)) for v in couplings]
    assert lab.exponent(couplings, measures) == pytest.approx(1.0, abs=0.002)


def test_strong_coupling_saturates_the_peak(lab):
    # higher orders: S/V falls with V at the resonance (Lörch 2017 Fig. 2b)
    ratios = [lab.synchronization(lab.pair(lab.effective(), v=v, detuning=20.0)) / v for v in (0.05, 0.2, 0.35, 0.5)]
    assert np.all(np.diff(ratios) < 0)


def test_identical_oscillators_are_blocked_and_detuned_ones_are_not(lab):
    oscillator = lab.effective(2, kerr=40.0, sigma=0.05)
    at = {d: lab.synchronization(lab.pair(oscillator, v=0.2, detuning=d)) for d in (0.0, 80.0, -80.0)}
    assert at[80.0] > 10 * at[0.0]
    assert at[-80.0] == pytest.approx(at[80.0], rel=1e-9)


def test_zero_detuning_is_a_local_minimum_and_the_resonances_are_maxima(lab):
    kerr = 10.0
    grid = np.array([-3.0, 0.0, 3.0])  # a few linewidths
    for centre, sign in ((0.0, -1), (2 * kerr, 1), (-2 * kerr, 1)):
        left, middle, right = (lab.synchronization(lab.pair(lab.effective(), v=0.2, detuning=centre + d)) for d in grid)
        assert sign * (middle - left) > 0
        assert sign * (middle - right) > 0


def test_harmonic_oscillators_follow_the_classical_expectation(lab):
    # K = 0: no blockade, S is largest at zero detuning
    oscillator = lab.effective(2, kerr=0.0, sigma=0.3)
    measures = [lab.synchronization(lab.pair(oscillator, v=0.2, detuning=d)) for d in (0.0, 1.0, 3.0, 10.0)]
    assert np.all(np.diff(measures) < 0)


@pytest.mark.parametrize("detuning", [0.4, 5.0, 20.0, 33.0])
def test_sign_of_the_detuning_does_not_matter_for_identical_oscillators(lab, detuning):
    measures = [lab.synchronization(lab.pair(lab.effective(), v=0.3, detuning=s * detuning)) for s in (-1, 1)]
    assert measures[0] == pytest.approx(measures[1], rel=1e-8)


def test_quantum_turns_into_classical_as_the_fock_state_broadens(lab):
    # K = 3γ/σ keeps Kσ, the spread of frequencies over the populated levels, fixed: S(2K)/S(0) falls from far above
    # one, the blockade, to below one, the classical tendency (Lörch 2017 Fig. 3a)
    contrast = []
    for sigma in (0.05, 0.2, 1.0):
        oscillator = lab.effective(2, kerr=3 / sigma, sigma=sigma, levels=10)
        peak, middle = (lab.synchronization(lab.pair(oscillator, v=0.1, detuning=d)) for d in (6 / sigma, 0.0))
        contrast.append(peak / middle)
    assert np.all(np.diff(contrast) < 0)
    assert contrast[0] > 10
    assert contrast[-1] < 1


@pytest.mark.parametrize("detuning", [0.0, 3.0, 20.0])
def test_qubits_never_synchronize_and_three_levels_do(lab, detuning):
    # two levels: the only exchange is |1,0⟩ ↔ |0,1⟩, and both are equally populated
    qubit = lab.effective(1, levels=2)
    assert lab.synchronization(lab.pair(qubit, v=0.5, detuning=detuning)) < 1e-12
    assert lab.synchronization(lab.pair(lab.effective(1, levels=3), v=0.5, detuning=detuning)) > 1e-3


def test_three_levels_are_enough_for_the_blockade(lab):
    one = lab.effective(1, kerr=15.0, levels=3)
    harmonic = lab.effective(1, kerr=0.0, levels=3)
    at = {k: [lab.synchronization(lab.pair(o, v=0.8, detuning=d)) for d in (0.0, 30.0)] for k, o in
          (("Kerr", one), ("harmonic", harmonic))}  # fmt: skip
    assert at["Kerr"][1] > 2.5 * at["Kerr"][0]
    assert at["harmonic"][0] > 3 * at["harmonic"][1]


def test_detuned_neighbours_mediate_between_blocked_oscillators(lab):
    # ring A–B–C–… of alternating frequencies reduced to a chain: A and C identical, B detuned by 2K in between
    def ends(detuning):
        a = lab.effective(1, kerr=10.0, levels=3)
        chain = qh.Network([a, a.detuned(detuning), a], [[0, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0]])
        return qh.steady_state(chain, estimate_truncation=False).synchronization(0, 2)

    assert ends(20.0) > 5 * ends(0.0)


def test_dephasing_washes_the_resonance_out(lab):
    from dataclasses import replace

    quiet = lab.effective(2)
    noisy = [replace(quiet, dephasing_rate=rate) for rate in (0.0, 1.0, 10.0)]
    peaks = [lab.synchronization(lab.pair(o, v=0.2, detuning=20.0)) for o in noisy]
    assert np.all(np.diff(peaks) < 0)
    assert peaks[2] < peaks[0] / 2

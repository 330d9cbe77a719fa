"""Internal levels of an ion: kept against eliminated, beyond Lamb–Dicke, with saturation and recoil."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.elimination.eliminate import bath_rates
from qsb_hw.model.bath import Bath, Light, Tone

KAPPA = 0.3


def ion(eta=0.1, ratio=0.05, *, recoil=0.0, omega=300.0, levels=5, target=1, single=True):
    """K = 1; both sidebands tuned to the target; one three-level system, or (single=False) two of two levels."""
    ladder = qh.Ladder.kerr(omega, 1.0, levels)
    spacing = ladder.transition_frequencies
    kicks = ()
    if recoil:
        u, weights = np.polynomial.legendre.leggauss(6)
        kicks = tuple(np.sqrt(w / 2) * exponential(recoil * k, levels) for k, w in zip(u, weights, strict=True))
    light = Light(exponential(eta, levels), eta, kicks)
    deltas = (-spacing[target], spacing[target - 1])
    tones = [Tone.sideband(delta, KAPPA, 2 * ratio * KAPPA / eta, light) for delta in deltas]
    baths = [Bath.internal_levels(tones)] if single else [Bath.internal_levels([t]) for t in tones]
    return qh.SelfOscillator(ladder, baths)


def exponential(eta, levels, spare=30):
    """⟨m|e^{iη(a + a†)}|n⟩ of a harmonic oscillator."""
    a = np.diag(np.sqrt(np.arange(1.0, levels + spare)), 1)
    values, vectors = np.linalg.eigh(a + a.T)
    return ((vectors * np.exp(1j * eta * values)) @ vectors.conj().T)[:levels, :levels]


def cavities(ratio=0.05, levels=5, target=1):
    """The same oscillator with linear modes in the place of internal levels."""
    ladder = qh.Ladder.kerr(300.0, 1.0, levels)
    spacing = ladder.transition_frequencies
    deltas = (-spacing[target], spacing[target - 1])
    return qh.SelfOscillator(ladder, [qh.Bath.cavity(d, KAPPA, ratio * KAPPA, 3) for d in deltas])


def populations(model):
    return qh.steady_state(model).populations(0)


def error(oscillator, rwa=True, **settings):
    eliminated = qh.effective_model(qh.eliminate(oscillator, rwa=rwa, **settings))
    return np.abs(populations(qh.full_model(oscillator, rwa)) - populations(eliminated)).max()


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


RATIOS = np.array([0.02, 0.04, 0.08])


@pytest.mark.parametrize("rwa", [True, False])
@pytest.mark.parametrize("recoil", [0.0, 0.2])
def test_elimination_error_falls_as_the_square_of_g_over_kappa(rwa, recoil):
    # with recoil every rate of the ladder is fed by both lines; the power is the same
    found = slope(RATIOS, [error(ion(ratio=r, recoil=recoil), rwa) for r in RATIOS])
    assert found == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize(("make", "gain"), [(ion, 4), (cavities, 8)])
def test_waiting_for_the_bath_is_most_of_that_error(make, gain):
    for ratio in RATIOS:
        oscillator = make(ratio=ratio)
        assert error(oscillator, saturation=True) < error(oscillator) / gain


def test_single_line_saturates_as_a_driven_two_level_system_does():
    # {|g,0⟩, |e,0⟩}: blue line only and resonant; T(0→1) = 1/Γ + 2/κ with Γ = 4g²/κ for a step that is then undone
    for ratio in (0.05, 0.2):
        g = ratio * KAPPA
        oscillator = cavities(ratio=ratio)
        rates, _ = bath_rates(oscillator, rwa=True)
        slower, _ = bath_rates(oscillator, rwa=True, saturation=True)
        total = rates.sum(axis=0)
        assert np.allclose(slower.sum(axis=0), 1 / (1 / total + 2 / KAPPA), rtol=1e-12)
        assert total[0] == pytest.approx(4 * g**2 / KAPPA, rel=0.2)


def test_rates_become_those_of_cavities_as_the_lamb_dicke_parameter_falls():
    # matrix elements of exp(iηx) are those of 1 + iηx but for terms of relative order η²
    reference, _ = bath_rates(cavities(), rwa=True)
    etas = np.array([0.05, 0.1, 0.2])
    lines = [(0, 1), (1, 0), (1, 2), (2, 1)]
    misses = [
        max(abs(bath_rates(ion(eta=eta), rwa=True)[0][line] / reference[line] - 1) for line in lines) for eta in etas
    ]
    assert slope(etas, misses) == pytest.approx(2, abs=0.1)


def test_full_model_becomes_that_of_cavities_as_the_lamb_dicke_parameter_falls():
    # at fixed g/κ what is left of the difference is that an ion has one ground state and a cavity many photons
    etas = np.array([0.1, 0.2, 0.4])
    limit = populations(qh.full_model(ion(eta=1e-3)))
    misses = [np.abs(populations(qh.full_model(ion(eta=eta))) - limit).max() for eta in etas]
    assert slope(etas, misses) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("rwa", [True, False])
def test_recoil_lowers_the_fock_population_as_the_square_of_its_size(rwa):
    sizes = np.array([0.05, 0.1, 0.2])
    still = populations(qh.full_model(ion(), rwa))[1]
    lost = [still - populations(qh.full_model(ion(recoil=size), rwa))[1] for size in sizes]
    assert min(lost) > 0
    assert slope(sizes, lost) == pytest.approx(2, abs=0.1)
    none, *kicked = (populations(qh.effective_model(qh.eliminate(ion(recoil=s), rwa=rwa)))[1] for s in (0.0, *sizes))
    assert np.allclose(none - np.array(kicked), lost, rtol=0.01)


def test_one_emission_heats_by_a_third_of_the_recoil_energy_squared():
    # ⟨u²⟩ = 1/3 for isotropic emission: Σ |⟨m|A|n⟩|²(m − n) = η²/3 far from the end of the ladder
    kicks = ion(recoil=0.2, levels=12).baths[0].recoil[0]
    probability = sum(np.abs(kick) ** 2 for kick in kicks)
    n = np.arange(12)
    climbed = [probability[:, k] @ n - k * probability[:, k].sum() for k in range(4)]
    assert np.allclose(climbed, 0.2**2 / 3, rtol=1e-6)


def test_carrier_scattering_without_rotating_wave_heats_through_recoil():
    # off-resonant carrier excitations (Ω/2ω)²κ per tone, each followed by a kick: d⟨n⟩/dt = η²/3 of it
    oscillator = ion(eta=0.02, recoil=0.3, omega=30.0)
    with_carrier, _ = bath_rates(oscillator, rwa=False)
    without, _ = bath_rates(oscillator, rwa=True)
    extra = with_carrier[1, 0] - without[1, 0]
    rabi = 2 * 0.05 * KAPPA / 0.02
    expected = 2 * (rabi / 2 / 30.0) ** 2 * KAPPA * 0.3**2 / 3
    assert extra == pytest.approx(expected, rel=0.15)


def test_light_shift_of_the_carrier_is_in_the_levels():
    # a laser below its transition by |δ| pushes |g⟩ down by Ω²/4|δ|
    rabi, red = 2 * 0.05 * KAPPA / 0.1, ion(single=False).baths[0]
    alone = qh.SelfOscillator(ion().ladder, [red])
    _, shift = bath_rates(alone)
    assert shift[0] == pytest.approx(rabi**2 / (4 * red.tones[0].detuning), rel=0.02)


def test_fit_reads_both_lines_of_one_bath():
    comparison = qh.compare(ion(eta=0.03, ratio=0.03))
    up, down = comparison.fitted.amplification, comparison.fitted.damping
    for found, line in zip((up, down), comparison.derived_forms, strict=True):
        assert found.gamma == pytest.approx(line.gamma, rel=0.03)
        assert found.sigma == pytest.approx(line.sigma, rel=0.03)
        assert found.centre == pytest.approx(line.centre, abs=1e-3)
    assert comparison.supported_convention == "derived"


@pytest.mark.parametrize("recoil", [0.0, 0.2])
def test_collective_jumps_have_the_golden_rule_rates(recoil):
    oscillator = ion(recoil=recoil)
    jumps = qh.eliminate(oscillator, secular=False).collective
    total = sum(np.abs(jump) ** 2 for jump in jumps)
    rates, _ = bath_rates(oscillator)
    np.fill_diagonal(total, 0)
    assert np.allclose(total, rates, rtol=1e-6, atol=1e-9 * rates.max())


def test_full_model_without_rotating_wave_agrees_with_qutip(lab):
    import qutip

    oscillator = ion(levels=4, recoil=0.2, eta=0.2, omega=40.0)
    model = qh.full_model(oscillator, rwa=False)
    reference = qutip.steadystate(*model.to_qutip()).full()
    assert np.abs(qh.steady_state(model).state() - reference).max() < 1e-9


def test_truncated_oscillator_is_the_one_built_shorter():
    short, long = ion(levels=4, recoil=0.2), ion(levels=6, recoil=0.2).truncated(4)
    one, other = (qh.full_model(o, rwa=False) for o in (short, long))
    assert abs(one.hamiltonian - other.hamiltonian).max() < 1e-12
    assert len(one.jumps) == len(other.jumps)
    assert max(abs(a - b).max() for a, b in zip(one.jumps, other.jumps, strict=True)) < 1e-12


def test_detuned_ion_with_its_tones_following_has_the_same_populations():
    oscillator = ion()
    same = oscillator.detuned(3.0)
    assert np.allclose(populations(qh.full_model(same)), populations(qh.full_model(oscillator)), atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"linewidth": 0.0}, "linewidth κ must be positive"),
        ({"detuning": 0.0}, "driven off resonance"),
        ({"rabi_frequency": -1.0}, "must not be negative"),
        ({"lamb_dicke": 0.0}, "Lamb–Dicke parameter must be positive"),
        ({"detuning": np.nan}, "must be finite"),
    ],
)
def test_transition_that_cannot_be(change, message):
    given = {"detuning": -1.0, "linewidth": 1.0, "rabi_frequency": 1.0, "lamb_dicke": 0.1} | change
    eta = given.pop("lamb_dicke")
    with pytest.raises(qh.ArgumentError, match=message):
        Tone.sideband(**given, light=Light(np.eye(3), eta))

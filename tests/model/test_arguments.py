"""Numbers that are not what is meant: complex, bool, fractional, negative, infinite; refused everywhere alike."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.arguments import complex_array, index, real, real_array, whole, whole_array
from qsb_hw.model.bath import Bath, Light, Nonlinearity, Tone
from qsb_hw.model.effective import Lorentzian

LORENTZ = {"kerr": 10.0, "gamma": 1.0, "sigma": 0.1, "n_plus": 1, "n_minus": 2, "levels": 4}
EFFECTIVE = qh.EffectiveOscillator.lorentzian(**LORENTZ)
NETWORK = qh.Network([EFFECTIVE] * 2, [[0, 0.3], [0.3, 0]])
SPINS = qh.SpinGroups(gain=1.0, loss=1.5, asymmetry=-0.3, coupling=3.0)
LADDER = qh.Ladder.kerr(100.0, 10.0, 5)
CAVITY = qh.Bath.cavity(-80.0, 1.0, 0.05)
OSCILLATOR = qh.SelfOscillator(LADDER, (CAVITY, qh.Bath.cavity(100.0, 1.0, 0.05)))
X3 = np.array([[0, 1, 0], [1, 0, 1.4], [0, 1.4, 0]])

NOT_REAL = [math.nan, math.inf, -math.inf, 1 + 1j, np.complex128(1), True, np.True_, "1", None, [1.0, [2.0]], 10**400]
NOT_WHOLE = [*NOT_REAL, 6.5, 1 + 0j, 10**20]
NEGATIVE = [-1, -0.1]

REAL = {
    "ladder frequency": lambda v: qh.Ladder.kerr(v, 0.1, 4),
    "ladder K": lambda v: qh.Ladder.kerr(1.0, v, 4),
    "energies": lambda v: qh.Ladder([0, [1.0]] if v is True or v is np.True_ else [0, 1, v], X3),
    "detuned": LADDER.detuned,
    "detuned bath": CAVITY.detuned,
    "retuned": lambda v: CAVITY.retuned(0, v),
    "cavity detuning": lambda v: qh.Bath.cavity(v, 0.1, 0.01),
    "tone detuning": lambda v: Tone(v, 0.1, 0.01),
    "lorentzian K": lambda v: qh.EffectiveOscillator.lorentzian(**LORENTZ | {"kerr": v}),
    "n+": lambda v: qh.EffectiveOscillator.lorentzian(**LORENTZ | {"n_plus": v}),
    "centre": lambda v: Lorentzian(1.0, 0.1, v),
    "cavity Kerr": lambda v: Nonlinearity(kerr=math.nan if v is None else v),
    "spin K": lambda v: qh.SpinGroups(gain=1.0, loss=1.0, asymmetry=v, coupling=1.0),
    "spin V": lambda v: qh.SpinGroups(gain=1.0, loss=1.0, coupling=v),
    "spin δ": lambda v: qh.SpinGroups(gain=1.0, loss=1.0, coupling=1.0, intergroup=0.1, detuning=v),
    "ladder groups": lambda v: qh.LadderGroups.of([EFFECTIVE], v),
    "asymmetry": lambda v: qh.critical_coupling(gain=1.0, loss=1.0, asymmetry=v),
    "sweep": lambda v: qh.detuning_sweep(NETWORK, [v]),
    "coupling of a pair": lambda v: qh.assess(qh.load_device("transmon_squid"), coupling=0.0 if v is None else v),
    "drive": lambda v: qh.driven_phase_distribution(gain=1.0, loss=1.0, drive=v),
    "plane": lambda v: qh.phase_diagram(gain=1.0, loss=1.0, coupling=v),
}
POSITIVE = {
    "linewidth": lambda v: qh.Bath.cavity(-1.0, v, 0.01),
    "tone linewidth": lambda v: Tone(-1.0, v, 0.01),
    "bath factor": lambda v: CAVITY.scaled(1.0, v),
    "σ": lambda v: qh.EffectiveOscillator.lorentzian(**LORENTZ | {"sigma": v}),
    "gain": lambda v: qh.SpinGroups(gain=v, loss=1.0, coupling=1.0),
    "elements": lambda v: qh.SpinGroups(gain=1.0, loss=1.0, coupling=1.0, elements=[v, v]),
    "critical gain": lambda v: qh.critical_coupling(gain=v, loss=1.0),
    "pair gain": lambda v: qh.pair_phase_distribution(gain=v, loss=1.0, coupling=0.1),
    "time": lambda v: qh.mean_field(SPINS, v),
    "Langevin duration": lambda v: qh.langevin(NETWORK, 0.1, np.random.default_rng(1), duration=v or -1.0),
    "sigmas": lambda v: qh.shots(qh.steady_state(NETWORK), sigmas=v),
}
NOT_NEGATIVE = {
    "g": lambda v: qh.Bath.cavity(-1.0, 0.1, v),
    "thermal occupation": lambda v: qh.Decoherence(thermal_occupation=v),
    "heating": lambda v: qh.Decoherence(heating_rate=v),
    "rates": lambda v: qh.EffectiveOscillator(LADDER, [[v] * 5] * 5),
    "dephasing": lambda v: qh.EffectiveOscillator(LADDER, np.eye(5, k=1), dephasing_rate=v),
    "γ": lambda v: Lorentzian(v, 0.1, 1.0),
    "Langevin noise": lambda v: qh.langevin(NETWORK, v, np.random.default_rng(1)),
}
WHOLE = {
    "Kerr levels": lambda v: qh.Ladder.kerr(1.0, 0.1, v),
    "truncated": LADDER.truncated,
    "extended": LADDER.extended,
    "K at a level": LADDER.kerr_at,
    "cavity levels": lambda v: qh.Bath.cavity(-1.0, 0.1, 0.01, levels=v),
    "Fock states": CAVITY.resized,
    "tone number": CAVITY.of_tone,
    "oscillator levels": OSCILLATOR.truncated,
    "device levels": lambda v: qh.load_device("transmon_squid").oscillator(0 if v is None else v),
    "target": lambda v: qh.EffectiveOscillator(LADDER, np.eye(5, k=1), target=-1 if v is None else v),
    "eliminated levels": EFFECTIVE.truncated,
    "more levels": EFFECTIVE.extended,
    "change of levels": lambda v: NETWORK.resized(-9 if v == -1 else v),
    "oscillator number": NETWORK.oscillator,
    "dims": lambda v: qh.LindbladModel(np.eye(2), [], dims=(v,)),
    "populated": lambda v: qh.resonances(NETWORK, (v, 1)),
    "trajectories": lambda v: qh.langevin(NETWORK, 0.1, np.random.default_rng(1), trajectories=v),
    "N": lambda v: qh.finite_size(SPINS, v),
    "samples": lambda v: qh.mean_field(SPINS, 1.0, samples=v),
    "pair levels": lambda v: qh.predict_pair(OSCILLATOR, 0.1, 99 if v is None else v),
}
CASES = [
    *((name, make, NOT_REAL) for name, make in REAL.items()),
    *((name, make, [*NOT_REAL, *NEGATIVE, 0]) for name, make in POSITIVE.items()),
    *((name, make, [*NOT_REAL, *NEGATIVE]) for name, make in NOT_NEGATIVE.items()),
    *((name, make, [*NOT_WHOLE, *NEGATIVE]) for name, make in WHOLE.items()),
]


@pytest.mark.parametrize(("make", "values"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_number_that_is_not_what_is_meant_is_refused(make, values):
    for value in values:
        with pytest.raises(qh.ArgumentError):
            make(value)


def test_what_is_meant_is_accepted_in_every_spelling():
    for three in (3, 3.0, np.int64(3), np.float64(3), np.array(3)):
        assert whole("n", three, "") == 3
        assert real("x", three, "") == 3.0
        assert qh.Ladder.kerr(1.0, 0.1, three).levels == 3
    assert index("i", np.int64(1), 2, "") == 1
    assert real("t", math.inf, "", above=0.0, infinite=True) == math.inf
    assert real_array("v", [1, 2.5], "").tolist() == [1.0, 2.5]
    assert complex_array("v", [1, 2j], "").tolist() == [1, 2j]
    assert whole_array("v", [1.0, -2], "").dtype == np.int64


@pytest.mark.parametrize("target", [-1, 99, 5])
def test_a_target_is_a_level_of_the_ladder(target):
    with pytest.raises(qh.ArgumentError, match=r"target level must be a whole number, 0 … 4, but found"):
        qh.EffectiveOscillator(LADDER, np.eye(5, k=1), target=target)


def test_a_ladder_cut_below_its_target_has_none():
    assert EFFECTIVE.target == 1
    assert qh.EffectiveOscillator.lorentzian(**LORENTZ | {"n_plus": 3, "n_minus": 4}).truncated(3).target is None


@pytest.mark.parametrize("step", [1e9, 1.0, -1e-3, 0.0])
def test_a_step_longer_than_the_fastest_motion_is_refused(step):
    with pytest.raises(qh.ArgumentError, match=r"`step` must be"):
        qh.langevin(NETWORK, 0.1, np.random.default_rng(1), step=step)


def test_operators_of_another_size_than_the_ladder_are_refused():
    bath = Bath.internal_levels([Tone.sideband(-80.0, 1.0, 0.1, Light(LADDER.coupling, 0.1))])
    assert qh.SelfOscillator(LADDER, (bath,)).levels == 5
    with pytest.raises(qh.ArgumentError, match="on the oscillator must be 4 × 4"):
        qh.SelfOscillator(LADDER.truncated(4), (bath,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: qh.Ladder.kerr(1.0, 0.1, 10**9),
        lambda: qh.Ladder.from_transitions(np.ones(10**6)),
        lambda: qh.Bath.cavity(-1.0, 0.1, 0.1, levels=10**9),
        lambda: qh.network_model(many(1000)),
        lambda: qh.steady_state(many(1000)),
        lambda: qh.detuning_sweep(many(1000), [0.0]),
        lambda: qh.langevin(many(1000), 0.1, np.random.default_rng(1)),
        lambda: qh.steady_state(qh.Network([OSCILLATOR] * 3, 0.1 * (np.ones((3, 3)) - np.eye(3)))),
        lambda: qh.eliminate(qh.SelfOscillator(LADDER, (qh.Bath.cavity(-80.0, 1.0, 0.05, levels=200),))),
        lambda: qh.full_model(qh.SelfOscillator(qh.Ladder.kerr(1.0, 0.1, 2000), (qh.Bath.cavity(-1, 0.1, 0.1, 100),))),
    ],
)
def test_what_would_not_fit_is_refused_before_it_is_made(make, monkeypatch):
    monkeypatch.setattr("qsb_hw.lindblad.capacity.available_memory", lambda: 2 * 2**30)
    with pytest.raises(qh.CapacityError, match=r"GiB|states"):
        make()


def many(count):
    return qh.Network([EFFECTIVE] * count, 0.3 * (np.ones((count, count)) - np.eye(count)))


def test_more_pair_levels_than_there_are_are_refused():
    with pytest.raises(qh.ArgumentError, match=r"`pair_levels` must be a whole number, 3 … 5, but found 1000"):
        qh.predict_pair(OSCILLATOR, 0.1, 1000)

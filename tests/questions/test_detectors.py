"""Records of a detector against the state: tomography, heterodyne detection, phase slips, bad input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.plot import plot_heterodyne, plot_readout, plot_synchronization_records
from qsb_hw.questions.detection import shots
from qsb_hw.questions.ports import Filtered, detection
from qsb_hw.questions.slips import FREE, count_slips
from qsb_hw.show.html import to_html
from qsb_hw.show.records import HETERODYNE, READOUT, SLIPS, SYNCHRONIZATION_READ
from qsb_hw.sync.trajectories import Diffusion, diffuse


def oscillator(levels: int = 3, kerr: float = 10.0, sigma: float = 0.2) -> qh.EffectiveOscillator:
    return qh.EffectiveOscillator.lorentzian(kerr=kerr, gamma=1, sigma=sigma, n_plus=1, n_minus=2, levels=levels)


def pair(coupling: float = 0.5, detuning: float = 20.0, **more: float) -> qh.Network:
    one = oscillator(**more)
    return qh.Network([one.detuned(detuning), one], [[0, coupling], [coupling, 0]])


@pytest.fixture(scope="module")
def solution() -> qh.SyncSolution:
    return qh.steady_state(pair())


@pytest.fixture(scope="module")
def record() -> qh.HeterodyneRecord:
    return qh.heterodyne(pair(), port_rate=0.5, bandwidth=1.0, duration=15.0, trajectories=300, seed=3)


def test_reduced_states_of_an_evolution_are_partial_traces() -> None:
    one = oscillator()
    chain = qh.Network([one.detuned(20.0), one, one.detuned(3.0)], 0.4 * (np.eye(3, k=1) + np.eye(3, k=-1)))
    evolution = qh.evolve(chain, [0.0, 1.3])
    tensor = evolution.state(1).reshape((3,) * 6)
    assert np.allclose(evolution.pair_state(0, 2, 1), np.einsum("ajbcjd->abcd", tensor).reshape(9, 9), atol=1e-12)
    assert np.allclose(evolution.pair_state(2, 1, 1), np.einsum("jbajdc->abcd", tensor).reshape(9, 9), atol=1e-12)


@pytest.mark.parametrize("protocol", ["joint tomography", "phase readout"])
def test_the_stated_number_of_shots_is_right_with_a_readout_error(solution: qh.SyncSolution, protocol: str) -> None:
    ideal, stated = (next(s for s in shots(solution, readout_error=e) if s.protocol == protocol) for e in (0.0, 0.1))
    found = qh.sample_synchronization(
        solution, shots=int(stated.repetitions), protocol=protocol, readout_error=0.1, experiments=200
    )
    assert stated.signal == pytest.approx(ideal.signal, abs=1e-12)
    assert stated.repetitions > 1.1 * ideal.repetitions
    assert found.stated == stated
    assert abs(found.detected - 0.9) < 3 * math.sqrt(0.09 / 200)


def test_bias_and_scatter_of_S_from_tomography_are_those_expected(solution: qh.SyncSolution) -> None:
    found = qh.sample_synchronization(solution, shots=2500, experiments=600, seed=5)
    mean, error = found.mean
    assert mean - found.stated.signal == pytest.approx(found.expected_bias, abs=4 * error)
    highest, spread = found.mean_naive
    assert highest - found.stated.signal == pytest.approx(-found.expected_bias, abs=4 * spread)
    assert error * math.sqrt(600) == pytest.approx(found.expected_error, rel=0.12)
    assert highest > mean
    assert found.S_state == pytest.approx(solution.synchronization(0, 1), abs=1e-12)


def test_records_are_those_of_their_seed(solution: qh.SyncSolution) -> None:
    one, same, other = (qh.sample_synchronization(solution, shots=500, seed=k).S for k in (1, 1, 2))
    assert one == same != other
    quick = {"port_rate": 0.5, "bandwidth": 2.0, "duration": 3.0, "trajectories": 4}
    first, again, else_ = (qh.heterodyne(pair(), **quick, seed=k).amplitudes for k in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, else_)


def test_the_mean_over_trajectories_is_the_state_at_every_time() -> None:
    network, runs = pair(coupling=1.0), 600
    model = qh.network_model(network)
    diffusion = Diffusion(model, 0.0)
    kets = np.zeros((9, runs), dtype=complex)
    kets[0] = 1
    ground = sp.csr_array(([1.0], ([0], [0])), shape=(9, 9))
    assert np.allclose(np.abs(diffusion.drawn(ground, runs, np.random.default_rng(0))), kets)
    steps, stride = 200, 50
    step = 1.0 / steps
    times = step * np.arange(0, steps, stride)  # of the kicks; the scheme is of first order
    truth = qh.evolve(network, times)
    for level in range(9):
        watch = sp.csr_array(([1.0 + 0j], ([level], [level])), shape=(9, 9))
        rng = np.random.default_rng(level)
        found = diffuse(diffusion, kets, step, steps, rng, watch=watch, stride=stride).watched.real
        exact = truth.expect(watch).real
        error = found.std(axis=1, ddof=1) / math.sqrt(runs)
        assert np.all(np.abs(found.mean(axis=1) - exact) < 4.5 * error + step / 2)


class _SameNoise:
    """Increments of one Brownian path, `merged` of them to a step."""

    def __init__(self, noise: np.ndarray, merged: int) -> None:
        self.steps = iter(noise.reshape(-1, merged, *noise.shape[1:]).sum(axis=1) / math.sqrt(merged))

    def standard_normal(self, _shape: tuple[int, ...]) -> np.ndarray:
        return next(self.steps)


def test_records_converge_with_the_step_and_the_default_is_fine_enough() -> None:
    """Of the same noise: by the half power of the step at least; half the default moves statistics less than chance."""
    found, runs, windows = detection(pair(), (0, 1), None, 0.5), 200, 20
    diffusion, state = Diffusion(found.model, 0.0), sp.csr_array(found.steady.state())
    default = diffusion.step(state)
    kets = diffusion.drawn(state, runs, np.random.default_rng(0))
    fine = 32 * windows
    noise = np.random.default_rng(1).standard_normal((fine, 2, len(found.model.jumps), runs))
    records = {}
    for merged in (1, 2, 4, 8, 16, 32):
        path = _SameNoise(noise, merged)
        raw = diffuse(diffusion, kets, merged * default / 2, fine // merged, path, ports=found.ports)  # type: ignore[arg-type]
        records[merged] = raw.records.reshape(2, windows, -1, runs).sum(axis=2)
    merged = [4, 8, 16, 32]
    moved = [np.sqrt((np.abs(records[m] - records[1]) ** 2).mean()) for m in merged]
    assert 0.5 < np.polyfit(np.log(merged), np.log(moved), 1)[0] < 1.2
    products = {m: (records[m][0].conj() * records[m][1]).mean(axis=0) for m in (1, 2)}
    change, chance = products[2] - products[1], products[1].std(ddof=1) / math.sqrt(runs)
    assert abs(change.mean()) < 4 * change.std(ddof=1) / math.sqrt(runs)
    assert abs(change.mean()) < chance / 10


def test_filtered_records_obey_the_regression_theorem(record: qh.HeterodyneRecord) -> None:
    assert record.ok
    assert record.deviation < 4.5
    assert abs(record.correlation - record.expected_correlation) < 4 * record.correlation_error
    band = np.array([record.bandwidth])
    for k in (0, 1):
        power = (np.abs(record.amplitudes[k]) ** 2).mean(axis=0)
        expected = record.filtered.signal(k, record.frequency, band)[0] + band[0] / 2
        assert abs(power.mean() - expected) < 4 * power.std(ddof=1) / math.sqrt(power.size)
    assert pytest.approx(record.S_gaussian, abs=5 * record.standard_error) == record.S
    assert record.S_naive > record.S
    spent = record.trajectories * record.duration
    assert record.detection_time == pytest.approx(spent * (5 * record.standard_error / record.S) ** 2)
    assert np.angle(np.exp(1j * (record.distribution.argmax + np.angle(record.expected_correlation)))) == pytest.approx(
        0, abs=0.6
    )


@pytest.mark.parametrize("change", [{"efficiency": 0.3}, {"added_noise": 2.0}])
def test_inefficiency_and_added_noise_lower_what_is_seen_as_expected(change: dict[str, float]) -> None:
    found = qh.heterodyne(pair(), port_rate=1.0, bandwidth=1.0, duration=8.0, trajectories=300, **change)
    share, added = change.get("efficiency", 1.0), change.get("added_noise", 0.0)
    assert abs(found.correlation - found.expected_correlation) < 4 * found.correlation_error
    power = (np.abs(found.amplitudes[1]) ** 2).mean(axis=0)
    expected = share * found.filtered.signal(1, found.frequency, np.ones(1))[0] + (1 + added) / 2
    assert abs(power.mean() - expected) < 4 * power.std(ddof=1) / math.sqrt(power.size)


def test_a_wide_filter_passes_the_correlation_of_the_state_and_a_narrow_one_its_spectrum() -> None:
    network = pair()
    found = detection(network, (0, 1), None, 0.4)
    filtered = Filtered.of(found, 1.0)
    a, b = found.outputs
    expected = complex((a.conj().T @ b @ sp.csr_array(found.steady.state())).trace())
    wide = filtered.correlation(0.0, np.array([1e7]))[0]
    assert wide == pytest.approx(expected, abs=1e-5)
    spectrum = np.array([filtered.correlation(0.0, np.array([b]))[0] / (b / 2) for b in (1e-2, 1e-3, 1e-4)])
    slope = np.polyfit(np.log([1e-2, 1e-3]), np.log(np.abs(np.diff(spectrum))), 1)[0]
    assert slope == pytest.approx(1, abs=0.02)


def test_without_coupling_a_record_shows_no_synchronization() -> None:
    found = qh.heterodyne(pair(coupling=1e-9), port_rate=1.0, bandwidth=1.0, duration=8.0, trajectories=200)
    assert abs(found.S) < 2 * found.standard_error
    assert found.S_naive > 0
    assert math.isnan(found.detection_time)
    assert "too few to say" in " ".join(to_html(found).split())


@pytest.mark.parametrize("signal", [0.0, 1.5, 6.0], ids=["none", "weak", "strong"])
def test_standard_errors_of_many_synthetic_records_cover_the_truth(record: qh.HeterodyneRecord, signal: float) -> None:
    """Runs with random c_1 of a given mean: beyond 2 and 3 standard errors as rarely as a normal distribution.

    The scatter of the runs alone leaves out that their phase is estimated: without a signal it gives
    √2(x − 1/2x) standard errors, x² exponential, and 2.8 % of the records lie below −4.
    """
    rng, runs, count = np.random.default_rng(21), 60, 1500
    mean = signal / math.sqrt(2 * runs)
    off, alone = np.empty((2, count))
    for k in range(count):
        noise = rng.standard_normal((2, runs, 1)) / math.sqrt(2)
        found = replace(record, coefficients=mean + noise[0] + 1j * noise[1], amplitudes=np.zeros((2, 1, runs)))
        value, error = found.S, found.standard_error
        off[k] = (value - 2 * mean) / error
        alone[k] = value / math.sqrt(error**2 - (found.S_naive - value) ** 2 / 2)
    assert np.mean(np.abs(off) > 2) < 0.0455 + 3 * math.sqrt(0.05 * 0.95 / count)
    assert np.mean(np.abs(off) > 3) < 0.01
    if not signal:
        assert off.min() > -1.5
        assert np.mean(alone < -4) == pytest.approx(0.028, abs=3 * math.sqrt(0.028 / count))


def test_the_output_of_complete_devices_is_that_of_their_bath() -> None:
    ladder = qh.Ladder.kerr(frequency=30.0, kerr=1.0, levels=3)
    down = float(ladder.transition_frequencies[0])
    bath = qh.Bath.cavity(detuning=-down, linewidth=2.0, coupling=0.6, levels=2, name="output")
    one = qh.SelfOscillator(ladder, [bath], qh.Decoherence(heating_rate=0.3))
    network = qh.Network([one, one], [[0, 0.5], [0.5, 0]])
    found = qh.heterodyne(network, "output", bandwidth=1.0, duration=6.0, trajectories=200)
    assert found.ok
    assert found.S_undisturbed == found.S_state
    assert abs(found.correlation - found.expected_correlation) < 4 * found.correlation_error
    # both modes follow their oscillators: the outputs are correlated as ⟨a†a⟩ is, by more than their errors
    assert abs(found.expected_correlation) > 1e-3


def test_amplifying_modes_emit_with_the_opposite_phase_and_are_not_mixed_with_damping_ones() -> None:
    ladder = qh.Ladder.kerr(frequency=30.0, kerr=2.0, levels=2)
    up = float(ladder.transition_frequencies[0])
    tones = {"damp": (-up, 0.5), "amp": (up, 0.8)}
    baths = [qh.Bath.cavity(d, 2.0, g, levels=2, name=name) for name, (d, g) in tones.items()]
    one = qh.SelfOscillator(ladder, baths)
    network = qh.Network([one.detuned(1.0), one], [[0, 0.6], [0.6, 0]])
    for name, sign in (("damp", 1), ("amp", -1)):
        found = detection(network, (0, 1), name, None)
        assert (found.sign, found.rates) == (sign, (2.0, 2.0))
        charge = np.asarray(found.model.charge)
        for output in found.outputs:
            row, col = sp.coo_array(output).coords
            assert set((charge[row] - charge[col]).tolist()) == {-sign}
    with pytest.raises(qh.ArgumentError, match="of the same kind"):
        detection(network, (0, 1), ("damp", "amp"), None)


def test_free_phases_slip_as_often_as_the_mean_time_to_leave_a_turn_says() -> None:
    rng, step, runs, steps = np.random.default_rng(1), 0.01, 60, 6000
    for decay, turn in ((1.0, 0.0), (1.0, 0.5), (0.3, 2.0)):
        moved = turn * step + math.sqrt(2 * decay * step) * rng.standard_normal((steps, runs))
        forward, backward = (found.sum() for found in count_slips(np.angle(np.exp(1j * np.cumsum(moved, axis=0)))))
        time, x = step * steps * runs, math.pi * turn / decay
        rate = turn / (2 * math.pi) / math.tanh(x) if x else decay / FREE
        margin = 4 * math.sqrt(forward + backward) / time
        assert (forward + backward) / time == pytest.approx(rate, abs=margin + runs / 5 / time)
        assert (forward - backward) / time == pytest.approx(turn / (2 * math.pi), abs=margin + runs / 2 / time)


def coupled(kerr: float, detuning: float, coupling: float) -> qh.Network:
    gain = {"gamma": 1, "sigma": 1, "n_plus": 2, "n_minus": 3} if kerr == 0 else {}
    one = qh.EffectiveOscillator.lorentzian(
        **{"kerr": kerr, "gamma": 1, "sigma": 0.2, "n_plus": 1, "n_minus": 2, "levels": 4, **gain}
    )
    return qh.Network([one.detuned(detuning), one], [[0, coupling], [coupling, 0]])


SLIPPING = {
    "running": (coupled(0, 6.0, 0.2), 1, {0: -6.0}),
    "diffusing": (coupled(0, 0.0, 0.05), 1, {0: 0.0}),
    "pulled together": (coupled(0, 0.0, 0.6), 1, {0: 0.0}),
    "blockade": (coupled(10, 0.0, 0.5), 3, {0: 0.0, 1: 20.0, 2: -20.0}),
    "resonance": (coupled(10, 20.0, 0.5), 2, {0: 0.0, 1: -20.0}),
    "off resonance": (coupled(10, 7.0, 0.5), 3, {0: -7.0, 1: 13.0, 2: -27.0}),
}
"""Pairs, how many lines carry their phase, and where these turn."""


@pytest.fixture(scope="module", params=SLIPPING)
def slipping(request: pytest.FixtureRequest) -> tuple[str, qh.PhaseSlips]:
    return request.param, qh.phase_slips(SLIPPING[request.param][0], trajectories=30, seed=2)


def test_turns_and_slips_of_the_spectrum_are_those_counted(slipping: tuple[str, qh.PhaseSlips]) -> None:
    name, found = slipping
    assert found.ok
    assert found.net_rate == pytest.approx(found.turns, abs=3.5 * math.hypot(found.net_error, found.turns_error))
    assert found.rate == pytest.approx(
        found.expected_rate, abs=3.5 * math.hypot(found.rate_error, found.expected_error)
    )
    assert found.net_error < 0.3 * found.rate
    assert found.rate_error < 0.2 * found.rate
    if name in ("diffusing", "pulled together", "blockade"):  # twins at Δ = 0 turn neither way
        assert abs(found.turns) < 3.5 * found.turns_error
    else:
        assert abs(found.net_rate) > 4 * found.net_error


def test_lines_of_the_phase_are_weighed_and_one_is_named_only_where_it_carries_all(
    slipping: tuple[str, qh.PhaseSlips],
) -> None:
    name, found = slipping
    _, count, turns = SLIPPING[name]
    assert len(found.lines) == count
    assert sum(line.weight for line in found.lines) == pytest.approx(1, abs=0.1)
    for turn in turns.values():
        assert min(abs(line.turn - turn) for line in found.lines) < 0.6
    assert all(line.weight_error > 0 for line in found.lines)
    assert (found.line is not None) == (count == 1)
    assert ("No single line" in to_html(found)) == (count > 1)


def test_modes_of_the_relative_phase_are_eigenvalues_of_the_generator() -> None:
    network = pair()
    found = qh.phase_slips(network, duration=1.0, trajectories=2)
    model, one = qh.network_model(network), np.eye(9)
    h = model.hamiltonian.toarray()
    total = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (j.toarray() for j in model.jumps):
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T))
    values = np.linalg.eigvals(total)
    assert found.lines
    for mode in (mode for line in found.lines for mode in line.modes):
        assert np.abs(values - mode).min() < 1e-9


def test_too_few_slips_give_a_limit_and_no_rate() -> None:
    found = qh.phase_slips(pair(), duration=0.3, trajectories=3)
    assert found.status is qh.Status.NOT_CONVERGED
    assert "10 are needed" in found.message
    assert math.isnan(found.rate)
    assert math.isnan(found.rate_error)
    assert found.upper_limit > 0
    assert not found.separated
    assert "too few slips" in to_html(found)


def test_slips_much_rarer_than_a_free_phase_has_them_are_events_of_their_own() -> None:
    found = qh.phase_slips(pair(), duration=5.0, trajectories=20)
    once = np.ones((2, 1), dtype=int)
    rare = replace(found, status=qh.Status.CONVERGED, forward=12 * once, backward=9 * once, observed=1e4)
    assert rare.rate == pytest.approx(21e-4)
    assert rare.rate_error == pytest.approx(math.sqrt(21) * 1e-4)
    assert rare.separated
    assert "locked" in to_html(rare)
    assert rare.differs
    assert "more than the spectrum decides" in to_html(rare)
    uneven = replace(rare, forward=np.array([[12], [4]]))
    assert uneven.rate_error == pytest.approx(math.hypot(math.sqrt(21), 8) * 1e-4)
    bursts = replace(rare, forward=np.array([[12, 0], [12, 0]]), backward=np.array([[9, 0], [9, 0]]))
    assert bursts.rate_error == pytest.approx(math.sqrt(2 * 21**2 / 2) * 1e-4)
    common = replace(rare, observed=21 * FREE / found.decay)
    assert not common.separated
    assert "no event of its own" in to_html(common)


def test_an_oscillator_without_quanta_has_no_phase() -> None:
    rates = np.array([[0.0, 1.0], [0.0, 0.0]])
    empty = qh.EffectiveOscillator(qh.Ladder.kerr(frequency=1.0, kerr=1.0, levels=2), rates)
    with pytest.raises(qh.ArgumentError, match="holds no quanta"):
        qh.phase_slips(qh.Network([empty, empty], [[0, 0.1], [0.1, 0]]))


def test_a_budget_refuses_a_readout_that_tells_nothing_before_it_starts() -> None:
    with pytest.raises(qh.ArgumentError, match=r"below 0\.5"):
        qh.device_budget(qh.load_device("kerr_squid_array"), readout_error=0.6)


def test_tables_records_and_pictures_show_what_was_found(
    solution: qh.SyncSolution, record: qh.HeterodyneRecord
) -> None:
    populations = qh.read_out(solution, (0, 1), 300, 0.02, rng=np.random.default_rng(2))
    several = [qh.sample_synchronization(solution, shots=n, experiments=8) for n in (200, 2000)]
    slips = qh.phase_slips(pair(), duration=5.0, trajectories=20)
    for section, result, key in (
        (READOUT, populations, "error"),
        (SYNCHRONIZATION_READ, several[1], "expected_bias"),
        (HETERODYNE, record, "visibility"),
        (SLIPS, slips, "upper_limit"),
    ):
        assert section.record(result)[key] is not None
        assert "<table>" in to_html(result)
    assert f"{record.S_state:.4g}" in to_html(record)
    _, ax = plot_readout(populations)
    assert np.allclose([bar.get_height() for bar in ax.containers[0]], populations.populations.ravel())
    _, ax = plot_synchronization_records(several)
    assert ax.get_xscale() == "log"
    _, axes = plot_heterodyne(record)
    assert axes[1].get_lines()[0].get_ydata().max() <= 1.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shots": 1}, "`shots` must be a whole number"),
        ({"protocol": "tomography"}, "must be a measurement of S"),
        ({"experiments": 0}, "`experiments` must"),
        ({"second": 0}, "two different oscillators"),
        ({"rate": 2.0}, "share between 0 and 1"),
    ],
)
def test_bad_tomography_is_refused(solution: qh.SyncSolution, change: dict[str, object], message: str) -> None:
    with pytest.raises(qh.ArgumentError, match=message):
        qh.sample_synchronization(solution, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": 1.0}, "5 response times of its filter"),
        ({"duration": -1.0}, "must be positive"),
        ({"bandwidth": 0.0}, "must be positive"),
        ({"efficiency": 1.5}, "at most 1"),
        ({"efficiency": 0.0}, "must be positive"),
        ({"added_noise": -1.0}, "not be negative"),
        ({"trajectories": 1}, "at least 2"),
        ({"port_rate": None}, "`ports` or `port_rate` must be given"),
        ({"port_rate": -1.0}, "must be positive"),
        ({"ports": "damping"}, "Only one of"),
        ({"ports": "damping", "port_rate": None}, "must be a bath of a complete oscillator"),
        ({"pair": (0, 2)}, "must lie between 0 and 1"),
        ({"step": 0.0}, "must be positive"),
    ],
)
def test_bad_detection_is_refused(change: dict[str, object], message: str) -> None:
    given = {"port_rate": 0.5, "bandwidth": 1.0, "duration": 8.0, "trajectories": 2}
    with pytest.raises(qh.ArgumentError, match=message):
        qh.heterodyne(pair(), **{**given, **change})


def test_a_port_that_is_not_there_and_more_steps_than_allowed_are_refused() -> None:
    ladder = qh.Ladder.kerr(frequency=30.0, kerr=1.0, levels=3)
    bath = qh.Bath.cavity(detuning=-28.0, linewidth=2.0, coupling=0.6, levels=2, name="output")
    one = qh.SelfOscillator(ladder, [bath], qh.Decoherence(heating_rate=0.3))
    network = qh.Network([one, one], [[0, 0.5], [0.5, 0]])
    for port, message in (("ouput", "output"), (3, "Baths are output")):
        with pytest.raises(qh.ArgumentError, match=message):
            qh.heterodyne(network, port, bandwidth=1.0, duration=8.0)
    with pytest.raises(qh.CapacityError, match="most_seconds"):
        qh.heterodyne(pair(), port_rate=0.5, bandwidth=1.0, duration=8.0, most_seconds=1e-3)
    with pytest.raises(qh.CapacityError, match="most_seconds"):
        qh.phase_slips(pair(), duration=1e9)
    with pytest.raises(qh.ArgumentError, match="of a SyncSolution or an Evolution"):
        qh.sample_synchronization(np.eye(9) / 9)
    with pytest.raises(qh.ArgumentError, match="those of a Network"):
        qh.phase_slips(oscillator())


def test_a_large_model_is_solved_around_its_filter_and_agrees_with_the_whole_sector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ladder = qh.Ladder.kerr(frequency=30.0, kerr=1.0, levels=3)
    bath = qh.Bath.cavity(detuning=-28.0, linewidth=2.0, coupling=0.6, levels=2, name="output")
    one = qh.SelfOscillator(ladder, [bath], qh.Decoherence(heating_rate=0.3))
    found = detection(qh.Network([one, one], [[0, 0.5], [0.5, 0]]), (0, 1), "output", None)
    whole = Filtered.of(found, 0.1)
    monkeypatch.setattr("qsb_hw.lindblad.response.TARGETED_FROM", 0)
    around = Filtered.of(found, 0.1)
    where, bands = around.frequency(0.1), 0.1 * np.array([0.1, 1.0, 10.0])
    assert around.forward[0].solves < whole.forward[0].solves
    assert np.allclose(around.correlation(where, bands), whole.correlation(where, bands), rtol=1e-4)
    for port in (0, 1):
        assert np.allclose(around.signal(port, where, bands), whole.signal(port, where, bands), rtol=1e-4)
    best = abs(whole.correlation(whole.frequency(0.1), bands[1:2])[0])
    assert abs(whole.correlation(where, bands[1:2])[0]) > 0.99 * best
    monkeypatch.undo()
    monkeypatch.setattr("qsb_hw.lindblad.response.TARGETED_FROM", 200)
    record = qh.heterodyne(found.network, "output", bandwidth=1.0, duration=5.0, trajectories=2)
    with pytest.raises(qh.ArgumentError, match=r"must lie between 0\.1 and 10"):
        record.visibilities([0.01])


def test_what_would_take_too_long_is_refused_before_the_line_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"port_rate": 0.5, "bandwidth": 1.0, "duration": 8.0, "trajectories": 4}
    found = detection(pair(), (0, 1), None, 0.5)
    state = sp.csr_array(found.steady.state())
    frames = np.linspace(-60.0, 20.0, 81)
    steps = [Diffusion(found.model, frame).step(state) for frame in frames]
    bound = Diffusion(found.model, 0.0).longest_step(state)
    assert max(steps) <= bound * (1 + 1e-12)
    assert max(steps) > 0.9 * bound
    monkeypatch.setattr(Filtered, "of", lambda *_: pytest.fail("the line was searched"))
    with pytest.raises(qh.CapacityError, match="most_seconds"):
        qh.heterodyne(pair(), **given, most_seconds=1e-3)


def test_the_estimated_time_grows_with_states_steps_and_trajectories() -> None:
    small, large = (Diffusion(qh.network_model(pair(levels=levels)), 0.0) for levels in (3, 6))
    assert small.seconds(100, 10) == pytest.approx(10 * small.seconds(10, 10)) == pytest.approx(small.seconds(10, 100))
    assert large.seconds(100, 10) > 2 * small.seconds(100, 10)


def test_the_step_follows_the_states_that_emit_and_the_turning_of_the_jumps() -> None:
    diffusion = Diffusion(qh.network_model(pair(detuning=0.0)), 0.0)
    steady = sp.csr_array(qh.steady_state(pair(detuning=0.0)).steady.state())
    quiet = sp.csr_array(([1.0], ([4], [4])), shape=(9, 9))  # n0 of both decays slowest
    rates = diffusion.decay.diagonal().real
    assert 0.04 / rates.max() <= diffusion.step(steady) <= 0.04 / rates.min()
    turning = replace(diffusion, frequency=1e4)
    assert turning.step(quiet) == pytest.approx(0.4 / 1e4, rel=0.01)

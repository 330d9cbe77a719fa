"""At −Δ twins are in the exchanged state of Δ: against their own solves, and only where that is exact."""

import numpy as np
import pytest

import qsb_hw as qh
from qsb_hw.analysis import pair as pair_module
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.analysis.pair import pair_of
from qsb_hw.sync.exact import detuning_sweep


@pytest.fixture
def detunings_solved(monkeypatch):
    """Every detuning that pairs are solved at."""
    found, sweep = [], pair_module.detuning_sweep

    def counted(network, detunings, *more, **named):
        found.extend(float(d) for d in detunings)
        return sweep(network, detunings, *more, **named)

    monkeypatch.setattr(pair_module, "detuning_sweep", counted)
    return found


@pytest.mark.parametrize(
    ("name", "complete"), [("transmon_squid", False), ("ion_lattice_be9", False), ("ion_lattice_be9", True)]
)
def test_the_image_is_the_steady_state(detunings_solved, name, complete):
    analysis = qh.analyse(qh.load_device(name), pair_levels=3, complete=complete)
    at = analysis.rest_detunings[1] + 0.3 * analysis.pair.half_width
    pair = analysis.pair
    image = pair.pairs([at, -at])[1]
    assert detunings_solved.count(-at) == 0
    size = [pair.size.of(pair.first.oscillator)] * 2 if complete else [pair.first.reference] * 2
    direct = detuning_sweep(pair_of(*size, pair.coupling), [-at])[0]
    difference = np.linalg.norm(image.state() - direct.state())
    assert difference <= image.certificate.error_bound + direct.certificate.error_bound
    assert np.array_equal(image.steady.space.offset, direct.steady.space.offset)
    assert image.synchronization(0, 1) == pytest.approx(direct.synchronization(0, 1), abs=1e-8)
    assert [o.ladder.energies[1] for o in image.network.oscillators] == [
        o.ladder.energies[1] for o in direct.network.oscillators
    ]
    for k in (0, 1):
        assert image.populations(k) == pytest.approx(direct.populations(k), abs=1e-8)
    assert image.populations(0) == pytest.approx(pair.pairs([at])[0].populations(1), rel=1e-12, abs=1e-15)
    assert image.truncation_error == pytest.approx(direct.truncation_error, rel=1e-4, nan_ok=True)
    assert image.steady.counts.factorisations == 0  # it cost nothing


def test_half_of_a_sweep_is_solved(detunings_solved):
    analysis = qh.analyse(qh.load_device("kerr_squid_array"), pair_levels=3)
    prediction = analysis.prediction
    swept = [d for d in detunings_solved if abs(d) in abs(prediction.detuning)]
    assert len(set(map(abs, swept))) == len(prediction.detuning) // 2 + 1
    assert np.array_equal(prediction.detuning, -prediction.detuning[::-1])
    assert pytest.approx(prediction.S[::-1], abs=1e-12) == prediction.S


def test_a_detuning_known_from_its_image_is_not_solved(detunings_solved):
    pair = qh.analyse(qh.load_device("kerr_squid_array"), complete=False).pair
    first = pair.S([1e6])
    assert pair.S([-1e6]) == pytest.approx(first, abs=1e-12)
    assert detunings_solved == [1e6]


def test_complete_twins_with_counter_rotating_terms_are_solved_at_either_detuning(detunings_solved):
    pair = qh.analyse(qh.load_device("ion_lattice_be9"), rwa=False).pair
    one = pair.first.oscillator.truncated(3)
    pair._sweep(one, one, [2e5, -2e5], rwa=False)
    assert detunings_solved == [2e5, -2e5]


def test_unlike_nodes_are_solved_at_either_detuning(detunings_solved):
    pair = ChipAnalysis(qh.load_chip("ion_pair_mixed"), Requested(complete=False)).links[0].pair
    pair.eliminated_pairs([2e5, -2e5])
    assert [d - detunings_solved[0] for d in detunings_solved] == [0.0, -4e5]


def test_half_of_a_symmetric_sweep_of_twins_is_solved():
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=4)
    grid = np.linspace(-22.0, 22.0, 31)  # not symmetric to the last bit
    assert np.any(grid != -grid[::-1])
    twins = qh.Network([one, one.detuned(0.0)], [[0, 0.3], [0.3, 0]])
    for network, images in ((twins, 15), (qh.Network([one, one.detuned(1.0)], [[0, 0.3], [0.3, 0]]), 0)):
        found = qh.detuning_sweep(network, grid)
        assert sum(solution.steady.counts.factorisations == 0 for solution in found) == images
        for k in (0, 7, 22, 30):
            direct = qh.steady_state(network.detuned(0, grid[k]))
            difference = np.linalg.norm(found[k].state() - direct.state())
            assert difference <= found[k].certificate.error_bound + direct.certificate.error_bound
            assert (
                found[k].network.oscillators[0].ladder.energies[1] == direct.network.oscillators[0].ladder.energies[1]
            )


def test_a_phase_of_the_coupling_leaves_no_images():
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    network = qh.Network([one, one], [[0, 0.3j], [-0.3j, 0]])
    assert all(s.steady.counts.factorisations for s in qh.detuning_sweep(network, [-20.0, 20.0]))

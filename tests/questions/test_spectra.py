"""Emission spectra: against QuTiP, transforms of correlations, eigenvalues of L, sum rules; bad input."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import qutip
import scipy.integrate
import scipy.linalg

import qsb_hw as qh
from qsb_hw.lindblad import resolvent, response
from qsb_hw.questions import lines
from qsb_hw.questions.spectra import cross_spectrum, emission_spectrum

ONE = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.3, n_plus=1, n_minus=2, levels=4)
PAIR = qh.Network([ONE.detuned(3.0), ONE], [[0, 0.6], [0.6, 0]])


def liouvillian(model: qh.LindbladModel) -> np.ndarray:
    h, one = model.hamiltonian.toarray(), np.eye(model.size)
    total = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (j.toarray() for j in model.jumps):
        decay = jump.conj().T @ jump
        total += np.kron(jump, jump.conj()) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T))
    return total


def annihilation(oscillator: int) -> np.ndarray:
    factors = [np.eye(4), np.eye(4)]
    factors[oscillator] = ONE.ladder.annihilation
    return np.kron(*factors)


def complete() -> qh.SelfOscillator:
    ladder = qh.Ladder.kerr(frequency=50.0, kerr=1.0, levels=4)
    up, down = ladder.transition_frequencies[:2]
    tones = ((up, 0.5, 0.06), (-down, 0.5, 0.05))
    return qh.SelfOscillator(ladder, [qh.Bath.cavity(d, k, g, levels=2) for d, k, g in tones])


def driven() -> tuple[qh.LindbladModel, np.ndarray]:
    """Without symmetry, and with a mean field."""
    lower = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    number = lower.T @ lower
    drive = 0.7 * (lower + lower.T)
    return qh.LindbladModel(2 * number - 0.4 * number @ number + drive, [lower, 0.3 * number]), lower


def integral(spectrum: qh.Spectrum) -> float:
    """∫ P dω/2π by quadrature between and beyond all lines."""
    edges = np.unique(
        [line.position + s * k * line.width for line in spectrum.peaks for s in (-1, 1) for k in (0, 2, 30)]
    )
    pieces = [(-math.inf, edges[0]), *pairwise(edges), (edges[-1], math.inf)]
    parts = [scipy.integrate.quad(lambda w: spectrum.at(w)[0], a, b, epsabs=1e-10, limit=400)[0] for a, b in pieces]
    return sum(parts) / (2 * math.pi)


def test_a_pair_agrees_with_qutip_and_with_the_transform_of_a_long_correlation() -> None:
    model = qh.network_model(PAIR)
    frequencies = np.linspace(-30, 10, 23)
    found = emission_spectrum(PAIR, 1, frequencies)
    hamiltonian, jumps = model.to_qutip()
    a = qutip.Qobj(annihilation(1), dims=hamiltonian.dims)
    peer = qutip.spectrum(hamiltonian, frequencies, jumps, a.dag(), a, solver="pi")
    # QuTiP transforms ⟨A(τ)B(0)⟩ with e^{−iωτ}
    assert np.allclose(found.power, peer, atol=1e-6 * found.power.max())
    generator, steady = liouvillian(model), qh.steady_state(model).state()
    times = np.linspace(0, 60, 30001)
    step = scipy.linalg.expm(generator * (times[1] - times[0]))
    vector, seen, correlation = (steady @ annihilation(1).conj().T).ravel(), annihilation(1).T.ravel(), []
    for _ in times:
        correlation.append(seen @ vector)
        vector = step @ vector
    for frequency, power in zip(frequencies, found.power, strict=True):
        transform = scipy.integrate.simpson(np.array(correlation) * np.exp(1j * frequency * times), x=times)
        assert 2 * transform.real == pytest.approx(power, abs=1e-6 * found.power.max())


def test_lines_are_eigenvalues_of_the_generator_and_add_up() -> None:
    found = emission_spectrum(PAIR, 0)
    values = np.linalg.eigvals(liouvillian(qh.network_model(PAIR)))
    for line in found.peaks:
        exact = values[np.argmin(np.abs(values - (-line.width / 2 - 1j * line.position)))]
        assert abs(exact - (-line.width / 2 - 1j * line.position)) < 1e-9
    assert sum(line.weight for line in found.peaks) == pytest.approx(found.total, rel=1e-4)
    assert found.peaks[0].levels == (1, 0)
    assert found.linewidth == found.peaks[0].width
    one = emission_spectrum(ONE)
    lower = liouvillian(qh.effective_model(ONE))
    sector = [4 * n + n - 1 for n in range(1, 4)]  # |n⟩⟨n−1|
    slowest = -np.linalg.eigvals(lower[np.ix_(sector, sector)]).real.max()
    assert one.slowest_decay == pytest.approx(slowest, rel=1e-9)


@pytest.mark.parametrize("rwa", [True, False])
@pytest.mark.parametrize("port", [None, "damping", 1])
def test_the_sum_rule_holds_for_a_complete_device(port: str | int | None, rwa: bool) -> None:
    one = complete()
    steady = qh.steady_state(qh.full_model(one, rwa))
    found = emission_spectrum(one, port=port, rwa=rwa, steady=steady)
    subsystem = {None: 0, "damping": 2, 1: 2}[port]
    subsystem = 1 + [b.name for b in one.baths].index("damping") if port == "damping" else subsystem
    number = np.arange(one.dims[subsystem]) @ steady.populations(subsystem)
    assert found.ok
    assert found.total + found.coherent == pytest.approx(number, rel=1e-6)
    assert integral(found) == pytest.approx(found.total, abs=1e-6 * found.total + 1e-9)


def test_a_driven_oscillator_has_a_coherent_part_of_its_own() -> None:
    model, lower = driven()
    found = emission_spectrum(model, lowering=lower)
    state = qh.steady_state(model).state()
    assert found.coherent == pytest.approx(abs(np.trace(lower @ state)) ** 2, rel=1e-9)
    assert integral(found) == pytest.approx(float(np.trace(lower.T @ lower @ state).real) - found.coherent, rel=1e-6)
    frequencies = np.array([-1.0, 0.3, 1.2])
    source = (state @ lower.T - np.trace(state @ lower.T) * state).ravel()
    generator = liouvillian(model)
    exact = [
        2 * (lower.T.ravel() @ np.linalg.solve(-generator - 1j * w * np.eye(36), source)).real for w in frequencies
    ]
    assert np.allclose(found.at(frequencies), exact, rtol=1e-5)


@pytest.mark.parametrize("rwa", [True, False])
def test_the_reduced_sector_gives_what_the_whole_one_gives(rwa: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = emission_spectrum(complete(), rwa=rwa)
    monkeypatch.setattr(response, "DENSE_BELOW", 0)
    for below in (0, 10**6):  # solved by GMRES, and by LU
        monkeypatch.setattr(resolvent, "FACTORISED_BELOW", below)
        found = emission_spectrum(complete(), rwa=rwa, frequencies=kept.frequencies)
        assert found.responses[0].solves > 1
        assert np.abs(found.power - kept.power).max() <= found.error * kept.power.max() + 1e-9
        assert found.error < 1e-5
        assert [line.levels for line in found.peaks[:3]] == [line.levels for line in kept.peaks[:3]]


def test_an_error_of_the_steady_state_is_in_that_of_the_spectrum() -> None:
    exact = qh.steady_state(PAIR).steady
    good = emission_spectrum(PAIR, steady=exact)
    assert 0 < good.error < 1e-6
    rng = np.random.default_rng(0)
    for size in (1e-6, 1e-4):
        wrong = rng.standard_normal(exact.flat.size)
        wrong *= size / np.linalg.norm(wrong)
        certificate = replace(exact.certificate, error_bound=size)
        moved = emission_spectrum(
            PAIR, frequencies=good.frequencies, steady=replace(exact, flat=exact.flat + wrong, certificate=certificate)
        )
        change = float(np.abs(moved.power - good.power).max())
        assert 1e-3 * moved.error < change / moved.power.max() <= moved.error


def test_a_few_frequencies_show_no_line_less_than_many() -> None:
    few, many = (emission_spectrum(complete(), frequencies=np.linspace(40, 55, n)) for n in (2, 400))
    assert [line.position for line in few.peaks] == [line.position for line in many.peaks]
    assert np.allclose(many.power[[0, -1]], few.power)
    assert few.responses[0].solves == many.responses[0].solves


def test_frequencies_given_with_the_pump_shift_and_nothing_else() -> None:
    plain = emission_spectrum(complete(), port="damping")
    moved = emission_spectrum(complete(), port="damping", pump_frequency=1e4)
    assert np.allclose(moved.frequencies, plain.frequencies + 1e4)
    assert moved.peaks[0].position == pytest.approx(plain.peaks[0].position + 1e4)
    assert np.allclose(moved.at(moved.frequencies[::50]), plain.power[::50], rtol=1e-6)


def test_cross_spectra_integrate_to_the_cross_correlation() -> None:
    frequencies = np.linspace(-500, 500, 100001)
    found = cross_spectrum(PAIR, 0, 1, frequencies)
    total = scipy.integrate.simpson(found, x=frequencies) / (2 * math.pi)
    assert total == pytest.approx(qh.steady_state(PAIR).cross_correlation(0, 1), abs=1e-5)
    own = cross_spectrum(PAIR, 0, 0, frequencies[::10000])
    assert np.allclose(own, emission_spectrum(PAIR, 0, frequencies[::10000]).power, atol=1e-9)


SHARP = qh.EffectiveOscillator.lorentzian(kerr=40, gamma=1, sigma=0.05, n_plus=1, n_minus=2, levels=4)


def test_lines_far_from_resonance_are_pulled_in_second_order() -> None:
    """|0, 1⟩ and |1, 0⟩ repel each other, and |1, 1⟩ is repelled by |2, 0⟩ and |0, 2⟩."""
    detuning, kerr2 = 20.0, 80.0
    couplings = np.array([0.2, 0.4, 0.8])
    expected = 1 / detuning - 2 / (detuning - kerr2) + 2 / (detuning + kerr2)
    for coupling in couplings:
        pair = qh.Network([SHARP.detuned(detuning), SHARP], [[0, coupling], [coupling, 0]])
        line = emission_spectrum(pair, 0).peaks[0]
        assert line.position - detuning == pytest.approx(expected * coupling**2, rel=0.02)


def test_at_zero_detuning_the_states_with_one_quantum_left_split_by_the_coupling() -> None:
    pair = qh.Network([SHARP, SHARP], [[0, 0.8], [0.8, 0]])
    positions = sorted(line.position for line in emission_spectrum(pair, 1).peaks[:2])
    assert np.allclose(positions, [-0.8, 0.8], atol=0.05)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: emission_spectrum(ONE, 1), "oscillator"),
        (lambda: emission_spectrum(ONE, port=0), "bath of a complete oscillator"),
        (lambda: emission_spectrum(complete(), port="dampling"), "Did you mean damping"),
        (lambda: emission_spectrum(complete(), port=2), "port"),
        (lambda: emission_spectrum(ONE, frequencies=[math.nan]), "finite"),
        (lambda: emission_spectrum(ONE, frequencies=[]), "Give one at least"),
        (lambda: emission_spectrum(ONE, lowering=np.eye(3)), "4 × 4"),
        (lambda: emission_spectrum(ONE, accuracy=0.0), "positive"),
        (lambda: emission_spectrum(ONE, frequencies=[[1.0, 2.0], [3.0, 4.0]]), "list"),
        (lambda: emission_spectrum(ONE, steady="yesterday"), "earlier solution"),
        (lambda: emission_spectrum(PAIR, steady=qh.steady_state(qh.effective_model(ONE))), "dimensions"),
        (lambda: emission_spectrum(ONE, lowering="a"), "4 × 4|numbers"),
    ],
)
def test_bad_input_is_refused(call, words: str) -> None:
    with pytest.raises(qh.ArgumentError, match=words):
        call()


def test_fluorescence_has_no_pole_at_the_frequency_of_the_drive() -> None:
    """The source has no steady part; a rounding error of it must not show at ω = 0. Mollow's three lines."""
    rabi, lower = 8.0, np.array([[0.0, 1.0], [0.0, 0.0]])
    model = qh.LindbladModel(rabi / 2 * (lower + lower.T), [lower])
    found = emission_spectrum(model, frequencies=[0.0, 1e-5])
    assert found.power[0] == pytest.approx(found.power[1], rel=1e-8)
    excited, dipole = rabi**2 / (1 + 2 * rabi**2), rabi / (1 + 2 * rabi**2)
    assert found.coherent == pytest.approx(dipole**2)
    assert found.total == pytest.approx(excited - dipole**2)
    aside = math.sqrt(rabi**2 - 1 / 16)
    lines = sorted((round(line.position, 6), round(line.width, 6)) for line in found.peaks)
    assert np.allclose(lines, [(-aside, 1.5), (0.0, 1.0), (aside, 1.5)], atol=1e-6)


@pytest.mark.parametrize("levels", [12, 30])
def test_a_driven_damped_oscillator_emits_its_coherent_line_only(levels: int) -> None:
    lower = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    number = lower.T @ lower
    found = emission_spectrum(qh.LindbladModel(5 * number + 0.3 * (lower + lower.T), [lower]))
    assert found.ok
    assert (found.total, found.peaks) == (0.0, ())
    assert found.coherent == pytest.approx(0.09 / 25.25)


def test_without_a_certified_steady_state_there_is_no_spectrum() -> None:
    with pytest.raises(qh.ConvergenceError):
        emission_spectrum(qh.LindbladModel(np.diag([0.0, 1.0]), []))


def test_the_pulling_table_says_how_far_its_levels_move_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BETWEEN", 5)  # detunings between the places where lines meet
    analysis = qh.analyse(qh.load_device("kerr_squid_array"), levels=6, bath_levels=2)
    found = lines.emission_of(analysis).pulling
    assert found is not None
    assert found.levels == analysis.target + lines.LEVELS_ABOVE == 4
    longer = analysis.effective.truncated(6)
    more = [lines._lines_at(analysis.pair, longer, longer, centre, 0, 1) for centre in found.centres]
    fewer = [found.lines[int(np.flatnonzero(found.detuning == centre)[0])] for centre in found.centres]
    left = max(
        lines._moved(a, b) for one, other in zip(fewer, more, strict=True) for a, b in zip(one, other, strict=True)
    )
    assert 0 < found.error < 1e-2 * analysis.coupling
    assert found.error == pytest.approx(left, rel=0.1)  # what two more levels do: one shows nearly all of it

"""Turn-on of complete devices and emission spectra, against QuTiP; CPU seconds, and the error of both.

`mesolve` is given a share of the time and its cost scaled: its steps are as long later on, since the fastest detunings
stay. It works in the frame that turns with the mean frequency of a quantum, ours in whatever frame.
"""

import time
import warnings

import numpy as np
import pytest
import scipy.linalg

import qsb_hw as qh

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import qutip

DEVICE = qh.load_device("transmon_squid")
TIMES = np.linspace(0.0, 3e-6, 61)
"""Until the Fock state stands."""


def rotating(model):
    """The model without the mean frequency of a quantum, which the ground state does not see."""
    frequency = np.polyfit(model.charge, model.hamiltonian.diagonal().real, 1)[0]
    shift = qh.LindbladModel(np.diag(frequency * model.charge), []).hamiltonian
    return frequency, qh.LindbladModel(model.hamiltonian - shift, model.jumps, model.dims, model.charge)


def single(levels=8):
    return rotating(qh.full_model(DEVICE.oscillator(levels).with_bath_levels(3)))


def pair():
    one, v = DEVICE.oscillator(4).with_bath_levels(3), DEVICE.nearest_coupling
    return rotating(qh.network_model(qh.Network([one, one], [[0, v], [v, 0]])))


def cpu(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def exact(model, when):
    """Populations of the oscillator by the matrix exponential in the sector of the ground state."""
    coordinates = qh.evolve(model, [when], accuracy=1e-2).motion.parts[0].coordinates
    space = coordinates.generator.space
    ground = qh.LindbladModel(np.diag(np.eye(model.size)[0]), []).hamiltonian
    vector = scipy.linalg.expm(coordinates.matrix.toarray() * when) @ coordinates.vector(space.flatten(ground))
    diagonal = space.matrix(coordinates.flat(vector)).diagonal().real
    return diagonal.reshape(model.dims).sum(axis=(1, 2))


def turn_on(model, share, repeats, **options):
    """Ours over the whole time; QuTiP's over a share of it, and its populations there."""
    ours, found = min((cpu(lambda: qh.evolve(model, TIMES)) for _ in range(repeats)), key=lambda pair: pair[0])
    hamiltonian, jumps = model.to_qutip()
    start = qutip.ket2dm(qutip.basis(list(model.dims), [0] * len(model.dims)))
    options = {"atol": 1e-9, "rtol": 1e-7, "nsteps": 10**8, "progress_bar": ""} | options
    short = [0.0, share * TIMES[-1]]
    theirs, peer = cpu(lambda: qutip.mesolve(hamiltonian, start, short, jumps, options=options))
    populations = peer.states[-1].ptrace(0).diag().real
    found_there = qh.evolve(model, short)
    return {
        "ours": ours, "bound": found.error, "theirs": theirs / share, "ratio": theirs / share / ours,
        "difference": float(np.abs(found_there.populations(0)[-1] - populations).max()),
    }, found, populations  # fmt: skip


@pytest.mark.parametrize("method", ["adams", "bdf", "vern9", "dop853"])
@pytest.mark.parametrize("matrix_form", [False, True])
def test_turn_on_of_a_complete_device(benchmark, method, matrix_form):
    share = 0.01
    _, model = single()
    measured, found, populations = turn_on(model, share, 3, method=method, matrix_form=matrix_form)
    error = float(np.abs(found.populations(0)[-1] - exact(model, TIMES[-1])).max())
    theirs = float(np.abs(populations - exact(model, share * TIMES[-1])).max())
    benchmark.extra_info.update(measured, error=error, error_of_theirs=theirs)
    benchmark.pedantic(qh.evolve, args=(model, TIMES), rounds=3)
    assert error <= found.error


@pytest.mark.slow
@pytest.mark.parametrize("matrix_form", [False, True])
def test_turn_on_of_a_complete_pair(benchmark, matrix_form):
    _, model = pair()
    measured, _, _ = turn_on(model, 3e-4, 1, method="adams", matrix_form=matrix_form)
    benchmark.extra_info.update(measured)
    benchmark.pedantic(qh.evolve, args=(model, TIMES), rounds=1)


@pytest.mark.parametrize(("levels", "solver"), [(4, "es"), (4, "solve"), (8, "solve")])
def test_spectrum_of_400_frequencies(benchmark, levels, solver):
    """`spectrum` of QuTiP at all frequencies where one diagonalisation gives them, else at two."""
    frame, model = single(levels)
    one = DEVICE.oscillator(levels)
    frequencies = np.linspace(-2.5e9, 1e9, 400) + one.ladder.transition_frequencies[0] - frame
    a = np.kron(one.ladder.annihilation, np.eye(9))
    ours, found = min((cpu(lambda: qh.emission_spectrum(model, 0, frequencies, lowering=a)) for _ in range(3)),
                      key=lambda pair: pair[0])  # fmt: skip
    hamiltonian, jumps = model.to_qutip()
    lower = qutip.Qobj(a, dims=hamiltonian.dims)
    every = 1 if solver == "es" else 250
    theirs, peer = cpu(
        lambda: qutip.spectrum(hamiltonian, frequencies[::every], jumps, lower.dag(), lower, solver=solver)
    )
    theirs *= 400 / len(peer)
    benchmark.extra_info.update(
        ours=ours, bound=found.error, theirs=theirs, ratio=theirs / ours,
        difference=float(np.abs(found.power[::every] - np.asarray(peer)).max() / found.power.max()),
    )  # fmt: skip
    benchmark.pedantic(qh.emission_spectrum, args=(model, 0, frequencies), kwargs={"lowering": a}, rounds=3)

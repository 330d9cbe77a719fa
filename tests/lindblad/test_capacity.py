"""Problems that would not fit are refused before anything large is allocated."""

import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
import threadpoolctl

import qsb_hw as qh
from qsb_hw.lindblad.capacity import on_every_core, on_one_core


@pytest.fixture
def allocated():
    """Peak of what Python and NumPy have allocated since the start of the test, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def driven_chain(levels):
    """A driven damped oscillator: one sector, so that ρ has levels² elements; its operators are sparse."""
    n = np.sqrt(np.arange(1.0, levels))
    lower = sp.diags_array(n.astype(complex), offsets=1, shape=(levels, levels), format="csr")
    return qh.LindbladModel(lower + lower.conj().T, (lower,))


def test_network_too_large_to_write_down_is_refused_with_its_size(allocated):
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=2, n_minus=3, levels=10)
    network = qh.Network([one] * 9, np.ones((9, 9)) - np.eye(9))
    with pytest.raises(qh.CapacityError, match=r"10 × 10 × .* = 1e\+09; .* GiB. Keep fewer levels"):
        qh.steady_state(network)
    assert allocated() < 1e7


def test_full_model_too_large_to_write_down_is_refused(allocated):
    baths = [qh.Bath.cavity(s * 4.0, 0.5, 0.01, levels=100) for s in (-1, 1)]
    with pytest.raises(qh.CapacityError, match="1000 × 100 × 100"):
        qh.full_model(qh.SelfOscillator(qh.Ladder.kerr(5.0, 1e-3, 1000), baths))
    assert allocated() < 1e8


@pytest.mark.parametrize("solver", [qh.SparseDirect(), qh.SylvesterGMRES(), qh.Auto()], ids=lambda s: type(s).__name__)
def test_density_matrix_too_large_to_hold_is_refused_before_it_is_allocated(solver, allocated):
    model = driven_chain(100_000)  # ρ alone: 160 GB
    with pytest.raises(qh.CapacityError, match=r"must fit in memory, but would need .* GiB .* are free"):
        qh.steady_state(model, solver)
    assert allocated() < 3e8


def test_spectrum_too_large_to_hold_is_refused(allocated):
    with pytest.raises(qh.CapacityError, match="spectrum"):
        qh.relaxation_rate(driven_chain(20_000))
    assert allocated() < 1e8


def test_krylov_space_is_cut_to_the_memory_that_is_free_and_refused_below_that(lab, monkeypatch):
    rng = np.random.default_rng(1)
    model = qh.LindbladModel(lab.random_hermitian(rng, 30), tuple(lab.random_jump(rng, 30) for _ in range(3)))
    solver, whole = qh.SylvesterGMRES(), qh.steady_state(model, qh.SylvesterGMRES())

    def leave(free):
        for name, module in list(sys.modules.items()):
            if name.startswith("qsb_hw.lindblad") and hasattr(module, "available_memory"):
                monkeypatch.setattr(module, "available_memory", lambda: free)
            if name.startswith("qsb_hw.lindblad") and hasattr(module, "NOT_ASKED"):
                monkeypatch.setattr(module, "NOT_ASKED", 0)  # so few states are never asked about otherwise

    leave(int(1.25 * solver.memory(30**2, 14)))
    squeezed = qh.steady_state(model, solver)
    assert np.allclose(squeezed.state(), whole.state(), rtol=0, atol=1e-10)
    assert squeezed.counts.products > whole.counts.products  # it had to restart
    leave(solver.memory(30**2, 10))
    with pytest.raises(qh.CapacityError, match="symmetry sectors"):
        qh.steady_state(model, solver)


def test_capacity_error_is_a_memory_error():
    assert issubclass(qh.CapacityError, MemoryError)
    assert issubclass(qh.CapacityError, qh.QsbError)


def test_a_worker_among_several_keeps_to_one_core(monkeypatch):
    here = (threading.get_ident(), 1)

    def where(number):
        """Threads and BLAS threads that so many items meet."""
        return set(on_every_core(lambda _: (threading.get_ident(), blas_threads()), [None] * number))

    monkeypatch.setattr("qsb_hw.lindblad.capacity.cores", lambda: 2)
    with on_one_core():
        assert where(8) == {here}
    assert here not in where(8)
    assert {threads for _, threads in where(8)} == {1}
    before = blas_threads()
    assert where(1) == {here}  # no thread for what is alone
    monkeypatch.setattr("qsb_hw.lindblad.capacity.cores", lambda: 1)
    assert where(8) == {here}
    assert where(0) == set()
    assert blas_threads() == before


@pytest.mark.usefixtures("every_core")
@pytest.mark.parametrize("error", [KeyboardInterrupt, qh.ConvergenceError])
def test_what_stops_one_of_several_stops_all_and_leaves_blas_as_it_was(error):
    before, done = blas_threads(), []

    def work(number):
        if number == 3:
            raise error("stopped")
        time.sleep(0.002)
        done.append(number)

    with pytest.raises(error, match="stopped"):
        list(on_every_core(work, range(500)))
    assert len(done) < 400
    assert blas_threads() == before


def blas_threads():
    return max((library["num_threads"] for library in threadpoolctl.threadpool_info()), default=1)

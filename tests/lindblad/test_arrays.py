"""Work in single precision on arrays of another module: the same answer, and nothing goes to and fro unseen.

The stand-in for a module whose arrays live elsewhere refuses every conversion that is not asked for. Where CuPy finds a
device the same is asked of it.
"""

import math
import sys
import types

import numpy as np
import pytest
import scipy.sparse as sp

import qsb_hw as qh
from qsb_hw.lindblad import arrays, iterative
from qsb_hw.lindblad.orbits import OrbitFeeding
from qsb_hw.lindblad.sylvester import SylvesterInverse


class Elsewhere(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that NumPy may not read, with the methods that CuPy's have too."""

    def __init__(self, array):
        self._array = np.asarray(array)

    def __array__(self, *_, **__):
        raise TypeError("an implicit conversion to an array of NumPy")

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        assert method == "__call__"
        assert not options
        if any(isinstance(value, np.ndarray) and value.ndim for value in inputs):
            raise TypeError("an implicit conversion from an array of NumPy")
        found = ufunc(*map(_inside, inputs), **({"out": tuple(map(_inside, out))} if out else {}))
        return out[0] if out else Elsewhere(found)

    def __array_function__(self, function, _, given, options):
        assert function is np.empty_like
        return Elsewhere(function(*map(_inside, given), **options))

    def __getattr__(self, name):
        if name not in ("swapaxes", "reshape", "ravel", "view", "sum", "real", "imag", "shape", "dtype", "size", "T"):
            raise AttributeError(name)
        found = getattr(self._array, name)
        if callable(found) and name != "dtype":
            return lambda *given, **options: Elsewhere(found(*given, **options))
        return Elsewhere(found) if isinstance(found, np.ndarray) else found

    def __getitem__(self, key):
        return Elsewhere(self._array[_inside(key)])

    def __setitem__(self, key, value):
        if isinstance(value, np.ndarray):
            raise TypeError("an implicit conversion from an array of NumPy")
        self._array[_inside(key)] = _inside(value)

    def __float__(self):
        return float(self._array)


class Sparse:
    """A sparse matrix there."""

    def __init__(self, matrix):
        self.matrix = matrix

    def __matmul__(self, vector):
        return Elsewhere(self.matrix @ vector._array)


def _inside(value):
    return value._array if isinstance(value, Elsewhere) else value


def stand_in(free=math.inf):
    module = types.SimpleNamespace(asarray=Elsewhere, empty=lambda shape, dtype: Elsewhere(np.empty(shape, dtype)))
    return arrays.Arrays(module, lambda array: array._array.copy(), Sparse, lambda: free)


@pytest.fixture(autouse=True)
def jumps_between_orbits(monkeypatch):
    """Not as one sparse matrix, as of larger rings."""
    monkeypatch.setattr("qsb_hw.lindblad.steady.ASSEMBLED_BELOW", 0)


@pytest.fixture(params=["stand-in", "cupy"])
def elsewhere(request, monkeypatch):
    """The name of a module whose arrays live elsewhere."""
    if request.param == "cupy":
        pytest.importorskip("cupy", reason="CuPy is not installed")
        try:
            arrays.arrays_of("cupy")
        except qh.ArgumentError as error:
            pytest.skip(str(error))
    else:
        monkeypatch.setattr(arrays, "_cupy", stand_in)
    return "cupy"


def ring(size, levels, period=2):
    one = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=levels)
    coupling = 0.3 * (np.roll(np.eye(size), 1, axis=0) + np.roll(np.eye(size), -1, axis=0))
    return qh.Network([one.detuned(20.0 * (k % period)) for k in range(size)], coupling)


def driven_pair(levels=16):
    """Two driven ladders that exchange quanta: one block, inverted as a product."""
    lower = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    one, number = np.eye(levels), lower.T @ lower
    alone = -1.3 * number + 0.7 * number @ (number - one) + 0.6 * (lower + lower.T)
    exchange = 0.02 * np.kron(lower, lower.T)
    hamiltonian = np.kron(alone, one) + np.kron(one, 1.1 * alone) + exchange + exchange.T
    jumps = [np.kron(lower, one), np.kron(one, lower), np.kron(0.3 * lower.T, one), np.kron(one, 0.2 * number)]
    return qh.LindbladModel(hamiltonian, jumps, dims=(levels, levels))


def iterative_only(module):
    return qh.SylvesterGMRES(arrays=module, single_above=4)


def by_momentum_first(module):
    return qh.Auto(iterative=iterative_only(module), fallback_work=0)


MODELS = {
    "sectors": (lambda: ring(4, 4), iterative_only),
    "by momentum": (lambda: ring(6, 3, period=1), by_momentum_first),
    "a product": (driven_pair, iterative_only),
}


def test_the_rings_are_solved_by_momentum(monkeypatch):
    asked, single = [], OrbitFeeding.astype
    monkeypatch.setattr(OrbitFeeding, "astype", lambda self, kind: asked.append(kind) or single(self, kind))
    make, solver = MODELS["by momentum"]
    qh.steady_state(make(), solver("numpy"))
    assert asked == [np.float32]


@pytest.mark.parametrize("name", MODELS)
def test_the_state_is_that_of_numpy_within_both_bounds(name, elsewhere):
    make, solver = MODELS[name]
    problem = make()
    here, there = (qh.steady_state(problem, solver(module)) for module in ("numpy", elsewhere))
    one, other = (getattr(found, "steady", found) for found in (here, there))
    assert one.ok
    assert other.ok
    assert other.counts.single_products > 10
    assert abs(one.counts.single_products - other.counts.single_products) <= 3
    apart = np.linalg.norm(one.flat - other.flat)
    assert apart <= one.error_bound + other.error_bound < 1e-8


def test_blocks_without_a_basis_of_eigenvectors_are_solved_by_the_processor(elsewhere, monkeypatch):
    monkeypatch.setattr("qsb_hw.lindblad.sylvester.LARGEST_CONDITION", 0.0)  # Schur's form for every block
    problem = ring(4, 3)
    here, there = (qh.steady_state(problem, iterative_only(module)) for module in ("numpy", elsewhere))
    assert np.linalg.norm(here.steady.flat - there.steady.flat) <= here.steady.error_bound + there.steady.error_bound


def test_small_blocks_stay_with_the_processor(elsewhere, monkeypatch):
    monkeypatch.setattr(SylvesterInverse, "single", None)  # would be called for anything in single precision
    assert qh.steady_state(ring(4, 3), qh.SylvesterGMRES(arrays=elsewhere)).ok


@pytest.mark.parametrize(("vectors", "kept"), [(20, 16), (50, 46), (1000, 80)])
def test_as_many_vectors_are_kept_as_fit(vectors, kept):
    size = 10_000
    assert stand_in(free=4 * size * (vectors + 0.5) / arrays.SPARE).vectors(size, 80, iterative.FEWEST_VECTORS) == kept


def test_fewer_vectors_may_be_asked_for(elsewhere):
    found = qh.steady_state(ring(4, 3), qh.SylvesterGMRES(arrays=elsewhere, single_above=4, restart=8))
    assert found.steady.counts.gmres_steps > 8
    assert found.steady.error_bound < 1e-6


def test_too_little_memory_there_is_said(monkeypatch):
    monkeypatch.setattr(arrays, "_cupy", lambda: stand_in(free=1e4))
    with pytest.raises(qh.CapacityError, match="accelerator's memory must have room for 16 vectors"):
        qh.steady_state(ring(4, 3), iterative_only("cupy"))


def test_what_is_not_there_is_said(monkeypatch):
    arrays._cupy.cache_clear()
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(qh.ArgumentError, match=r"must find CuPy and a device, but found .* Install the cupy package"):
        qh.steady_state(ring(4, 3), qh.SylvesterGMRES(arrays="cupy"))


@pytest.mark.parametrize("name", ["torch", "", None, 3, ["cupy"], np])
def test_other_modules_are_refused(name):
    with pytest.raises(qh.ArgumentError, match="`arrays` must be one of numpy, cupy"):
        qh.SylvesterGMRES(arrays=name)


def test_operators_of_the_processor_are_visited():
    there = stand_in()
    matrix = sp.csr_array(np.diag([1.0, 2.0, 3.0]))
    vector = there.there([1.0, 1.0, 1.0], np.float32)
    for operator in (there.operator(matrix), there.operator(matrix.toarray())):
        assert np.array_equal(there.floats(operator @ vector), [1.0, 2.0, 3.0])

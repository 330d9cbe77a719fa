"""All jumps in one list: the same sums as jump by jump."""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.lindblad.jumps import JumpEntries


def sparse_jumps(seed, size, count):
    rng = np.random.default_rng(seed)
    dense = rng.standard_normal((count, size, size)) + 1j * rng.standard_normal((count, size, size))
    return [sp.csr_array(jump * (rng.random((size, size)) < 0.4)) for jump in dense]


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 8), count=st.integers(0, 5))
def test_sums_over_jumps(seed, size, count):
    jumps = sparse_jumps(seed, size, count)
    entries = JumpEntries.of(jumps, size)
    dense = [jump.toarray() for jump in jumps]
    nothing = np.zeros((size, size))
    assert np.allclose(entries.decay().toarray(), sum((j.conj().T @ j for j in dense), nothing), atol=1e-13)
    magnitudes = sum((np.abs(j).T @ np.abs(j) for j in dense), nothing)
    assert np.allclose(entries.coherent_pattern().toarray(), magnitudes, atol=1e-13)


@given(seed=st.integers(0, 2**32 - 1), elements=st.integers(1, 60))
def test_pieces_are_whole_jumps_and_leave_nothing_out(seed, elements):
    jumps = sparse_jumps(seed, 5, 6)
    entries = JumpEntries.of(jumps, 5)
    pieces = list(entries.by_jumps(elements))
    assert np.array_equal(np.concatenate([p.value for p in pieces]), entries.value)
    largest = max(jump.nnz for jump in jumps)
    for one, other in pairwise(pieces):
        assert one.number[-1] < other.number[0]
    assert all(piece.value.size <= max(elements, largest) for piece in pieces)


def test_zeros_that_are_stored_are_not_elements():
    jump = sp.csr_array((np.array([1.0, 0.0]), (np.array([0, 1]), np.array([1, 0]))), shape=(2, 2))
    assert jump.nnz == 2
    assert JumpEntries.of([jump], 2).value.size == 1

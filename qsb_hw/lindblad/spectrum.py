"""Relaxation rates of Lindblad models: the slowest decay in the symmetry sectors of the steady state."""

from __future__ import annotations

import numpy as np
import scipy.sparse.linalg as spla

from qsb_hw._typing import Floats
from qsb_hw.lindblad.blocks import BlockGenerator
from qsb_hw.lindblad.capacity import require_memory, threads_for
from qsb_hw.lindblad.iterative import FluxIteration
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.sectors import find_sectors
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.task import LindbladLike

DENSE_BELOW = 1000
"""Matrix elements up to which the whole spectrum is computed."""
ITERATED_ABOVE = 200
"""Matrix elements from which iteration for one eigenvalue is quicker than the whole spectrum."""
ACCURACY = 1e-6
"""Relative accuracy asked of a decay rate found by iteration."""


def relaxation_rate(model: LindbladLike) -> float:
    """Smallest nonzero decay rate −Re λ of the generator on block-diagonal states, in the unit of its rates.

    Coherences between symmetry sectors are left out: the steady state and everything that conserves the
    charge relaxes at least this fast. Above 1000 matrix elements only the eigenvalues nearest zero are computed, so a
    slow mode that oscillates much faster than it decays can be missed there.

    Parameters
    ----------
    model : LindbladModel
        Of any kind.

    Returns
    -------
    float
        In the unit of the jump rates.

    Raises
    ------
    CapacityError
        If the sparse factors of the generator would not fit in memory.

    Examples
    --------
    The mean photon number of a damped cavity decays at κ, its coherences, in the same sector once driven, at κ/2:

    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    >>> round(qh.relaxation_rate(qh.LindbladModel(0 * lower, [lower])), 6)
    1.0
    >>> round(qh.relaxation_rate(qh.LindbladModel(0.1 * (lower + lower.T), [lower])), 2)
    0.5
    """
    space, generator = _generator(model, 2e3)
    matrix = generator.matrix() / generator.rate
    if space.size <= DENSE_BELOW:
        values = np.linalg.eigvals(matrix.toarray())
    else:
        start = np.random.default_rng(0).standard_normal(space.size)
        values = spla.eigs(matrix.tocsc(), k=6, sigma=1e-7, v0=start, return_eigenvectors=False)
    decays = np.sort(-values.real)
    return float(decays[1] * generator.rate)


def population_relaxation_rate(model: LindbladLike, steady: SteadyState) -> float:
    """Decay rate −Re λ of the mode nearest to zero in the complex plane, in the unit of the model's rates.

    Populations relax without turning, while coherences between levels turn with their spacing: with no symmetry left
    the two share a sector, and a slow coherence must not be taken for the populations' slowest mode. Above 200 matrix
    elements by Arnoldi on the inverse of the generator, applied by preconditioned GMRES.
    """
    space, generator = _generator(model, 1e3)
    if space.size <= ITERATED_ABOVE:
        values = np.linalg.eigvals(generator.matrix().toarray() / generator.rate)
        return float(-values[np.argsort(np.abs(values))[1]].real * generator.rate)
    rest = steady.require().flat

    def inverse(flat: Floats) -> Floats:
        flat = flat - space.trace(flat) * rest
        solved = generator.rate * solve(flat)
        return np.asarray(solved - space.trace(solved) * rest)

    with threads_for(space.largest_block):
        solve = FluxIteration.of(generator).generator_inverse(1e-3 * ACCURACY)
        start = inverse(np.random.default_rng(space.size).standard_normal(space.size))
        operator = spla.LinearOperator((space.size,) * 2, matvec=inverse, dtype=float)
        values = spla.eigs(operator, k=1, which="LM", v0=start, tol=ACCURACY, return_eigenvectors=False, ncv=12)
    return float(-(1 / values[0]).real * generator.rate)


def _generator(model: LindbladLike, bytes_per_element: float) -> tuple[BlockSpace, BlockGenerator]:
    space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
    require_memory(bytes_per_element * space.size, "The spectrum of a generator", "Keep fewer levels.")
    return space, BlockGenerator.of(model.hamiltonian, model.jumps, space)

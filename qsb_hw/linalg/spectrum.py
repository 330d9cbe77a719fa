"""How fast a Lindblad model forgets: the slowest decay in the sector of its steady state."""

from __future__ import annotations

import numpy as np
import scipy.sparse.linalg as spla

from qsb_hw.linalg.blocks import BlockGenerator, BlockSpace
from qsb_hw.linalg.capacity import require_memory
from qsb_hw.linalg.sectors import find_sectors
from qsb_hw.linalg.steady import LindbladLike

DENSE_BELOW = 1000
"""Matrix elements up to which the whole spectrum is computed."""


def relaxation_rate(model: LindbladLike) -> float:
    """Smallest nonzero decay rate −Re λ of the generator on block-diagonal states, in the unit of its rates.

    Coherences between symmetry sectors are left out: the steady state and everything that conserves the
    charge relaxes at least this fast. Above 1000 matrix elements only the eigenvalues nearest zero are computed, so a
    slow mode that oscillates much faster than it decays can be missed there.

    Raises
    ------
    CapacityError
        A generator whose sparse factors would not fit in memory.
    """
    space = BlockSpace.over(find_sectors(model.hamiltonian, model.jumps))
    require_memory(2e3 * space.size, "The spectrum of a generator", "Keep fewer levels.")
    generator = BlockGenerator.of(model.hamiltonian, model.jumps, space)
    matrix = generator.matrix() / generator.rate
    if space.size <= DENSE_BELOW:
        values = np.linalg.eigvals(matrix.toarray())
    else:
        start = np.random.default_rng(0).standard_normal(space.size)
        values = spla.eigs(matrix.tocsc(), k=6, sigma=1e-7, v0=start, return_eigenvectors=False)
    decays = np.sort(-values.real)
    return float(decays[1] * generator.rate)

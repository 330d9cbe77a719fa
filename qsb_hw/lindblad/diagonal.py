"""Steady states of models whose density matrices are diagonal: a Markov chain and nothing else."""

from __future__ import annotations

import numpy as np

from qsb_hw._typing import Floats
from qsb_hw.lindblad.chain import PopulationChain
from qsb_hw.lindblad.markov import stationary
from qsb_hw.lindblad.result import SteadyState
from qsb_hw.lindblad.sectors import Sectors
from qsb_hw.lindblad.space import BlockSpace
from qsb_hw.lindblad.task import OperationCounts
from qsb_hw.result import Certificate, Status


def steady_state_of_rates(rates: Floats, staying: Floats) -> SteadyState:
    """Steady state of levels between which there are rates only, as `steady_state` finds it of their model.

    ``rates[m, n]``, from n to m, with nothing on the diagonal; `staying`, (n,), the rates of jumps that leave a level
    as it is. `ConvergenceError` where not every level leads to the lowest one.
    """
    size, found = len(rates), stationary(rates)
    populations, leaving = found.populations, rates.sum(axis=0)
    fastest = float(np.max(leaving + staying))
    defect = float(np.linalg.norm(rates @ populations - leaving * populations))
    residual = defect / (float(np.linalg.norm(populations)) * fastest) if fastest else 0.0
    space = BlockSpace.over(Sectors(np.arange(size), (np.arange(size),)))
    flat = np.empty(size)
    flat[space.diagonal] = populations
    return SteadyState(
        status=Status.CONVERGED,
        message="",
        certificate=Certificate(residual, found.error_bound, found.gap),
        lowest_eigenvalue=float(populations.min()),
        solver=PopulationChain(),
        counts=OperationCounts(factorisations=1),
        dims=(size,),
        space=space,
        flat=flat,
    )

"""The main job: from a device or a chip to a checked verdict."""

from __future__ import annotations

from typing import overload

from qsb_hw._typing import Progress
from qsb_hw.analysis.analysis import Analysis
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.questions.assessment import Assessment, assessed
from qsb_hw.questions.chip import ChipAssessment, assessed_chip


@overload
def assess(
    device: Device,
    *,
    levels: int | None = ...,
    pair_levels: int | None = ...,
    coupling: float | None = ...,
    bath_levels: int | None = ...,
    experiment_time: float | None = ...,
    budget: bool = ...,
    progress: Progress | None = ...,
) -> Assessment: ...
@overload
def assess(
    device: Chip,
    *,
    levels: int | None = ...,
    pair_levels: int | None = ...,
    coupling: float | None = ...,
    bath_levels: int | None = ...,
    experiment_time: float | None = ...,
    budget: bool = ...,
    progress: Progress | None = ...,
) -> ChipAssessment: ...
def assess(
    device: Device | Chip,
    *,
    levels: int | None = None,
    pair_levels: int | None = None,
    coupling: float | None = None,
    bath_levels: int | None = None,
    experiment_time: float | None = None,
    budget: bool = True,
    progress: Progress | None = None,
) -> Assessment | ChipAssessment:
    """Map a device to its effective parameters, check the elimination, predict S(Δ), and judge it.

    Parameters
    ----------
    device : Device or Chip
        From `load_device` or `load_chip`; `assess_chip` has what concerns chips only.
    levels, pair_levels, bath_levels : int, optional
        Levels of the ladder, of each ladder in the complete pair, and Fock states of each auxiliary mode; the file's
        unless given, else as many as populations and S need.
    coupling : float, optional
        V in rad/s with its sign; the file's unless given, 0.3 γ if that has none. Not of a chip, whose V is its own.
    experiment_time : float, optional
        Duration of one experiment in s; the file's unless given, else the platform's usual one.
    budget : bool
        Whether a device's error budget is found: no part of the verdict, and up to half of the time.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Assessment or ChipAssessment
        `.verdict`, `.criteria`, and everything they rest on.

    Raises
    ------
    ArgumentError
        If the platform does not have the levels, or a condition is out of its range.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> qh.assess(qh.load_device("photon_pressure")).verdict.value
    'infeasible'
    """
    requested = Requested(
        levels=levels,
        pair_levels=pair_levels,
        coupling=coupling,
        bath_levels=bath_levels,
        experiment_time=experiment_time,
    )
    if isinstance(device, Chip):
        return assessed_chip(ChipAnalysis(device, requested, progress=progress))
    return assessed(Analysis(device, requested, progress=progress), budget)

"""Many copies of a chip's nodes: one group of oscillators per node, coupled as the nodes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qsb_hw._typing import Progress
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.analysis.conditions import Requested
from qsb_hw.arguments import whole
from qsb_hw.ensemble.ladders import LadderGroups
from qsb_hw.ensemble.stability import growth, onset
from qsb_hw.errors import ArgumentError, require
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.model.chip import Chip
from qsb_hw.result import Certificate, Result, Status

MOST_LEVELS = 8
"""Levels of each ladder unless given, as far as there are so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """From how many copies on nodes synchronize.

    Attributes
    ----------
    nodes : tuple of str
        Names of the nodes that are copied.
    critical_copies : float
        N above which the unsynchronized state of infinitely many is unstable, the lowest one; infinite if none is.
    error : float
        Change of it by the highest level of each ladder.
    """

    nodes: tuple[str, ...]
    critical_copies: float
    error: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipEnsemble(Result):
    """N copies of every node of a chip, each of one coupled to each of another by the V of the two nodes.

    Copies of the same node are not coupled: a chip says nothing of that.

    Attributes
    ----------
    chip, copies, levels : Chip, int, int
        What was asked; levels of each ladder.
    whole : Onset
        Of all nodes together.
    links : tuple of Onset
        Of the two nodes of every link by themselves.
    growth_rate, frequency : float
        Of the fastest growing disturbance at N copies in 1/s, negative where all decay; and the frequency in rad/s it
        starts with, over the mean of the nodes' transitions below n0.
    """

    chip: Chip
    copies: int
    levels: int
    whole: Onset
    links: tuple[Onset, ...]
    growth_rate: float
    frequency: float
    status: Status = Status.CONVERGED
    message: str = ""
    certificate: Certificate

    @property
    def synchronizes(self) -> bool:
        """Whether the unsynchronized state of N copies is unstable."""
        return self.growth_rate > 0


def chip_ensemble(
    chip: Chip, *, copies: int = 100, levels: int | None = None, progress: Progress | None = None
) -> ChipEnsemble:
    """Whether many copies of a chip's nodes synchronize, in the mean-field limit and with baths eliminated.

    Every node is a group of N oscillators with h_j = N Σ_k V_jk ⟨A†⟩_k (Nadolny & Bruder 2023 Eq. 2 for more groups,
    real ladders, their own matrix elements). Unlike nodes on a resonance synchronize with few copies, like ones are
    blockaded until there are many.

    Parameters
    ----------
    chip : Chip
        With real V.
    copies : int
        N, of every node.
    levels : int, optional
        Levels of each ladder; all that every node has, up to 8, unless given.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    ChipEnsemble
        `.whole`, `.links`, `.synchronizes`.

    Raises
    ------
    ArgumentError
        If nothing couples, V is complex, a node has no Fock state or not so many levels.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> chips = map(qh.load_chip, ("two_transmons_tunable", "kerr_squid_array"))  # on a resonance; two alike
    >>> [round(qh.chip_ensemble(chip).whole.critical_copies) for chip in chips]
    [1, 31]
    """
    copies = whole("`copies`", copies, "Ask for a hundred.", least=1)
    analysis = ChipAnalysis(chip, Requested(complete=False, levels=levels), progress=progress)
    require(bool(chip.links), "Nodes must couple to synchronize", "no coupling", "Give the chip a link.")
    require(not np.any(chip.coupling.imag), "V must be real", "a complex one", "Turn the phases of the nodes.")
    without = ", ".join(n for n, a in zip(chip.names, analysis.nodes, strict=True) if not a.has_fock_state)
    if without:
        raise ArgumentError(f"The tones of every node must single out a level, but found none in {without}. Check it.")
    most = min(node.effective.levels for node in analysis.nodes)
    fewest = max(node.target for node in analysis.nodes) + 2
    kept = min(most, max(MOST_LEVELS, fewest)) if levels is None else levels
    kept = whole("`levels`", kept, "Keep n0 + 2 levels of every node at least.", least=fewest, most=most)
    with threads_for(1):
        fastest = growth(_groups(analysis, range(chip.size), kept, copies))
        return ChipEnsemble(
            chip=chip,
            copies=copies,
            levels=kept,
            whole=_onset(analysis, range(chip.size), kept),
            links=tuple(_onset(analysis, link.places, kept) for link in analysis.links),
            growth_rate=fastest.real,
            frequency=fastest.imag,
            certificate=Certificate(),
        )


def _groups(analysis: ChipAnalysis, places: Sequence[int], levels: int, copies: int = 1) -> LadderGroups:
    """One group per node, with the links of N copies."""
    nodes = [analysis.nodes[place].effective.truncated(levels) for place in places]
    return LadderGroups.of(nodes, copies * analysis.chip.coupling.real[np.ix_(places, places)])


def _onset(analysis: ChipAnalysis, places: Sequence[int], levels: int) -> Onset:
    names = tuple(analysis.chip.names[place] for place in places)
    fewest = max(analysis.nodes[place].target for place in places) + 2
    found = onset(_groups(analysis, places, levels))
    fewer = onset(_groups(analysis, places, levels - 1)) if levels > fewest else float("nan")
    return Onset(nodes=names, critical_copies=found, error=abs(found - fewer) if np.isfinite(found) else float("nan"))

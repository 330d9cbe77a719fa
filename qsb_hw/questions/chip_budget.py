"""The budget of a chip: that of each of its nodes, with a twin of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.chip import ChipAnalysis
from qsb_hw.model.chip import Chip
from qsb_hw.questions.budget import DeviceBudget, budgeted, device_budget
from qsb_hw.result import Combined, Result


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChipBudget(Combined):
    """Budgets of the nodes of a chip.

    Attributes
    ----------
    chip : Chip
        What was asked.
    nodes : tuple of DeviceBudget
        One per node, in the order of the chip; the contrast is that of the node and a twin of its own.
    """

    chip: Chip
    nodes: tuple[DeviceBudget, ...]

    @property
    def _results(self) -> Iterable[Result]:
        return self.nodes


def chip_budget(chip: Chip, *, progress: Progress | None = None, **options: Any) -> ChipBudget:
    """Budget of every node of a chip.

    Parameters
    ----------
    chip : Chip
        From `load_chip`.
    progress : callable, optional
        Called with (stage, done, total).
    **options
        As for `device_budget`.

    Returns
    -------
    ChipBudget
        `.nodes`; nodes that are alike but for their names are computed once.

    Raises
    ------
    ArgumentError
        As for `device_budget`.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.chip_budget(qh.load_chip("photon_pressure"))
    >>> [node.device.name for node in found.nodes]
    ['A', 'B']
    """
    known: dict[int, DeviceBudget] = {}

    def named(name: str) -> Progress | None:
        return None if progress is None else lambda stage, done, total: progress(f"{name}: {stage}", done, total)

    def budgets() -> Iterable[DeviceBudget]:
        for node in chip.nodes:
            if id(node.complete) not in known:
                known[id(node.complete)] = device_budget(node, progress=named(node.name), **options)
            yield replace(known[id(node.complete)], device=node)

    return ChipBudget(chip=chip, nodes=tuple(budgets()))


def chip_budgeted(analysis: ChipAnalysis) -> ChipBudget:
    """Budget of every node of the chip that an analysis is of; it has their solutions already."""
    known = {node: budgeted(node) for node in dict.fromkeys(analysis.nodes)}
    nodes = zip(analysis.nodes, analysis.chip.nodes, strict=True)
    return ChipBudget(chip=analysis.chip, nodes=tuple(replace(known[node], device=device) for node, device in nodes))

"""Phase diagrams with what is known about them: how many points were found directly, and what integration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsb_hw._typing import Progress
from qsb_hw.ensemble.maps import PhaseDiagram, phase_diagram

CRITERION = (
    "linear stability of the unsynchronized state and of a directly found phase-locked state; where neither is stable, "
    "phase slips and argmax of the spectra of an integrated run"
)
SAME = 1e-3
"""Difference of order parameters up to which an integrated run counts as having ended in the state found directly."""
Parameters = Mapping[str, Any]


def diagram(
    plane: Parameters, run: Parameters, stage: str, progress: Progress, integrate: bool = False
) -> PhaseDiagram:
    """`phase_diagram` over a plane, integrations as `run` says."""
    return phase_diagram(
        **plane,
        **run,
        integrate=integrate,
        progress=lambda what, done, total: progress(f"{stage}, {what}", done, total),
    )


def checked_diagram(
    plane: Parameters, run: Parameters, checks: int, stage: str, progress: Progress
) -> tuple[PhaseDiagram, dict[str, Any]]:
    """The diagram, which way its points came, and how `checks`² of them compare with integration.

    Where two states are stable integration may end in the other one; such points are counted and left out of
    the largest disagreement.
    """
    found = diagram(plane, run, stage, progress)
    counts = {
        "criterion": CRITERION,
        "direct_points": int((~found.integrated).sum()),
        "integrated_points": int(found.integrated.sum()),
    }
    if not checks:
        return found, counts
    picked = np.ix_(*(evenly(size, checks) for size in found.regime.shape))
    coarse = {name: np.broadcast_to(value, found.regime.shape)[picked] for name, value in plane.items()}
    again = diagram(coarse, run, f"{stage}, for comparison", progress, integrate=True)
    direct = ~found.integrated[picked]
    apart = np.abs(again.order_parameter - found.order_parameter[picked]).max(axis=-1)
    other = direct & (apart > SAME)
    return found, counts | {
        "compared_points": int(direct.sum()),
        "other_attractor_points": int(other.sum()),
        "largest_disagreement": float(apart[direct & ~other].max(initial=0.0)),
    }


def evenly(size: int, count: int) -> NDArray[np.intp]:
    """Indices of at most `count` evenly spread points of `size`, the ends left out where there is a choice."""
    count = min(count, size)
    return ((np.arange(count) + 0.5) * size / max(1, count)).astype(np.intp)

"""S(Δ) of two eliminated oscillators, solved at a few detunings and drawn between them, with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qsb_hw._typing import Floats, Integers
from qsb_hw.analysis.chip import LinkAnalysis
from qsb_hw.analysis.pair import PairAnalysis, SyncPrediction, contrast_of, half_width
from qsb_hw.explorer.view import LinkView
from qsb_hw.sync.between import between

CURVE_ERROR = 5e-3
"""Of the largest S: what the curve between solved detunings may be wrong by, by its residual."""
MOST_SOLVED = 24
"""Detunings solved at most for one curve; the error that is left then is shown."""
COVER = 4.0
"""Error of S in units of the residual over the decay of coherences: 2 as S is twice a coherence, and as much again, for
where V exceeds every rate that decay is too fast (up to 1.6 times, as tried)."""
AT_ONCE = 3
"""Detunings solved together, where the curve is worst."""
COINCIDENT = 1e-3
"""Half-widths within which a detuning is taken for the blockade point or a resonance."""


def link_curve(link: LinkAnalysis, wanted: bool, near: LinkView | None = None) -> LinkView:
    """A link of a chip, seen from its first node; without S(Δ) unless wanted."""
    found = pair_curve(link.name, link.pair, wanted, near, -1.0 if link.mirrored else 1.0)
    if not link.pair.has_fock_state or not link.mirrored:
        return found
    return replace(
        found,
        detuning=-found.detuning[::-1],
        S=found.S[::-1],
        solved=-found.solved,
        resonances=link.resonances,
        working_detuning=link.detuning,
        blockade=link.blockade,
    )


def pair_curve(
    name: str, pair: PairAnalysis, wanted: bool = True, near: LinkView | None = None, sign: float = 1.0
) -> LinkView:
    """S(Δ) of an eliminated pair, unless it is not wanted.

    It is solved at the blockade point and on the resonances, then where the residual of what lies between is largest.
    Where the same pair of a setting nearby is given, it is solved where that one was, all at once and only once;
    `sign` is that of the Δ of `near`.
    """
    nothing = np.empty(0)
    if not pair.has_fock_state:
        return LinkView(
            name=name, coupling=pair.coupling, detuning=nothing, S=nothing, error=math.nan, solved=nothing,
            refined=True, resonances=(), working_detuning=math.nan, blockade=math.nan, half_width=math.nan,
            contrast=math.nan,
        )  # fmt: skip
    offset, rest = pair.offset, pair.rest_detunings
    places = [float(d) for d in rest]
    hints = _moved(near, pair, sign) if wanted and near is not None else []
    pair.eliminated_pairs([*places, *hints])
    S = pair.S(rest)
    grid = curve = solved = nothing
    error, refined = math.nan, True
    if wanted and np.all(np.isfinite(S)):
        grid = _mirrored(pair.grid) if pair.first is pair.second else pair.grid
        largest = float(S.max())
        curve, error, solved = _between(pair, grid, [*places, *hints], largest, once=bool(hints))
        refined = not hints or error <= CURVE_ERROR * largest
    return LinkView(
        name=name,
        coupling=pair.coupling,
        detuning=grid + offset,
        S=curve,
        error=error,
        solved=solved + offset,
        refined=refined,
        resonances=tuple(replace(r, detuning=r.detuning + offset) for r in pair.resonances),
        working_detuning=offset,
        blockade=pair.blockade + offset,
        half_width=pair.half_width,
        contrast=contrast_of(S),
    )


def _moved(near: LinkView, pair: PairAnalysis, sign: float) -> list[float]:
    """Detunings δ that lie to the resonances of a pair as those solved of `near` lay to its own."""
    rest, grid, known = pair.rest_detunings, pair.grid, [near.blockade, *(r.detuning for r in near.resonances)]
    if near.detuning.size == 0 or len(known) != rest.size:
        return []
    ends = near.detuning[[0, -1]]
    was, now = np.unique(sign * np.array([*known, *ends])), np.unique([*rest, *grid[[0, -1]]])
    if was.size != now.size:
        return []
    found = np.interp(sign * near.solved, was, now)
    taken = np.abs(found[:, None] - rest).min(axis=1) < COINCIDENT * pair.half_width
    return [float(d) for d in found[~taken]]


def _mirrored(grid: Floats) -> Floats:
    """The detunings above zero, and their negatives."""
    half = grid[grid >= 0]
    return np.concatenate([-half[half > 0][::-1], half])


def _between(
    pair: PairAnalysis, grid: Floats, start: Sequence[float], largest: float, once: bool
) -> tuple[Floats, float, Floats]:
    """S on a grid of δ, its estimated error, and where it was solved; nothing is added to the start with `once`."""
    alike, size = pair.first is pair.second, grid.size
    places = [*dict.fromkeys(abs(d) if alike else d for d in start)]
    decay = half_width(pair.first.effective, 0.0, pair.second.effective)  # V widens lines, and hastens no decay
    if alike:  # S(−Δ) = S(Δ)
        grid = grid[grid >= 0]
    while True:
        solutions = pair.eliminated_pairs(places)
        if not all(solution.ok for solution in solutions):
            return np.full(size, math.nan), math.nan, np.array(places)
        found = between(solutions, places, grid, alike=alike)
        errors = COVER * found.residual / decay
        error, room = float(errors.max()), MOST_SOLVED - len(places)
        if once or error <= CURVE_ERROR * largest or room <= 0:
            S = np.concatenate([found.S[grid > 0][::-1], found.S]) if alike else found.S
            return S, error, np.array(places)
        places += grid[_peaks(errors, CURVE_ERROR * largest)[: min(room, AT_ONCE)]].tolist()


def _peaks(errors: Floats, least: float) -> Integers:
    """Where errors are larger than at both neighbours and than `least`, the largest first."""
    padded = np.concatenate([[-1.0], errors, [-1.0]])
    found = np.flatnonzero((errors >= padded[:-2]) & (errors > padded[2:]) & (errors > least))
    return found[np.argsort(-errors[found])]


def predicted_curve(name: str, found: SyncPrediction, pair: PairAnalysis) -> LinkView:
    """The complete pair where it was solved."""
    order = np.argsort(found.full_detuning)
    return LinkView(
        name=name,
        coupling=found.coupling,
        detuning=found.full_detuning[order],
        S=found.S_full[order],
        error=0.0,
        solved=found.full_detuning[order],
        refined=True,
        resonances=found.resonances,
        working_detuning=found.working_detuning,
        blockade=float(found.full_detuning[0]),
        half_width=pair.half_width,
        contrast=found.contrast,
    )

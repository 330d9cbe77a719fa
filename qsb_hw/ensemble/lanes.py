"""Many runs of one or two groups integrated together, one processor lane each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from qsb_hw._typing import Complexes, Floats, Integers
from qsb_hw.ensemble.dynamics import FINAL_SHARE
from qsb_hw.lindblad.compiling import in_pieces, require_steps, side_by_side

RADIANS_PER_STEP = 0.25
"""Turn of the fastest term in one Runge–Kutta step; frequencies are then off by 1e-5 of the fastest one."""
MOST_STEPS = 1e12
"""Runge–Kutta steps of all runs together that are begun unless told otherwise: hours on a few cores."""
CHUNK = 24
"""Blocks of lanes integrated before they are handed on and forgotten."""


class Block(NamedTuple):
    """Last half of some runs."""

    points: Integers  # (n,)
    amplitudes: Complexes  # (n, G, T) ⟨S⁺⟩ in frames of their own, in which all frequencies are small
    frame: Floats  # (n,) frequencies of these frames
    interval: float  # time between samples
    done: int  # blocks integrated so far
    total: int


def integrated(
    rates: Floats, links: Floats, t_final: float, samples: int, most_steps: float = MOST_STEPS
) -> Iterator[Block]:
    """Last halves of all runs, block by block and not in order, from the paper's initial state.

    That is 1/3 + (|1⟩⟨2| + h.c.)/10 in the first group and 1/3 in the second.
    """
    from qsb_hw.ensemble._lane_kernel import LANES, integrate_pairs

    count = rates.shape[1]
    interval, skipped = t_final / samples, samples - int(FINAL_SHARE * samples)
    given, shift, fastest = _lanes(rates, links)
    steps_each = np.maximum(1, np.ceil(interval * fastest / RADIANS_PER_STEP))
    require_steps(samples * float(steps_each.sum()), most_steps, "integrated points")
    every = steps_each.astype(np.int64)
    order = np.argsort(every, kind="stable")
    blocks = [order[k : k + LANES] for k in range(0, order.size, LANES)]
    for start in range(0, len(blocks), CHUNK):
        chunk = blocks[start : start + CHUNK]
        padded = np.array([np.resize(block, LANES) for block in chunk])
        states = np.zeros((len(chunk), 16, LANES))
        states[:, [0, 1, 8, 9]], states[:, 4] = 1 / 3, 0.1
        parameters = np.swapaxes(given[padded], 1, 2)
        steps = every[padded].max(axis=1)
        found = np.empty((len(chunk), 2, samples - skipped, LANES), dtype=complex)
        flat = (part.reshape(len(chunk), -1) for part in (states, parameters))
        work = partial(integrate_pairs, *flat, interval, steps, skipped, found)
        in_pieces(int(steps.max()) * samples, partial(_steps, len(chunk), work))
        runs = np.moveaxis(found, 3, 1)  # (blocks, lanes, 2, T)
        done = min(start + CHUNK, len(blocks))
        for block, run in zip(chunk, runs, strict=True):
            kept = np.ascontiguousarray(run[: block.size, :count])
            yield Block(block, kept, shift[block], interval, done, len(blocks))


def _steps(blocks: int, work: Callable[[int, int, int, int], None], start: int, stop: int) -> None:
    side_by_side(0, blocks, partial(work, start, stop))


def _lanes(rates: Floats, links: Floats) -> tuple[Floats, Floats, Floats]:
    """Parameters (points, 18) as `_lane_kernel` wants them, in a frame that keeps all frequencies small.

    With the frame's frequency and a bound on the fastest term. One group becomes the first of two uncoupled ones.
    """
    if rates.shape[1] == 1:
        rates = np.repeat(rates, 2, axis=1)
        links = links * np.array([[1.0, 0.0], [0.0, 0.0]])
    shift = rates[..., 2].mean(axis=1) / 2 + rates[..., 3].mean(axis=1)
    low = rates[..., 3] - shift[:, None]
    turns = np.stack([low, low + rates[..., 2], 2 * low + rates[..., 2]], axis=2)  # (points, 2, 3)
    own = np.concatenate([rates[..., [0, 1, 4, 5]], turns], axis=2).reshape(len(rates), 14)
    largest = rates[..., 4:].max(axis=(1, 2))
    field = 2 * largest**2 * np.abs(links).sum(axis=2).max(axis=1)
    fastest = np.abs(turns).max(axis=(1, 2)) + rates[..., :2].sum(axis=2).max(axis=1) + field
    return np.concatenate([own, links.reshape(len(rates), 4)], axis=1), shift, fastest

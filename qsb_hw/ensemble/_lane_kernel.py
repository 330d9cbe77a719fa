"""Compiled integration of many pairs of groups side by side, one processor lane each.

The state of a lane is (ρ_00, ρ_22, Re and Im of ρ_01, ρ_12, ρ_02) of the first group, then of the second: 16 real
numbers, kept in rows of `LANES` pairs, so that a Runge–Kutta step is straight-line arithmetic on whole rows.
Parameters of a lane: (γ₊, γ₋, a, b, frequencies of ρ_01, ρ_12, ρ_02) of either group, then links 00, 01, 10, 11.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qsb_hw.lindblad.compiling import compiled

LANES = 32
STATE = 16
PARAMETERS = 18


@numba.njit(inline="always")
def _slope(p: Any, q: Any, lr: Any, li: Any, ur: Any, ui: Any, wr: Any, wi: Any, hr: Any, hi: Any, own: Any) -> Any:
    """Of one group under the field hr + i·hi."""
    gain, loss, a, b, turn_low, turn_high, turn_outer = own
    xr, xi, yr, yi = a * hr, a * hi, b * hr, b * hi
    first, second = 1 - 2 * p - q, 2 * q + p - 1
    return (
        2 * (xi * lr - xr * li) - gain * p,
        2 * (yr * ui - yi * ur) - loss * q,
        -0.5 * gain * lr - turn_low * li + xi * first - (yr * wi - yi * wr),
        -0.5 * gain * li + turn_low * lr - xr * first + (yr * wr + yi * wi),
        -0.5 * loss * ur - turn_high * ui + (xr * wi - xi * wr) + yi * second,
        -0.5 * loss * ui + turn_high * ur - (xr * wr + xi * wi) - yr * second,
        -0.5 * (gain + loss) * wr - turn_outer * wi + (xr * ui + xi * ur) - (yr * li + yi * lr),
        -0.5 * (gain + loss) * wi + turn_outer * wr - (xr * ur - xi * ui) + (yr * lr - yi * li),
    )


@numba.njit(inline="always")
def _slopes(x: Any, own: Any, other: Any, links: Any) -> Any:
    """Of both groups."""
    sr, si = own[2] * x[2] + own[3] * x[4], own[2] * x[3] + own[3] * x[5]
    tr, ti = other[2] * x[10] + other[3] * x[12], other[2] * x[11] + other[3] * x[13]
    return _slope(
        x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7],
        links[0] * sr + links[1] * tr, links[0] * si + links[1] * ti, own,
    ) + _slope(
        x[8], x[9], x[10], x[11], x[12], x[13], x[14], x[15],
        links[2] * sr + links[3] * tr, links[2] * si + links[3] * ti, other,
    )  # fmt: skip


@numba.njit(inline="always")
def _moved(x: Any, k: Any, step: Any) -> Any:
    return (
        x[0] + step * k[0], x[1] + step * k[1], x[2] + step * k[2], x[3] + step * k[3],
        x[4] + step * k[4], x[5] + step * k[5], x[6] + step * k[6], x[7] + step * k[7],
        x[8] + step * k[8], x[9] + step * k[9], x[10] + step * k[10], x[11] + step * k[11],
        x[12] + step * k[12], x[13] + step * k[13], x[14] + step * k[14], x[15] + step * k[15],
    )  # fmt: skip


@compiled(error_model="numpy", fastmath={"contract"})
def _advance(rows: Any, given: Any, steps: Any, count: Any) -> None:
    """`count` Runge–Kutta steps of fourth order of every lane; `rows` (16·LANES,), `given` (18·LANES,)."""
    for _ in range(count):
        for w in range(LANES):
            x = (
                rows[w], rows[LANES + w], rows[2 * LANES + w], rows[3 * LANES + w],
                rows[4 * LANES + w], rows[5 * LANES + w], rows[6 * LANES + w], rows[7 * LANES + w],
                rows[8 * LANES + w], rows[9 * LANES + w], rows[10 * LANES + w], rows[11 * LANES + w],
                rows[12 * LANES + w], rows[13 * LANES + w], rows[14 * LANES + w], rows[15 * LANES + w],
            )  # fmt: skip
            own = (
                given[w], given[LANES + w], given[2 * LANES + w], given[3 * LANES + w],
                given[4 * LANES + w], given[5 * LANES + w], given[6 * LANES + w],
            )  # fmt: skip
            other = (
                given[7 * LANES + w], given[8 * LANES + w], given[9 * LANES + w], given[10 * LANES + w],
                given[11 * LANES + w], given[12 * LANES + w], given[13 * LANES + w],
            )  # fmt: skip
            links = (
                given[14 * LANES + w], given[15 * LANES + w], given[16 * LANES + w], given[17 * LANES + w],
            )  # fmt: skip
            h = steps[w]
            k1 = _slopes(x, own, other, links)
            k2 = _slopes(_moved(x, k1, 0.5 * h), own, other, links)
            k3 = _slopes(_moved(x, k2, 0.5 * h), own, other, links)
            k4 = _slopes(_moved(x, k3, h), own, other, links)
            y = _moved(_moved(_moved(_moved(x, k1, h / 6), k2, h / 3), k3, h / 3), k4, h / 6)
            rows[w], rows[LANES + w] = y[0], y[1]
            rows[2 * LANES + w], rows[3 * LANES + w] = y[2], y[3]
            rows[4 * LANES + w], rows[5 * LANES + w] = y[4], y[5]
            rows[6 * LANES + w], rows[7 * LANES + w] = y[6], y[7]
            rows[8 * LANES + w], rows[9 * LANES + w] = y[8], y[9]
            rows[10 * LANES + w], rows[11 * LANES + w] = y[10], y[11]
            rows[12 * LANES + w], rows[13 * LANES + w] = y[12], y[13]
            rows[14 * LANES + w], rows[15 * LANES + w] = y[14], y[15]


@compiled(parallel=True)
def integrate_pairs(
    states: Any, given: Any, interval: Any, every: Any, skipped: Any, found: Any, start: Any, stop: Any
) -> None:
    """Steps `start` to `stop` of `states`, in place; ⟨S⁺⟩ at the samples after `skipped` goes to `found`.

    `states` (blocks, 16, LANES) and `given` (blocks, 18, LANES); `every` (blocks,) steps per sample. `found` is
    (blocks, 2, samples − skipped, LANES); blocks that have all their samples stand still.
    """
    blocks, samples = states.shape[0], skipped + found.shape[2]
    for b in numba.prange(blocks):
        rows, parameters = states[b].copy().reshape(STATE * LANES), given[b].copy().reshape(PARAMETERS * LANES)
        steps = np.full(LANES, interval / every[b])
        at, end = start, min(stop, samples * every[b])
        while at < end:
            count = min(every[b] - at % every[b], end - at)
            _advance(rows, parameters, steps, count)
            at += count
            k = at // every[b] - 1 - skipped
            if at % every[b] == 0 and k >= 0:
                for g in range(2):
                    for w in range(LANES):
                        a, c = parameters[(7 * g + 2) * LANES + w], parameters[(7 * g + 3) * LANES + w]
                        found[b, g, k, w] = complex(
                            a * rows[(8 * g + 2) * LANES + w] + c * rows[(8 * g + 4) * LANES + w],
                            a * rows[(8 * g + 3) * LANES + w] + c * rows[(8 * g + 5) * LANES + w],
                        )
        states[b] = rows.reshape(STATE, LANES)

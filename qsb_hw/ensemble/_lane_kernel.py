"""Compiled equations of two groups of three levels, many pairs of groups side by side, one processor lane each.

The second and last mean-field kernel, for planes of parameters: `_kernel`, which takes any ladder, needs 40 times as
long per step. The state of a group is (ρ_00, ρ_22, Re and Im of ρ_01, ρ_12, ρ_02), ρ_11 follows from the trace; its
parameters are (γ₊, γ₋, a, b, frequencies of ρ_01, ρ_12, ρ_02). A lane holds both groups and the links 00, 01, 10, 11,
in rows of `LANES` pairs: a Runge–Kutta step is straight-line arithmetic on whole rows.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qsb_hw.lindblad.compiling import compiled

LANES = 32
STATE, PARAMETERS = 16, 18


@numba.njit(inline="always")
def group_slope(x: Any, own: Any, hr: Any, hi: Any) -> Any:
    """Slope of one group, (8,), under the field hr + i·hi."""
    p, q, lr, li, ur, ui, wr, wi = x
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
def _slopes(pair: Any, given: Any) -> Any:
    """Of both groups."""
    (x, y), (own, other, links) = pair, given
    sr, si = own[2] * x[2] + own[3] * x[4], own[2] * x[3] + own[3] * x[5]
    tr, ti = other[2] * y[2] + other[3] * y[4], other[2] * y[3] + other[3] * y[5]
    return (
        group_slope(x, own, links[0] * sr + links[1] * tr, links[0] * si + links[1] * ti),
        group_slope(y, other, links[2] * sr + links[3] * tr, links[2] * si + links[3] * ti),
    )


@numba.njit(inline="always")
def _moved(pair: Any, change: Any, step: Any) -> Any:
    (x, y), (k, m) = pair, change
    return (
        (x[0] + step * k[0], x[1] + step * k[1], x[2] + step * k[2], x[3] + step * k[3],
         x[4] + step * k[4], x[5] + step * k[5], x[6] + step * k[6], x[7] + step * k[7]),
        (y[0] + step * m[0], y[1] + step * m[1], y[2] + step * m[2], y[3] + step * m[3],
         y[4] + step * m[4], y[5] + step * m[5], y[6] + step * m[6], y[7] + step * m[7]),
    )  # fmt: skip


@numba.njit(inline="always")
def _four(rows: Any, row: Any, w: Any) -> Any:
    """Rows `row` … `row` + 3 of lane `w`."""
    at = row * LANES + w
    return rows[at], rows[at + LANES], rows[at + 2 * LANES], rows[at + 3 * LANES]


@numba.njit(inline="always")
def _put(rows: Any, row: Any, w: Any, x: Any) -> None:
    at = row * LANES + w
    rows[at], rows[at + LANES], rows[at + 2 * LANES], rows[at + 3 * LANES] = x[0], x[1], x[2], x[3]
    at += 4 * LANES
    rows[at], rows[at + LANES], rows[at + 2 * LANES], rows[at + 3 * LANES] = x[4], x[5], x[6], x[7]


@compiled(error_model="numpy", fastmath={"contract"})
def _advance(rows: Any, given: Any, steps: Any, count: Any) -> None:
    """`count` Runge–Kutta steps of fourth order of every lane; `rows` (16·LANES,), `given` (18·LANES,)."""
    for _ in range(count):
        for w in range(LANES):
            x = (_four(rows, 0, w) + _four(rows, 4, w), _four(rows, 8, w) + _four(rows, 12, w))
            own = _four(given, 0, w) + _four(given, 4, w)[:3]
            other = _four(given, 7, w) + _four(given, 11, w)[:3]
            p = (own, other, _four(given, 14, w))
            h = steps[w]
            k1 = _slopes(x, p)
            k2 = _slopes(_moved(x, k1, 0.5 * h), p)
            k3 = _slopes(_moved(x, k2, 0.5 * h), p)
            k4 = _slopes(_moved(x, k3, h), p)
            y = _moved(_moved(_moved(_moved(x, k1, h / 6), k2, h / 3), k3, h / 3), k4, h / 6)
            _put(rows, 0, w, y[0])
            _put(rows, 8, w, y[1])


@compiled(nogil=True)
def integrate_pairs(
    states: Any, given: Any, interval: Any, every: Any, skipped: Any, found: Any,
    start: Any, stop: Any, first: Any, last: Any,
) -> None:  # fmt: skip
    """Steps `start` to `stop` of blocks `first` to `last`, in place; ⟨S⁺⟩ at the samples after `skipped` into `found`.

    `states` (blocks, 16·LANES) and `given` (blocks, 18·LANES); `every` (blocks,) steps per sample. `found` is
    (blocks, 2, samples − skipped, LANES); blocks that have all their samples are left as they are.
    """
    samples = skipped + found.shape[2]
    steps = np.empty(LANES)
    for b in range(first, last):
        rows, parameters = states[b], given[b]
        for w in range(LANES):
            steps[w] = interval / every[b]
        at, end = start, min(stop, samples * every[b])
        while at < end:
            count = min(every[b] - at % every[b], end - at)
            _advance(rows, parameters, steps, count)
            at += count
            k = at // every[b] - 1 - skipped
            if at % every[b] == 0 and k >= 0:
                for g in range(2):
                    for w in range(LANES):
                        lr, li, ur, ui = _four(rows, 8 * g + 2, w)
                        a, c = parameters[(7 * g + 2) * LANES + w], parameters[(7 * g + 3) * LANES + w]
                        found[b, g, k, w] = complex(a * lr + c * ur, a * li + c * ui)

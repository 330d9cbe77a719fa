"""Fig. S4: how long a finite group stays coherent."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.ensemble.finite_size import FiniteSize, finite_size
from qsb_hw.ensemble.lifetimes import CoherenceLifetimes, coherence_lifetimes
from qsb_hw.ensemble.limit_cycle import LimitCycle, limit_cycle
from qsb_hw.errors import ClosureWarning
from qsb_hw.lindblad.capacity import threads_for
from qsb_hw.papers.dataset import Axis, Field, Values, each, grid, silent
from qsb_hw.papers.nadolny2023.setup import GAIN, LOSS, ORDER, dataset, one_group
from qsb_hw.result import Status

if TYPE_CHECKING:
    from xarray import Dataset


SHOWN = (100, 500, 1000, 2000)
"""N of the left panel."""
COUPLINGS = (0.75, 1.0, 1.25, 1.5)
"""V/γ₋; the first is that of the left panel."""
SIZES = (2, 4, 6, 8, 10, 12, 14, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1250, 1500, 1750, 2000)
LIFETIMES = (
    ("lifetime", "cumulants", "cumulants"),
    ("lifetime_linear_noise", "linear_noise", "linear noise"),
    ("lifetime_exact", "exact", "exact"),
)
"""Variable, method, and what it is called."""


def figure_s4(
    *,
    sizes: Values = None,
    couplings: Values = None,
    shown: Values = None,
    t_final: float = 100.0,
    samples: int = 400,
    progress: Progress = silent,
) -> Dataset:
    """Fig. S4: amplitude of finite groups in time, and lifetime of their coherence over N, by second-order cumulants.

    Lifetimes grow linearly with N. At V = 0.75 γ₋ and N = 500 the cumulants' is about 30/γ₋, four times that without
    coupling. They are too short: linear noise around the limit cycle, the limit of large N, says two to four times as
    much, and few oscillators can be solved exactly. Many cumulant runs lose positivity on the way; they are counted.

    Parameters
    ----------
    sizes : array_like of int
        N of the right panel.
    couplings : array_like
        V/γ₋.
    shown : array_like of int
        N of the left panel, at the first coupling.
    t_final, samples : float, int
        Of the left panel, in 1/γ₋.

    Returns
    -------
    Dataset
        ``amplitude`` |⟨S⁺⟩| over ``shown``, ``time``; ``mean_field`` and ``uncoupled`` over ``time``; ``lifetime`` by
        cumulants, ``lifetime_linear_noise`` and ``lifetime_exact`` (NaN for many) over ``coupling``, ``size``;
        ``slope`` and ``slope_linear_noise``, dT/dN between the two largest N, over ``coupling``.
    """
    sizes, shown = grid(sizes, SIZES).astype(int), grid(shown, SHOWN).astype(int)
    couplings = grid(couplings, COUPLINGS)
    groups = [one_group(v) for v in couplings]
    run: dict[str, Any] = {"t_final": t_final, "samples": samples}
    with warnings.catch_warnings(), threads_for(1):  # vectors too short for several threads
        warnings.simplefilter("ignore", ClosureWarning)  # counted below
        total = shown.size + couplings.size

        def report(before: int) -> Progress:
            return lambda stage, done, _: progress(stage, before + done, total)

        runs = each("Fig. S4", shown, lambda n: finite_size(groups[0], int(n), **run), report(0))
        found = each("Fig. S4", groups, lambda one: coherence_lifetimes(one, sizes.tolist()), report(shown.size))
    times = np.linspace(0, t_final, samples + 1)
    cycle = limit_cycle(groups[0])
    return dataset(
        "S4",
        "Coherence of finite groups",
        {
            "shown": Axis(shown, "1", "number N of oscillators, left panel"),
            "time": Axis(times, "1/γ₋", "time t"),
            "coupling": Axis(couplings, "γ₋", "coupling V"),
            "size": Axis(found[0].sizes, "1", "number N of oscillators"),
        },
        {
            "amplitude": Field(("shown", "time"), [_over(run, times) for run in runs], "1", ORDER),
            "mean_field": Field(("time",), np.full(times.size, cycle.amplitude[0]), "1", f"{ORDER}, N → ∞"),
            "uncoupled": Field(("time",), _uncoupled(cycle, times), "1", f"{ORDER} without coupling"),
            **{
                name: Field(("coupling", "size"), [getattr(c, method) for c in found], "1/γ₋", f"lifetime T, {label}")
                for name, method, label in LIFETIMES
            },
            **{
                name.replace("lifetime", "slope"): Field(
                    ("coupling",), [c.slope(method) for c in found], "1/γ₋", f"dT/dN, {label}"
                )
                for name, method, label in LIFETIMES[:2]
            },
        },
        "γ₊ = γ₋/2, α = 0",
        f"parameters but V; left panel at V = {couplings[0]:g} γ₋; start in the mean-field limit cycle.",
        uncoupled_lifetime=found[0].uncoupled,
        **_counts(runs, found),
    )


def _over(run: FiniteSize, times: Floats) -> Floats:
    """|⟨S⁺⟩| at `times`; what lies beyond the end of a run is missing."""
    return np.interp(times, run.times, np.abs(run.amplitude), right=math.nan)


def _uncoupled(cycle: LimitCycle, times: Floats) -> Floats:
    """|⟨S⁺⟩| of oscillators that start in the limit cycle and are no longer coupled: both coherences only decay."""
    low, high = (math.sqrt(2) * cycle.states[0, n, n + 1] for n in (0, 1))
    return np.asarray(np.abs(low * np.exp(-GAIN / 2 * times) + high * np.exp(-LOSS / 2 * times)))


def _counts(runs: Sequence[FiniteSize], found: Sequence[CoherenceLifetimes]) -> dict[str, Any]:
    statuses = [run.status for run in runs] + [status for one in found for status in one.statuses]
    fine = (Status.CONVERGED, Status.UNPHYSICAL)
    return {
        "criterion": "lifetime: |⟨S⁺⟩| has fallen to 1/e of its start",
        "integrated_points": len(statuses),
        "not_converged": sum(status not in fine for status in statuses),
        "positivity_lost": statuses.count(Status.UNPHYSICAL),
        "lowest_eigenvalue": min(float(one.lowest_eigenvalues.min()) for one in found),
    }

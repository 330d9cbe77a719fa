"""Figs. 3 (a–c), S2 and S3: two groups over their detuning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from qsb_hw._typing import Floats, Progress
from qsb_hw.papers.dataset import Axis, Field, Values, grid, silent
from qsb_hw.papers.nadolny2023.setup import (
    COUPLING,
    DIFFERENCE,
    ORDER,
    RANGE,
    RESOLUTION,
    SAMPLES,
    asymmetry_axis,
    dataset,
    detuning_axis,
)
from qsb_hw.papers.nadolny2023.spectra import SIGNIFICANT, Spectra, Window, derived_quantities, locking_edge, spectra

if TYPE_CHECKING:
    from xarray import Dataset


INTERGROUP = COUPLING / 2
"""V_AB of Fig. 3 (a–c)."""
INTERGROUPS = (0.5, 1.0, 1.5, 2.0, 2.5)
"""V_AB of the columns of Fig. S2."""
ASYMMETRIES = (5.0, 0.0, -5.0, -10.0, -15.0)
"""α of the columns of Fig. S3."""
T_FINAL = 1000.0
MODEL = "γ₋ = 2γ₊ = V"
START = "ρ_A = 1/3 + (|1⟩⟨2| + h.c.)/10, ρ_B = 1/3"


def figure_3abc(
    *,
    detunings: Values = None,
    t_final: float = T_FINAL,
    samples: int = SAMPLES,
    span: float = 2.5,
    progress: Progress = silent,
) -> Dataset:
    """Fig. 3 (a–c): spectra of two groups and the difference of their dominant frequencies over detuning.

    Near δ = 0 both have one frequency. At δ = 0.359 γ₋ the phase-locked state turns unstable in a Hopf bifurcation: the
    groups stay together and breathe up to 0.38 γ₋. Beyond that the relative phase slips, the difference tends to δ as
    for two Adler oscillators, and each spectrum has a small peak at the frequency of the other group.
    """
    detunings = grid(detunings, np.linspace(-2, 2, RESOLUTION))
    window = Window(t_final, samples, span)
    found = spectra(detunings, window, lambda done: progress("Fig. 3a–c", done, detunings.size), intergroup=INTERGROUP)
    over = ("detuning",)
    return dataset(
        "3abc",
        "Two groups: spectra and frequency difference",
        {"detuning": detuning_axis(detunings), "frequency": Axis(found.frequency, "γ₋", "frequency ω")},
        {**_fields(over, [found]), **_per_group("frequency_{}", over, found.dominant, "dominant frequency ω_{}", "γ₋")},
        f"{MODEL}, α = 0, V_AB = V/2",
        _choices(window, "range of δ; |ω| ≤ {span:g} γ₋."),
        locking_edge=locking_edge(INTERGROUP),
        **derived_quantities([found]),
    )


def figure_s2(
    *,
    detunings: Values = None,
    intergroups: Values = None,
    t_final: float = T_FINAL,
    samples: int = SAMPLES,
    span: float = 2.5,
    bins: int = 400,
    progress: Progress = silent,
) -> Dataset:
    """Fig. S2: as Fig. 3 (a–c) for several couplings between the groups, one column each.

    For V_AB > V the spectra have several strong lines, and one group may be synchronized much more than the other:
    in the fourth column it is A for δ > 0 and B for δ < 0.
    """
    intergroups = grid(intergroups, INTERGROUPS)
    axis = Axis(intergroups, "γ₋", "coupling V_AB between the groups")
    return _columns(
        "S2",
        "Spectra of two groups for several couplings between them",
        ("intergroup", axis),
        grid(detunings, np.linspace(-2, 2, RESOLUTION)),
        [{"intergroup": value} for value in intergroups],
        Window(t_final, samples, span, bins),
        f"{MODEL}, α = 0",
        progress,
    )


def figure_s3(
    *,
    detunings: Values = None,
    asymmetries: Values = None,
    t_final: float = T_FINAL,
    samples: int = SAMPLES,
    span: float = 18.0,
    bins: int = 200,
    progress: Progress = silent,
) -> Dataset:
    """Fig. S3: as Fig. S2 for several asymmetries α at V_AB = V, one column each."""
    asymmetries = grid(asymmetries, ASYMMETRIES)
    return _columns(
        "S3",
        "Spectra of two groups for several asymmetries",
        ("asymmetry", asymmetry_axis(asymmetries)),
        grid(detunings, np.linspace(-RANGE, RANGE, RESOLUTION)),
        [{"intergroup": COUPLING, "asymmetry": value} for value in asymmetries],
        Window(t_final, samples, span, bins),
        f"{MODEL} = V_AB",
        progress,
    )


def _columns(
    figure: str,
    title: str,
    column: tuple[str, Axis],
    detunings: Floats,
    cases: Sequence[Mapping[str, float]],
    window: Window,
    parameters: str,
    progress: Progress,
) -> Dataset:
    """Spectra over detuning for every value of one more parameter."""
    name, axis = column
    found: list[Spectra] = []

    def report(before: int, done: int) -> None:
        progress(f"Fig. {figure}", before + done, len(cases) * detunings.size)

    for case in cases:
        found.append(spectra(detunings, window, partial(report, len(found) * detunings.size), **case))
    return dataset(
        figure,
        title,
        {name: axis, "detuning": detuning_axis(detunings), "frequency": Axis(found[0].frequency, "γ₋", "frequency ω")},
        _fields((name, "detuning"), found),
        parameters,
        _choices(
            window,
            "columns; range of δ; |ω| ≤ {span:g} γ₋, highest of neighbouring bins; no frequency difference where an "
            f"order parameter is below {SIGNIFICANT:g}.",
        ),
        **derived_quantities(found),
    )


def _choices(window: Window, more: str) -> str:
    run = f"t = {window.t_final:g}/γ₋, {window.samples} samples, last half through a Hann window"
    return f"{START}; {run}; {more.format(span=window.span)}"


def _fields(over: tuple[str, ...], parts: Sequence[Spectra]) -> dict[str, Field]:
    """Of one column, or of several, which are the first dimension then."""
    names = ("power", "difference", "slips", "order", "locked")
    stacked = (np.stack([getattr(part, name) for part in parts]) for name in names)
    power, difference, slips, order, locked = (values if len(over) > 1 else values[0] for values in stacked)
    if len(over) > 1:
        difference = np.where(order.min(axis=2) > SIGNIFICANT, difference, np.nan)
    return {
        **_per_group("P_{}", (*over, "frequency"), power, "spectrum P_{}"),
        "frequency_difference": Field(over, difference, "γ₋", DIFFERENCE),
        "phase_slips": Field(over, slips, "1", "turns of the relative phase in the last half"),
        **_per_group("order_parameter_{}", over, order, f"{ORDER} of {{}}, integrated"),
        **_per_group("locked_{}", over, locked, f"{ORDER} of {{}}, phase-locked state"),
    }


def _per_group(name: str, dims: tuple[str, ...], values: Floats, long_name: str, units: str = "1") -> dict[str, Field]:
    """One variable for A and one for B, which come after the detuning in `values`."""
    parts = np.moveaxis(values, len(dims) - ("frequency" in dims), 0)
    return {
        name.format(group): Field(dims, value, units, long_name.format(group))
        for group, value in zip("AB", parts, strict=True)
    }

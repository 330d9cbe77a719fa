"""The feasibility map."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Group, RenderableType

from qsb_hw.explore.map import FeasibilityMap
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import label, lines

PLACE = Section(
    Field("name", "of the device", symbol="device"),
    Field("kerr_to_linewidth", "K/κ", symbol="K/κ", digits=3),
    Field("coupling_to_linewidth", "g/κ", symbol="g/κ", digits=3),
    Field("verdict", "baths eliminated"),
    Field("own_losses", "whether the plane holds for it"),
)


def _margins(found: FeasibilityMap) -> dict[str, Any]:
    return {key: found.dataset[f"margin:{key}"].values for key in (*found.requirements, *found.approximations)}


MAP = Section(
    Field("losses_of", "device whose n0, losses, temperature and V/γ hold everywhere"),
    Field("kerr_to_linewidth", "K/κ of the rows", "dataset.kerr_to_linewidth.values"),
    Field("coupling_to_linewidth", "g/κ of the columns", "dataset.coupling_to_linewidth.values"),
    Field("contrast", "blockade contrast, rows of columns, baths eliminated", "dataset.contrast.values"),
    Field("verdict", "0 infeasible, 1 borderline, 2 feasible, likewise", "dataset.verdict.values"),
    Field("margins", "of every criterion by key, likewise", _margins),
    Field("requirements", "keys of the requirements among them", lambda m: [*m.requirements]),
    Field("places", "the device and those that ship, each with its own losses", each=PLACE),
)


def map_view(found: FeasibilityMap) -> RenderableType:
    """What ``qsb-hw map`` prints: the feasible share of the plane, where the contrast is best, the shipped devices."""
    dataset = found.dataset
    rows = PLACE.table(
        "Devices, each with its own losses", found.places, "name", "kerr_to_linewidth", "coupling_to_linewidth",
        (label("verdict, baths eliminated"), lambda place: place.verdict.value),
    )  # fmt: skip
    shares = [float((dataset["verdict"].values == code).mean()) for code in (2, 1, 0)]
    contrast = dataset["contrast"].values
    row, column = np.unravel_index(int(np.nanargmax(contrast)), contrast.shape)
    best = dataset.isel(kerr_to_linewidth=int(row), coupling_to_linewidth=int(column))
    said = (
        f"With the losses of {found.losses_of}: {shares[0]:.0%} of the plane feasible, {shares[1]:.0%} borderline, "
        f"{shares[2]:.0%} infeasible.",
        f"Largest contrast {float(best.contrast):.3g} at K/κ = {float(best.kerr_to_linewidth):.3g}, "
        f"g/κ = {float(best.coupling_to_linewidth):.3g}.",
    )
    return Group(rows, lines(said))

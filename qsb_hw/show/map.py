"""The feasibility map as a record and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qsb_hw.explore.map import FeasibilityMap
from qsb_hw.show.plain import plain
from qsb_hw.show.tables.style import label, lines, table, value
from qsb_hw.show.tables.text import number

if TYPE_CHECKING:
    from rich.console import RenderableType

Record = dict[str, Any]

MAP_KEYS: Mapping[str, str] = {
    "losses_of": "device whose n0, losses, temperature and V/γ hold everywhere",
    "kerr_to_linewidth": "K/κ of the rows",
    "coupling_to_linewidth": "g/κ of the columns",
    "contrast": "blockade contrast, rows of columns, baths eliminated",
    "verdict": "0 infeasible, 1 borderline, 2 feasible, likewise",
    "margins": "of every criterion by key, likewise",
    "requirements": "keys of those that the physics requires",
    "places": "list of {name, kerr_to_linewidth, coupling_to_linewidth, verdict, own_losses} of the device and those "
    "that ship; the plane holds for the one with own_losses",
}


def map_record(found: FeasibilityMap) -> Record:
    """What ``qsb-hw map --json`` prints."""
    dataset, keys = found.dataset, (*found.requirements, *found.approximations)
    record: Record = plain(
        {
            "losses_of": found.losses_of,
            **{name: dataset[name].values for name in ("kerr_to_linewidth", "coupling_to_linewidth")},
            **{name: dataset[name].values for name in ("contrast", "verdict")},
            "margins": {key: dataset[f"margin:{key}"].values for key in keys},
            "requirements": [*found.requirements],
            "places": [
                {
                    "name": p.name,
                    "kerr_to_linewidth": p.kerr_to_linewidth,
                    "coupling_to_linewidth": p.coupling_to_linewidth,
                    "verdict": p.verdict,
                    "own_losses": p.own_losses,
                }
                for p in found.places
            ],
        }
    )
    return record


def map_view(found: FeasibilityMap) -> RenderableType:
    """What ``qsb-hw map`` prints: how much of the plane works, where best, and where the shipped devices stand."""
    from rich.console import Group

    dataset = found.dataset
    rows = table(
        "Devices, each with its own losses",
        label("device"),
        value("K/κ"),
        value("g/κ"),
        label("verdict, baths eliminated"),
    )
    for place in found.places:
        ratios = (number(r, 3) for r in (place.kerr_to_linewidth, place.coupling_to_linewidth))
        rows.add_row(place.name, *ratios, place.verdict.value)
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

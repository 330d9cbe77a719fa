"""The plane a designer starts from: K/κ against g/κ, for one kind of losses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsb_hw._typing import Progress
from qsb_hw.analysis.conditions import ELIMINATED
from qsb_hw.arguments import real, whole
from qsb_hw.devices.catalog import load_device, shipped_specs
from qsb_hw.errors import require
from qsb_hw.explore.sweep.evaluation import Evaluation
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.run import in_store
from qsb_hw.explore.sweep.subject import subject_of
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.model.device import Device
from qsb_hw.model.oscillator import widest_linewidth
from qsb_hw.questions.criteria import Verdict, verdict_of

if TYPE_CHECKING:
    from xarray import Dataset


KERR = (0.2, 20.0)
"""Range of K/κ."""
COUPLING = (0.01, 0.3)
"""Range of g/κ."""
POINTS = 41
"""Along each axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a device stands in the plane of K/κ and g/κ, and its verdict with its own losses and baths eliminated.

    `own_losses` says whether the plane was computed with its losses.
    """

    name: str
    kerr_to_linewidth: float
    coupling_to_linewidth: float
    verdict: Verdict
    own_losses: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FeasibilityMap:
    """Blockade contrast and criteria over the plane.

    Attributes
    ----------
    dataset : Dataset
        `contrast`, `verdict`, and ``margin:KEY`` of every criterion, over K/κ and g/κ.
    requirements, approximations : dict
        Names of the criteria of each kind, by key.
    losses_of, description : str, str
        Name of the device whose n0, losses, temperature and V/γ hold everywhere, and what its file says of it.
    places : tuple of Place
        That device first, then those that ship; the plane is the background of the first alone.
    """

    dataset: Dataset
    requirements: dict[str, str]
    approximations: dict[str, str]
    losses_of: str
    description: str
    places: tuple[Place, ...]


def feasibility_map(
    spec: Any = "transmon_squid",
    *,
    kerr: tuple[float, float] = KERR,
    coupling: tuple[float, float] = COUPLING,
    points: int = POINTS,
    out: str | Path | None = None,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> FeasibilityMap:
    """Contrast, verdict and criteria over K/κ and g/κ, with the losses of a device.

    A Kerr ladder with both tones on resonance stands for every device: K, g and the losses are counted in the device's
    κ (the wider of its linewidths), and V/γ and n0 are its own. The baths are eliminated, which the criterion
    √(n0+1) g/κ says how far to trust. What only a real device has (a ladder that is not Kerr's, an ion's recoil and
    carrier scattering) is not in it.

    Parameters
    ----------
    spec : path, table, spec or device
        Whose losses, temperature, n0 and V/γ to take.
    kerr, coupling : (float, float)
        Ranges of K/κ and g/κ.
    points : int
        Along each axis, at least 2.
    out, workers, progress
        As for `sweep`.

    Returns
    -------
    FeasibilityMap
        `.dataset` over the plane, and where the devices stand.

    Raises
    ------
    SpecError, ArgumentError
        If the file or a range is invalid.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> found = qh.feasibility_map("kerr_squid_array", points=2)
    >>> found.losses_of, found.places[0].verdict.value
    ('kerr_squid_array', 'borderline')
    """
    for name, ends in (("kerr", kerr), ("coupling", coupling)):
        low, high = (real(f"An end of {name}", end, "Give a number.") for end in ends)
        require(0 < low < high, f"The range of {name} must be positive and rising", f"{low}..{high}", "Give both ends.")
    points = whole("`points`", points, "Take 41: there must be at least two points along each axis.", least=2)
    device = subject_of(spec).build()
    require(isinstance(device, Device), "A map must have a device", "a model of two oscillators", "Name a device file.")
    assert isinstance(device, Device)
    table = _in_linewidths(device)
    criteria = _criteria(table)
    axes = {
        "$.kerr_to_linewidth": f"{kerr[0]!r}..{kerr[1]!r}:{points} log",
        "$.coupling_to_linewidth": f"{coupling[0]!r}..{coupling[1]!r}:{points} log",
    }
    measures = ["contrast", "verdict", *(f"margin:{key}" for keys in criteria.values() for key in keys)]
    with pool_of("local", workers) as pool:
        dataset = in_store(plan_of(table, axes, measures), None if out is None else Path(out), pool, progress)
    others = (load_device(name) for name in shipped_specs() if name != device.name)
    return FeasibilityMap(
        dataset=dataset,
        requirements=criteria[CriterionKind.REQUIREMENT],
        approximations=criteria[CriterionKind.APPROXIMATION],
        losses_of=device.name,
        description=device.description,
        places=(place_of(device, True), *(place_of(other, False) for other in others)),
    )


def place_of(device: Device, own_losses: bool) -> Place:
    """Where a device stands.

    g/κ is that of one tone with the device's γ and the wider κ, √(γ/4κ): K/κ and K/γ in the plane are then the
    device's own. Where linewidths or γ of its tones differ, γT1 and √(n0+1)g/κ of one tone are not those of both.
    """
    evaluation = Evaluation(subject_of(device), {}, ELIMINATED)
    kappa, gamma = _scales(device)
    return Place(
        name=device.name,
        kerr_to_linewidth=evaluation.analysis.oscillator.ladder.kerr_at(device.target) / kappa,
        coupling_to_linewidth=math.sqrt(gamma / (4 * kappa)),
        verdict=verdict_of(evaluation.criteria),
        own_losses=own_losses,
    )


def _scales(device: Device) -> tuple[float, float]:
    """The wider κ and the smaller γ of the stabilising tones, as the criteria have them."""
    return widest_linewidth(device.complete), min(t.gamma for t in device.complete.stabilising_tones)


def _in_linewidths(device: Device) -> dict[str, Any]:
    """The device's losses, n0 and V/γ as the table of a Kerr oscillator in units of its κ."""
    kappa, gamma = _scales(device)
    losses = device.complete.decoherence
    return {
        "model": "kerr_cavities",
        "name": f"a Kerr oscillator with the losses of {device.name}",
        "kerr_to_linewidth": 1,
        "coupling_to_linewidth": 0.05,
        "fock_state": device.target,
        "relaxation_to_linewidth": 1 / (losses.t1 * kappa),
        "dephasing_to_linewidth": losses.dephasing_rate / kappa,
        "thermal_occupation": losses.thermal_occupation,
        "heating_to_linewidth": losses.heating_rate / kappa,
        **({"neighbour_to_gamma": abs(device.nearest_coupling) / gamma} if device.nearest_coupling else {}),
    }


def _criteria(table: dict[str, Any]) -> dict[CriterionKind, dict[str, str]]:
    """Keys and names of the requirements and of the approximation checks that can be made everywhere."""
    found = Evaluation(subject_of(table), {}, ELIMINATED).criteria
    kinds = (CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION)
    return {kind: {c.key: c.name for c in found if c.kind is kind and c.margin is not None} for kind in kinds}

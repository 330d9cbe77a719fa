"""The plane a designer starts from: K/κ against g/κ, for one kind of losses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsb_hw._typing import Progress
from qsb_hw.arguments import real, whole
from qsb_hw.devices.catalog import load_device, shipped_specs
from qsb_hw.errors import require
from qsb_hw.explore.sweep.evaluation import Evaluation, Settings
from qsb_hw.explore.sweep.measures import measures_of
from qsb_hw.explore.sweep.plan import plan_of
from qsb_hw.explore.sweep.pool import pool_of
from qsb_hw.explore.sweep.run import in_store
from qsb_hw.explore.sweep.subject import Subject, subject_of
from qsb_hw.model.criterion import CriterionKind
from qsb_hw.model.device import Device
from qsb_hw.questions.criteria import Verdict, judge

if TYPE_CHECKING:
    from xarray import Dataset


KERR = (0.2, 20.0)
"""Range of K/κ."""
COUPLING = (0.01, 0.3)
"""Range of g/κ."""
POINTS = 41
"""Along each axis."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands in the plane; `verdict` with its baths eliminated."""

    name: str
    kerr_to_linewidth: float
    coupling_to_linewidth: float
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class FeasibilityMap:
    """Blockade contrast and criteria over the plane.

    Attributes
    ----------
    dataset : Dataset
        `contrast`, `verdict`, and ``margin:NAME`` of every criterion, over K/κ and g/κ.
    needs, approximations : tuple of str
        Names of the criteria of each kind.
    losses_of : str
        Name of the device whose n0, losses, temperature and V/γ hold everywhere.
    places : tuple of Place
        Devices that ship, wherever their own losses put their verdict.
    """

    dataset: Dataset
    needs: tuple[str, ...]
    approximations: tuple[str, ...]
    losses_of: str
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
    κ (the narrower of its linewidths), and V/γ and n0 are its own. The baths are eliminated, which the criterion
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

    Raises
    ------
    SpecError, ArgumentError
        A file or a range that is none.
    """
    for name, ends in (("kerr", kerr), ("coupling", coupling)):
        low, high = (real(f"An end of {name}", end, "Give a number.") for end in ends)
        require(0 < low < high, f"The range of {name} must be positive and rising", f"{low}..{high}", "Give both ends.")
    points = whole("`points`", points, "Take 41: there must be at least two points along each axis.", least=2)
    device = subject_of(spec).build()
    require(isinstance(device, Device), "A map must have a device", "a model of two oscillators", "Name a device file.")
    assert isinstance(device, Device)
    table = _in_linewidths(device)
    needs, approximations = _criteria(table)
    axes = {
        "$.kerr_to_linewidth": f"{kerr[0]!r}..{kerr[1]!r}:{points} log",
        "$.coupling_to_linewidth": f"{coupling[0]!r}..{coupling[1]!r}:{points} log",
    }
    measures = ["contrast", "verdict", *(f"margin:{name}" for name in (*needs, *approximations))]
    with pool_of("local", workers) as pool:
        dataset = in_store(plan_of(table, axes, measures), None if out is None else Path(out), pool, progress)
    return FeasibilityMap(dataset, needs, approximations, device.name, shipped_places())


def shipped_places() -> tuple[Place, ...]:
    """Where the devices that ship stand."""
    found = []
    for name in shipped_specs():
        evaluation = Evaluation(subject_of(load_device(name)), {}, Settings())
        kerr, coupling = (
            float(m.of(evaluation, 1)[0, 0])
            for m in measures_of(["kerr_to_linewidth", "coupling_to_linewidth"], evaluation.subject)
        )
        found.append(Place(name, kerr, coupling, judge(evaluation.criteria)))
    return tuple(found)


def _in_linewidths(device: Device) -> dict[str, Any]:
    """The device's losses, n0 and V/γ as the table of a Kerr oscillator in units of its κ."""
    tones = device.complete.stabilising_tones
    kappa, gamma = min(t.linewidth for t in tones), min(t.gamma for t in tones)
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
        **({"neighbour_to_gamma": device.nearest_coupling / gamma} if device.nearest_coupling else {}),
    }


def _criteria(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the needs and of the approximations' needs that can be checked everywhere."""
    found = Evaluation(Subject(subject_of(table).table, "map"), {}, Settings()).criteria
    known = [c for c in found if c.margin is not None]
    needs = tuple(c.name for c in known if c.kind is CriterionKind.REQUIREMENT)
    return needs, tuple(c.name for c in known if c.kind is CriterionKind.APPROXIMATION)

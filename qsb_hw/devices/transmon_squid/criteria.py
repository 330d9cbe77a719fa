"""What this platform adds to the platform-neutral criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import show_frequency

Cavities = tuple[PumpedCavity, PumpedCavity]

CLEARANCE = 5.0
"""Linewidths a pump must keep from whatever it is not meant to drive."""
LARGEST_POWER = 1e-6
"""W at the chip (−30 dBm): what attenuators at base temperature dissipate is ten to a hundred times more."""

REQUIREMENT, APPROXIMATION = CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION

_MEASURED = "Not known for a measured oscillator; give its circuit (josephson_energy, charging_energy)."
_RAISE_RATIO = "Raise E_J/E_C: the dispersion falls exponentially with √(8E_J/E_C)."


def platform_criteria(oscillator: Anharmonic, cavities: Cavities, target: int) -> tuple[Criterion, ...]:
    """Criteria of the transmon–SQUID-cavity platform for stabilising level `target`."""
    return (
        *_ladder_criteria(oscillator, cavities, target),
        *(_collision(cavity, cavities, oscillator.ladder, target) for cavity in cavities),
        _pump_separation(cavities),
        _cavity_separation(cavities),
        _power(cavities),
        _photons(cavities),
        _linearisation(cavities),
        _cavity_kerr(cavities),
        _screening(cavities),
        _static_force(cavities, oscillator.ladder, target),
    )


def static_shift(ladder: Ladder, force: float, target: int) -> float:
    """Largest shift in rad/s of the two transitions at n0 under H + F X, from exact levels."""
    used = slice(target - 1, target + 2)
    forced = np.linalg.eigvalsh(np.diag(ladder.energies) + force * ladder.coupling)
    return float(np.abs(np.diff(forced[used]) - np.diff(ladder.energies[used])).max())


def _ladder_criteria(oscillator: Anharmonic, cavities: Cavities, target: int) -> Iterator[Criterion]:
    transmon = oscillator.transmon
    yield Criterion(
        "bound levels", REQUIREMENT, float(transmon.bound_levels) if transmon else None, target + 3.0, Sense.AT_LEAST,
        "Levels up to n0 + 2 must lie below the barrier, or they are no oscillator's." if transmon else _MEASURED,
        "Raise E_J/E_C: the well of depth 2E_J then holds more levels.", required_margin=1.0,
    )  # fmt: skip
    spread = None if transmon is None else float(transmon.dispersion[target - 1 : target + 1].max())
    shown = _MEASURED if spread is None else f"; here {show_frequency(spread, 3)} peak to peak."
    yield Criterion(
        "charge dispersion/κ", REQUIREMENT, _ratio(spread, min(c.linewidth for c in cavities)), 0.1, Sense.AT_MOST,
        shown if spread is None else "Offset charge must not move the transitions at n0 off the sidebands" + shown,
        _RAISE_RATIO,
    )  # fmt: skip
    yield Criterion(
        "charge dispersion/γ", REQUIREMENT, _ratio(spread, min(c.gamma for c in cavities)), 1.0, Sense.AT_MOST,
        shown if spread is None else "Offset charge must not smear resonances in Δ, a few γ wide" + shown,
        f"{_RAISE_RATIO} Or raise γ = 4g²/κ.",
    )  # fmt: skip


def _collision(cavity: PumpedCavity, cavities: Cavities, ladder: Ladder, target: int) -> Criterion:
    forbidden = _forbidden(ladder, target) | {
        f"the {c.name} cavity": c.frequency for c in cavities if c is not cavity and c.frequency is not None
    }
    pump, value, why = cavity.pump_frequency, None, _give_frequency(cavity)
    if pump is not None:
        nearest = min(forbidden, key=lambda name: abs(forbidden[name] - pump))
        value = abs(forbidden[nearest] - pump) / _widest(cavities)
        why = (
            f"The pump at {show_frequency(pump)} must drive nothing else; nearest is {nearest} at "
            f"{show_frequency(forbidden[nearest])}."
        )
    return Criterion(
        f"{cavity.name} pump clearance/κ", REQUIREMENT, value, CLEARANCE, Sense.AT_LEAST, why,
        f"Move the {cavity.name} cavity by a few hundred MHz.",
    )  # fmt: skip


def _forbidden(ladder: Ladder, target: int) -> dict[str, float]:
    """Frequencies a pump must not meet: every transition up to n0 + 1, and ω01/2."""
    spacings = ladder.transition_frequencies
    names = {f"ω{n}{n + 1}": float(spacings[n]) for n in range(target + 1)}
    return names | {"ω01/2": float(spacings[0]) / 2}


def _pump_separation(cavities: Cavities) -> Criterion:
    value, why = _distance(cavities, lambda c: c.pump_frequency)
    return Criterion(
        "pump separation/κ", REQUIREMENT, value, CLEARANCE, Sense.AT_LEAST,
        why or "Two pumps that coincide beat inside one cavity and undo each other.",
        "Separate the two cavities, or swap which of them damps.",
    )  # fmt: skip


def _cavity_separation(cavities: Cavities) -> Criterion:
    value, why = _distance(cavities, lambda c: c.frequency)
    return Criterion(
        "cavity separation/κ", REQUIREMENT, value, CLEARANCE, Sense.AT_LEAST,
        why or "Each pump must fill its own cavity only, and the baths must be independent.",
        "Tune the cavities apart by at least a few hundred MHz.",
    )  # fmt: skip


def _power(cavities: Cavities) -> Criterion:
    worst, value = _worst(cavities, lambda c: c.power)
    why = "Give each cavity's circuit, or its frequency and single_photon_coupling, to know the pump power."
    return Criterion(
        "pump power at the chip", REQUIREMENT, value, LARGEST_POWER, Sense.AT_MOST,
        why if worst is None else f"More than −30 dBm warms the base plate; the {worst.name} pump needs most.",
        "Raise g0 (mutual inductance, flux bias) or κ_ext, or lower g/κ.", unit="W",
    )  # fmt: skip


def _photons(cavities: Cavities) -> Criterion:
    worst, value = _worst(cavities, lambda c: c.photons, largest=False)
    return Criterion(
        "photon number n_c", APPROXIMATION, value, 10.0, Sense.AT_LEAST,
        _give_coupling() if worst is None
        else f"Many photons make linearisation safe (sufficient, not necessary); fewest in {worst.name}.",
        "Lower g0 (mutual inductance) at the same g, or trust g0 ≪ κ instead.",
    )  # fmt: skip


def _linearisation(cavities: Cavities) -> Criterion:
    worst, value = _worst(cavities, lambda c: _ratio(c.single_photon_coupling, c.linewidth))
    return Criterion(
        "g0/κ", APPROXIMATION, value, 0.1, Sense.AT_MOST,
        _give_coupling() if worst is None
        else f"The cubic term g0 c†c X is dropped from the model; largest in {worst.name}.",
        "Lower the mutual inductance or the flux bias, and pump harder.",
    )  # fmt: skip


def _cavity_kerr(cavities: Cavities) -> Criterion:
    worst, value = _worst(cavities, _kerr_pull)
    return Criterion(
        "cavity Kerr shift 4K_c n_c/κ", APPROXIMATION, value, 0.5, Sense.AT_MOST,
        "Give each cavity's circuit, or its kerr and single_photon_coupling, to know its Kerr shift."
        if worst is None
        else f"The pump pulls its cavity, which the model leaves out; retuning cancels it. Most: {worst.name}.",
        "Lower the SQUID's participation or n_c, or retune the pump by −4K_c n_c.",
    )  # fmt: skip


def _screening(cavities: Cavities) -> Criterion:
    worst, value = _worst(cavities, lambda c: c.screening)
    return Criterion(
        "screening β_L", APPROXIMATION, value, 0.1, Sense.AT_MOST,
        "Give the cavities' circuit with loop_inductance to know the screening."
        if worst is None
        else f"The formulas for ω_c(Φ) and K_c neglect the loop's own inductance; largest in {worst.name}.",
        "Shrink the loop or its critical current.",
    )  # fmt: skip


def _static_force(cavities: Cavities, ladder: Ladder, target: int) -> Criterion:
    forces = [c.force for c in cavities]
    known = [f for f in forces if f is not None]
    kappa = min(c.linewidth for c in cavities)
    value = static_shift(ladder, sum(known), target) / kappa if len(known) == len(forces) else None
    return Criterion(
        "static-force shift/κ", APPROXIMATION, value, 0.1, Sense.AT_MOST,
        _give_coupling() if value is None
        else "The mean force g0 n_c X of both pumps shifts the transitions; the model leaves it out.",
        "Retune the pumps to the shifted transitions, or raise g0 and lower n_c.",
    )  # fmt: skip


def _worst(
    cavities: Cavities, of: Callable[[PumpedCavity], float | None], largest: bool = True
) -> tuple[PumpedCavity | None, float | None]:
    """Find the cavity where `of` is worst, and its value; None, None unless known for both."""
    values = {cavity.name: of(cavity) for cavity in cavities}
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < len(cavities):
        return None, None
    name = (max if largest else min)(known, key=lambda k: known[k])
    return next(c for c in cavities if c.name == name), known[name]


def _distance(cavities: Cavities, of: Callable[[PumpedCavity], float | None]) -> tuple[float | None, str | None]:
    first, second = (of(cavity) for cavity in cavities)
    if first is None or second is None:
        return None, _give_frequency(next(c for c in cavities if of(c) is None))
    return abs(first - second) / _widest(cavities), None


def _widest(cavities: Cavities) -> float:
    return max(c.linewidth for c in cavities)


def _ratio(numerator: float | None, denominator: float) -> float | None:
    return None if numerator is None else numerator / denominator


def _kerr_pull(cavity: PumpedCavity) -> float | None:
    if cavity.kerr is None or cavity.photons is None:
        return None
    return 4 * abs(cavity.kerr) * cavity.photons / cavity.linewidth


def _give_frequency(cavity: PumpedCavity) -> str:
    return f"Give $.{cavity.name}.frequency (ω_c) or the cavity's circuit to know where its pump lies."


def _give_coupling() -> str:
    return "Give each cavity's circuit, or its single_photon_coupling (g0), to know the photon number."

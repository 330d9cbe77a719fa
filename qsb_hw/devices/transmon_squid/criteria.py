"""What this platform adds to the platform-neutral criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.instrument import Instrument
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import show_frequency

Cavities = tuple[PumpedCavity, ...]

CLEARANCE = 5.0
"""Linewidths a pump must keep from whatever it is not meant to drive."""
LARGEST_POWER = 1e-6
"""W at the chip (−30 dBm): what attenuators at base temperature dissipate is ten to a hundred times more."""

REQUIREMENT, APPROXIMATION = CriterionKind.REQUIREMENT, CriterionKind.APPROXIMATION
AT_LEAST, AT_MOST = Sense.AT_LEAST, Sense.AT_MOST

_MEASURED = "Not known for a measured oscillator; give its circuit (josephson_energy, charging_energy)."
_RAISE_RATIO = "Raise E_J/E_C: the dispersion falls exponentially with √(8E_J/E_C)."
_GIVE_COUPLING = "Give each cavity's circuit, or its single_photon_coupling (g0), to know the photon number."


def platform_criteria(oscillator: Anharmonic, cavities: Cavities, target: int) -> tuple[Criterion, ...]:
    """Criteria of the transmon–SQUID-cavity platform for stabilising level `target`."""
    return (
        *_ladder_criteria(oscillator, cavities, target),
        *(_collision(cavity, cavities, oscillator.ladder, target) for cavity in cavities),
        *_separations(cavities),
        *_of_worst(cavities),
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
        "bound levels", REQUIREMENT, float(transmon.bound_levels) if transmon else None, target + 3.0, AT_LEAST,
        "Levels up to n0 + 2 must lie below the barrier, or they do not belong to an oscillator."
        if transmon else _MEASURED,
        "Raise E_J/E_C: the well of depth 2E_J then holds more levels.", required_margin=1.0, key="bound_levels",
    )  # fmt: skip
    spread = None if transmon is None else float(transmon.dispersion[target - 1 : target + 1].max())
    shown = "" if spread is None else f"; here {show_frequency(spread, 3)} peak to peak."
    yield Criterion(
        "charge dispersion/κ", REQUIREMENT, _ratio(spread, min(c.linewidth for c in cavities)), 0.1, AT_MOST,
        f"Offset charge must not move the transitions at n0 off the sidebands{shown}" if shown else _MEASURED,
        _RAISE_RATIO, key="charge_dispersion_to_linewidth",
    )  # fmt: skip
    yield Criterion(
        "charge dispersion/γ", REQUIREMENT, _ratio(spread, min(c.gamma for c in cavities)), 1.0, AT_MOST,
        f"Offset charge must not smear resonances in Δ, a few γ wide{shown}" if shown else _MEASURED,
        f"{_RAISE_RATIO} Or raise γ = 4g²/κ.", key="charge_dispersion_to_gamma",
    )  # fmt: skip


def instrument(cavity: PumpedCavity, cavities: Cavities, ladder: Ladder, target: int) -> Instrument:
    """What is set for the pump of a cavity."""
    return Instrument(
        section=cavity.name,
        mode=f"{cavity.name} cavity",
        detuning=cavity.detuning,
        linewidth=cavity.linewidth,
        mode_frequency=cavity.frequency,
        strength=cavity.photons,
        strength_name="photons n_c",
        power=cavity.power,
        avoid=_forbidden(cavity, cavities, ladder, target),
    )


def _forbidden(cavity: PumpedCavity, cavities: Cavities, ladder: Ladder, target: int) -> dict[str, float]:
    """What the pump of a cavity must not meet in its own device, by name."""
    return forbidden_frequencies(ladder, target) | {
        f"the {c.name} cavity": c.frequency for c in cavities if c is not cavity and c.frequency is not None
    }


def _collision(cavity: PumpedCavity, cavities: Cavities, ladder: Ladder, target: int) -> Criterion:
    forbidden = _forbidden(cavity, cavities, ladder, target)
    pump, value, why = cavity.pump_frequency, None, _give_frequency(cavity)
    if pump is not None:
        nearest = min(forbidden, key=lambda name: abs(forbidden[name] - pump))
        value = abs(forbidden[nearest] - pump) / _widest(cavities)
        why = (
            f"The pump at {show_frequency(pump)} must drive nothing else; nearest is {nearest} at "
            f"{show_frequency(forbidden[nearest])}."
        )
    return Criterion(
        f"{cavity.name} pump clearance/κ", REQUIREMENT, value, CLEARANCE, AT_LEAST, why,
        f"Move the {cavity.name} cavity by a few hundred MHz.", key=f"{cavity.name}_pump_clearance",
    )  # fmt: skip


def forbidden_frequencies(ladder: Ladder, target: int) -> dict[str, float]:
    """Frequencies a pump must not meet: every transition up to n0 + 1, and ω01/2."""
    spacings = ladder.transition_frequencies
    names = {f"ω{n}{n + 1}": float(spacings[n]) for n in range(target + 1)}
    return names | {"ω01/2": float(spacings[0]) / 2}


def _separations(cavities: Cavities) -> Iterator[Criterion]:
    value, why = _distance(cavities, lambda c: c.pump_frequency)
    yield Criterion(
        "pump separation/κ", REQUIREMENT, value, CLEARANCE, AT_LEAST,
        why or "Two pumps that coincide beat inside one cavity and undo each other.",
        "Separate the two cavities, or swap which of them damps.", key="pump_separation",
    )  # fmt: skip
    value, why = _distance(cavities, lambda c: c.frequency)
    yield Criterion(
        "cavity separation/κ", REQUIREMENT, value, CLEARANCE, AT_LEAST,
        why or "Each pump must fill its own cavity only, and the baths must be independent.",
        "Tune the cavities apart by at least a few hundred MHz.", key="cavity_separation",
    )  # fmt: skip


def _of_worst(cavities: Cavities) -> Iterator[Criterion]:
    """What the worse of the two cavities decides; skipped unless the values are known of both."""

    def worst(of: Callable[[PumpedCavity], float | None], choose: Callable[..., Any] = max) -> tuple[float | None, str]:
        known = {cavity.name: value for cavity in cavities if (value := of(cavity)) is not None}
        name = choose(known, key=lambda name: known[name]) if len(known) == len(cavities) else ""
        return known.get(name), name

    power, name = worst(lambda c: c.power)
    yield Criterion(
        "pump power at the chip", REQUIREMENT, power, LARGEST_POWER, AT_MOST,
        f"More than −30 dBm warms the base plate; the {name} pump needs most." if name else
        "Give each cavity's circuit, or its frequency and single_photon_coupling, to know the pump power.",
        "Raise g0 (mutual inductance, flux bias) or κ_ext, or lower g/κ.", unit="W", key="pump_power",
    )  # fmt: skip
    photons, name = worst(lambda c: c.photons, min)
    yield Criterion(
        "photon number n_c", APPROXIMATION, photons, 10.0, AT_LEAST,
        f"Many photons make linearisation safe (sufficient, not necessary); fewest in {name}." if name
        else _GIVE_COUPLING,
        "Lower g0 (mutual inductance) at the same g, or trust g0 ≪ κ instead.", key="photon_number",
    )  # fmt: skip
    cubic, name = worst(lambda c: _ratio(c.single_photon_coupling, c.linewidth))
    yield Criterion(
        "g0/κ", APPROXIMATION, cubic, 0.1, AT_MOST,
        f"The model neglects the cubic term g0 c†c X; largest in {name}." if name else _GIVE_COUPLING,
        "Lower the mutual inductance or the flux bias, and pump harder.", key="single_photon_coupling_to_linewidth",
    )  # fmt: skip
    pull, name = worst(_kerr_pull)
    yield Criterion(
        "cavity Kerr shift 4K_c n_c/κ", APPROXIMATION, pull, 0.5, AT_MOST,
        f"The pump shifts its cavity, which the model neglects; retuning cancels it. Most: {name}." if name
        else "Give each cavity's circuit, or its kerr and single_photon_coupling, to know its Kerr shift.",
        "Lower the SQUID's participation or n_c, or retune the pump by −4K_c n_c.", key="cavity_kerr_shift",
    )  # fmt: skip
    screening, name = worst(lambda c: c.screening)
    yield Criterion(
        "screening β_L", APPROXIMATION, screening, 0.1, AT_MOST,
        f"The formulas for ω_c(Φ) and K_c neglect the loop's own inductance; largest in {name}." if name
        else "Give the cavities' circuit with loop_inductance to know the screening.",
        "Shrink the loop or its critical current.", key="screening",
    )  # fmt: skip


def _static_force(cavities: Cavities, ladder: Ladder, target: int) -> Criterion:
    known = [c.force for c in cavities if c.force is not None]
    kappa = min(c.linewidth for c in cavities)
    value = static_shift(ladder, sum(known), target) / kappa if len(known) == len(cavities) else None
    return Criterion(
        "static-force shift/κ", APPROXIMATION, value, 0.1, AT_MOST,
        _GIVE_COUPLING if value is None
        else "The mean force g0 n_c X of both pumps shifts the transitions; the model neglects it.",
        "Retune the pumps to the shifted transitions, or raise g0 and lower n_c.", key="static_force_shift",
    )  # fmt: skip


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

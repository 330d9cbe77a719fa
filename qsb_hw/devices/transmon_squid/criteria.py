"""What this platform adds to the platform-neutral criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qsb_hw.devices.transmon_squid.oscillator import Anharmonic
from qsb_hw.devices.transmon_squid.pump import PumpedCavity
from qsb_hw.devices.transmon_squid.words import VOCABULARY
from qsb_hw.model.criterion import Criterion, CriterionKind, Sense
from qsb_hw.model.ladder import Ladder
from qsb_hw.units import show_frequency

Cavities = tuple[PumpedCavity, PumpedCavity]

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
        *(each.criterion(cavities) for each in _OF_WORST),
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
        "Levels up to n0 + 2 must lie below the barrier, or they are no oscillator's." if transmon else _MEASURED,
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
        f"{cavity.name} pump clearance/κ", REQUIREMENT, value, CLEARANCE, AT_LEAST, why,
        f"Move the {cavity.name} cavity by a few hundred MHz.", key=f"{cavity.name}_pump_clearance",
    )  # fmt: skip


def _forbidden(ladder: Ladder, target: int) -> dict[str, float]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfWorst:
    """A criterion that the worse of the two cavities decides; skipped unless its value is known of both."""

    key: str
    name: str
    kind: CriterionKind = APPROXIMATION
    of: Callable[[PumpedCavity], float | None]
    bound: float
    sense: Sense = AT_MOST
    why: str
    unknown: str
    remedy: str
    unit: str = ""

    def criterion(self, cavities: Cavities) -> Criterion:
        """Of a device; `why` has the name of the cavity for {worst}."""
        known = {cavity.name: value for cavity in cavities if (value := self.of(cavity)) is not None}
        complete = len(known) == len(cavities)
        worst = (max if self.sense is AT_MOST else min)(known, key=lambda name: known[name]) if complete else ""
        why = self.why.format(worst=worst) if complete else self.unknown
        value = known[worst] if complete else None
        return Criterion(
            self.name, self.kind, value, self.bound, self.sense, why, self.remedy, self.unit, key=self.key
        )  # fmt: skip


_OF_WORST = (
    _OfWorst(
        key="pump_power",
        name="pump power at the chip",
        kind=REQUIREMENT,
        of=lambda c: c.power,
        bound=LARGEST_POWER,
        why="More than −30 dBm warms the base plate; the {worst} pump needs most.",
        unknown="Give each cavity's circuit, or its frequency and single_photon_coupling, to know the pump power.",
        remedy="Raise g0 (mutual inductance, flux bias) or κ_ext, or lower g/κ.",
        unit="W",
    ),
    _OfWorst(
        key="photon_number",
        name="photon number n_c",
        of=lambda c: c.photons,
        bound=10.0,
        sense=AT_LEAST,
        why="Many photons make linearisation safe (sufficient, not necessary); fewest in {worst}.",
        unknown=_GIVE_COUPLING,
        remedy="Lower g0 (mutual inductance) at the same g, or trust g0 ≪ κ instead.",
    ),
    _OfWorst(
        key="single_photon_coupling_to_linewidth",
        name="g0/κ",
        of=lambda c: _ratio(c.single_photon_coupling, c.linewidth),
        bound=0.1,
        why="The model neglects the cubic term g0 c†c X; largest in {worst}.",
        unknown=_GIVE_COUPLING,
        remedy="Lower the mutual inductance or the flux bias, and pump harder.",
    ),
    _OfWorst(
        key="cavity_kerr_shift",
        name="cavity Kerr shift 4K_c n_c/κ",
        of=lambda c: None if c.kerr is None or c.photons is None else 4 * abs(c.kerr) * c.photons / c.linewidth,
        bound=0.5,
        why="The pump shifts its cavity, which the model neglects; retuning cancels it. Most: {worst}.",
        unknown=f"{VOCABULARY.hints['kerr'].capitalize()}, to know its Kerr shift.",
        remedy="Lower the SQUID's participation or n_c, or retune the pump by −4K_c n_c.",
    ),
    _OfWorst(
        key="screening",
        name="screening β_L",
        of=lambda c: c.screening,
        bound=0.1,
        why="The formulas for ω_c(Φ) and K_c neglect the loop's own inductance; largest in {worst}.",
        unknown="Give the cavities' circuit with loop_inductance to know the screening.",
        remedy="Shrink the loop or its critical current.",
    ),
)


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


def _give_frequency(cavity: PumpedCavity) -> str:
    return f"Give $.{cavity.name}.frequency (ω_c) or the cavity's circuit to know where its pump lies."

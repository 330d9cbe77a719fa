"""What the device is: derived quantities, oscillator, baths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType

from qsb_hw.model.device import DerivedQuantity, Device
from qsb_hw.model.oscillator import SelfOscillator
from qsb_hw.show.detail import HouseTable, Part
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import QUIET, label, named, stacked, table, value
from qsb_hw.show.text import NONE, quantity, significant, transition
from qsb_hw.spec.paths import leaves, prepared
from qsb_hw.spec.quantity import Quantity
from qsb_hw.units import to_hertz

DERIVED = Section(
    Field("key", "stable name"),
    Field("name", "with its symbol", symbol="quantity"),
    Field("value", "in SI, a frequency cyclic"),
    Field("unit", "SI unit"),
    Field("note", "where it comes from"),
)
DEVICE = Section(
    Field("name", "from the device file"),
    Field("platform", "tag of the platform"),
    Field("description", "from the device file"),
    Field("target", "n0, the Fock state to stabilise"),
    Field("bound_levels", "bound levels of the ladder", "complete.levels"),
    Field("coupling_hz", "V/2π between neighbours; null without a pair", lambda d: d.nearest_coupling or None),
    Field("derived_quantities", "numbers that follow from the device file", each=DERIVED),
)
TONE = Section(
    Field("role", "amplification, damping or cooling"),
    Field("detuning_hz", "drive detuning δ/2π from its bath", symbol="drive detuning δ/2π", show=transition),
    Field("linewidth_hz", "κ/2π of its mode"),
    Field("coupling_hz", "g/2π", symbol="g/2π", digits=3),
    Field("gamma_hz", "γ/2π, γ = 4g²/κ"),
)
BATH = Section(
    Field("name", "from the platform"),
    Field("levels", "Fock states kept; 1 where it is no mode"),
    Field("tones", "tones that drive it", each=TONE),
)


def _kerr(oscillator: SelfOscillator) -> float | None:
    target, ladder = oscillator.target, oscillator.ladder
    level = min(max(target or 1, 1), ladder.levels - 2)
    return ladder.kerr_at(level) if level >= 1 else None


OSCILLATOR = Section(
    Field("frequency_hz", "0→1 transition, ω/2π", lambda o: o.ladder.transition_frequencies[0], show=transition),
    Field("kerr_hz", "K/2π at n0: half the drop in spacing across it; the anharmonicity is −2K", _kerr),
    Field("transition_frequencies_hz", "spacings n−1→n for n = 1 … levels−1", "ladder.transition_frequencies"),
    Field("levels", "levels kept"),
    Field("target", "n0, the top of the transition the amplifying tone addresses", "target"),
    Field("t1_s", "energy relaxation time of level 1; null for none", "decoherence.t1"),
    Field("t_phi_s", "pure dephasing time of the 0↔1 coherence; null for none", "decoherence.t_phi"),
    Field("thermal_occupation", "mean quanta of the environment", "decoherence.thermal_occupation"),
    Field("heating_rate", "of a bath without temperature", "decoherence.heating_rate"),
    Field("baths", "auxiliary modes and engineered baths", each=BATH),
)


def device_tables(device: Device) -> RenderableType:
    """Derived quantities of a device: those of the oscillator, then those of its baths side by side."""
    given = _given(device)
    names = [bath.name for bath in device.complete.baths]
    own = [one for one in device.derived_quantities if _bath_of(one, names) is None]
    shown = DERIVED.table(
        "Device", own, "name", (value("value"), lambda one: _text(one, given)),
        (label("", style=QUIET), lambda one: one.note),
    )  # fmt: skip
    more = len(own) < len(device.derived_quantities)
    return stacked(shown, _of_baths(device.derived_quantities, names, given) if more else None)


def device_view(device: Device) -> RenderableType:
    """A device by itself: its name, and its derived quantities."""
    return stacked(heading(device), device_tables(device))


def heading(device: Device) -> Part:
    """Name and description in one line."""
    said = device.description
    return named(device.title, "" if said.lower() == device.title.lower() else said)


def _given(device: Device) -> dict[float, int]:
    """Digits in which the file gives numbers, by their value rounded, in SI and cyclic."""
    texts = [one for _, one in leaves(prepared(device.spec)) if isinstance(one, Quantity)] if device.spec else []
    return {_rounded(v): significant(one.text) for one in texts for v in (one.value, to_hertz(one.value))}


def _rounded(number: float) -> float:
    return float(f"{abs(number):.9e}")


def _text(one: DerivedQuantity, given: Mapping[float, int]) -> str:
    """A derived quantity: a frequency to the kHz, and what the file gives in as many digits as there."""
    digits = given.get(_rounded(one.value), 0)
    return transition(one.value, digits) if one.unit == "Hz" else quantity(one.value, one.unit, max(4, digits), digits)


def _of_baths(quantities: Sequence[DerivedQuantity], baths: list[str], given: Mapping[float, int]) -> HouseTable:
    rows = table("Auxiliary modes", label("quantity"), *(value(bath) for bath in baths), label("", style=QUIET))
    found: dict[str, dict[str, DerivedQuantity]] = {}
    for one in quantities:
        bath = _bath_of(one, baths)
        if bath is not None:
            found.setdefault(one.key.removeprefix(bath), {})[bath] = one
    for of in found.values():
        bath, first = next(iter(of.items()))
        cells = (_text(of[bath], given) if bath in of else NONE for bath in baths)
        rows.add_row(first.name.removeprefix(bath).strip(), *cells, first.note)
    return rows


def _bath_of(one: DerivedQuantity, baths: list[str]) -> str | None:
    return next((bath for bath in baths if one.key.startswith(f"{bath}_")), None)

"""Rules between the keys of an ion-trap file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from qsb_hw.devices.ion_trap.species import species
from qsb_hw.errors import ArgumentError
from qsb_hw.spec.base import Given, Section, needs, one_of
from qsb_hw.spec.mistakes import Mistake


class _Keys(NamedTuple):
    """Keys of one kind of well: all of `needed`, exactly one of `either`, any of `optional`."""

    needed: tuple[str, ...]
    either: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.needed, *self.either, *self.optional)


KINDS: Mapping[str, _Keys] = {
    "lattice": _Keys(("wavelength",), either=("depth", "depth_in_recoils")),
    "tweezer": _Keys(("waist", "depth")),
    "electrodes": _Keys(("frequency", "distance"), optional=("anharmonicity",)),
    "polynomial": _Keys(("frequency",), optional=("cubic", "quartic")),
    "double_well": _Keys(("quartic",), optional=("quadratic",)),
    "table": _Keys(("file",)),
}


def kind_rules(model: type[Section], given: Given) -> Iterator[Mistake]:
    """Rule: every key its kind of well needs, and none of another kind's."""
    kind = given.table.get("kind")
    keys = KINDS.get(kind) if isinstance(kind, str) else None
    if keys is None:
        return
    for key in given.table:
        if key in model.model_fields and key not in ("kind", *keys.known):
            message = (
                f"must be left out of a well of kind {kind!r}, but found {given.text(key)}. "
                f"Its keys are {', '.join(keys.known)}."
            )
            yield Mistake((key,), message)
    yield from needs(model, given, *keys.needed)
    if keys.either:
        yield from one_of(given, *keys.either)


def species_rules(given: Given) -> Iterator[Mistake]:
    """Rule: the species is in the table."""
    name = given.table.get("species")
    if isinstance(name, str):
        try:
            species(name)
        except ArgumentError as error:
            yield Mistake(("species",), _lower(error))


def transition_rules(given: Given) -> Iterator[Mistake]:
    """Rule: the species has the lines that are driven, and they decay."""
    ion = given.table.get("ion")
    name = ion.get("species") if isinstance(ion, Mapping) else None
    if not isinstance(name, str):
        return
    try:
        found = species(name)
    except ArgumentError:
        return
    for section in ("damping", "amplification", "cooling"):
        drive = given.table.get(section)
        line = drive.get("transition") if isinstance(drive, Mapping) else None
        if isinstance(line, str):
            try:
                found.transition(line)
            except ArgumentError as error:
                yield Mistake((section, "transition"), _lower(error))


def noise_rules(given: Given) -> Iterator[Mistake]:
    """Rule: a noise density needs to be there for its frequency and exponent to mean anything."""
    if "electric_field_noise" not in given.table:
        for key in given.among("noise_frequency", "noise_exponent"):
            message = (
                f"must come with electric_field_noise, but found {given.text(key)} alone. "
                'Write electric_field_noise = "1e-12 V^2/m^2/Hz", or leave it out.'
            )
            yield Mistake((key,), message)
    elif "noise_exponent" in given.table and "noise_frequency" not in given.table:
        message = "must be given, but is missing, and noise_exponent scales from there. Write noise_frequency = "
        yield Mistake(("noise_frequency",), f'{message}"1 MHz".')


def width_rules(model: type[Section], given: Given) -> Iterator[Mistake]:
    """Rule: κ directly, from both numbers of a quench, or the natural width of a line that is named."""
    quench = given.among("quench_rabi_frequency", "quench_linewidth", "quench_detuning")
    if quench and "linewidth" in given.table:
        message = f"must have κ one way, but found linewidth and {' and '.join(quench)}. Remove one."
        yield Mistake((), message)
    elif quench:
        yield from needs(model, given, "quench_rabi_frequency", "quench_linewidth")
    elif "wavelength" in given.table and "transition" not in given.table and "linewidth" not in given.table:
        yield from needs(model, given, "linewidth")


def beam_rules(given: Given) -> Iterator[Mistake]:
    """Rule: a beam's power follows from Ω only on a line of the table."""
    if "beam_waist" in given.table and "transition" not in given.table:
        message = (
            f"must come with a transition, from whose strength the power follows, but found "
            f"{given.text('beam_waist')} with a wavelength. Name the transition, or leave it out."
        )
        yield Mistake(("beam_waist",), message)


def direction_rules(given: Given) -> Iterator[Mistake]:
    """Rule: a coupling as measured has its sign, whatever the direction."""
    if "coupling" in given.table and "direction" in given.table and "separation" not in given.table:
        message = (
            f"must come with a separation, but found {given.text('direction')} with a coupling. "
            "Leave it out: the sign of the coupling says it."
        )
        yield Mistake(("direction",), message)


def _lower(error: ArgumentError) -> str:
    """An error's words as said of a key: from its "must" on."""
    text = str(error)
    return text[text.index("must") :]

"""Which ions there are: masses and transitions, read from one table (species.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from qsb_hw.devices.ion_trap.constants import ATOMIC_MASS, ELECTRON_MASS
from qsb_hw.errors import ArgumentError, suggestion


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of an ion, named by its levels ("S1/2-P3/2"): wavelength in vacuum in m.

    `linewidth` is the partial decay rate A of the upper level on this line alone, in 1/s; what it decays by on all its
    lines together is `Species.natural_linewidth`. `source` is where both numbers come from.
    """

    name: str
    wavelength: float
    linewidth: float
    source: str

    def __str__(self) -> str:
        return f"{self.name} ({self.wavelength * 1e9:.2f} nm)"

    @property
    def upper(self) -> str:
        """Upper level."""
        return self.name.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Species:
    """A singly charged ion ("9Be+") with its tabulated lines; mass in kg: the neutral atom's less one electron."""

    name: str
    mass: float
    mass_source: str
    transitions: tuple[Transition, ...]

    def transition(self, name: str) -> Transition:
        """A line by its levels ("S1/2-P3/2") or by its wavelength in whole nanometres ("729") if that is unique."""
        spelled = {_plain(line.name): line for line in self.transitions}
        by_levels = spelled.get(_plain(name))
        found = [by_levels] if by_levels else [t for t in self.transitions if _is_wavelength(name, t)]
        if len(found) == 1:
            return found[0]
        raise ArgumentError(_no_such(f"line of {self.name}", name, map(str, found or self.transitions)))

    def natural_linewidth(self, level: str) -> float:
        """Decay rate of `level` in 1/s: the sum of A over its tabulated lines; divide by 2π for a FWHM in Hz."""
        rates = [line.linewidth for line in self.transitions if _plain(line.upper) == _plain(level)]
        if not rates:
            uppers = sorted({line.upper for line in self.transitions})
            raise ArgumentError(_no_such(f"decaying level of {self.name}", level, uppers))
        return sum(rates)


def species(name: str) -> Species:
    """An ion by its isotope: "9Be+", "Be9" and "be-9" are the same; those near it are named where it is not there."""
    found = species_table().get(_isotope(name))
    if found is None:
        raise ArgumentError(_no_such("species", name, (ion.name for ion in species_table().values())))
    return found


@cache
def species_table() -> Mapping[str, Species]:
    """Every species by mass number and symbol ("9be"), in the order of the table."""
    text = files("qsb_hw.devices.ion_trap").joinpath("species.toml").read_text(encoding="utf-8")
    ions = [_ion(entry) for entry in tomllib.loads(text)["species"]]
    return MappingProxyType({_isotope(ion.name): ion for ion in ions})


def _ion(entry: Mapping[str, Any]) -> Species:
    mass = entry["mass_u"] * ATOMIC_MASS - ELECTRON_MASS
    lines = tuple(
        Transition(line["name"], line["wavelength_nm"] * 1e-9, line["rate_per_s"], line["source"])
        for line in entry["transition"]
    )
    return Species(entry["name"], mass, entry["mass_source"], lines)


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺", "0123456789+")


def _isotope(name: str) -> str:
    text = name.translate(_SUPERSCRIPTS).strip().lower()
    number, symbol = re.search(r"\d+", text), re.search(r"[a-z]+", text)
    return f"{number[0] if number else ''}{symbol[0] if symbol else ''}"


def _plain(name: str) -> str:
    return re.sub(r"[\s–—−-]+", "-", name.strip()).lower()


def _is_wavelength(name: str, line: Transition) -> bool:
    """Whether `name` is the wavelength cut or rounded to nanometres, as lines are called in the laboratory."""
    number = re.fullmatch(r"(\d+)\s*(?:nm)?", name.strip().lower())
    nanometres = line.wavelength * 1e9
    return number is not None and int(number[1]) in (int(nanometres), round(nanometres))


def _no_such(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    hint = f"{suggestion(name, names, '', most=2, cutoff=0.4)} There are {', '.join(names)}."
    return f"A {what} must be one of the table, but found {name!r}. {hint.strip()}"

"""Words for measures: what each stands for, and whether the file has it, before anything is solved."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from qsb_hw.errors import ArgumentError, suggestion
from qsb_hw.explore.sweep.chip_measures import ASKED, ONE, OWN, TWO, WHOLE
from qsb_hw.explore.sweep.measures import HELD, MEASURES, Measure, held_by, measures_of
from qsb_hw.explore.sweep.subject import Subject
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.questions.criteria import named_of_device, named_of_link

ALIASES = {"P(n0)": "P"}
"""Words for measures beside their names."""
_COMMAS = re.compile(r",(?![^\[\]]*\])")
"""Commas between names, not those inside brackets."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A criterion or a derived quantity: key, display name, SI unit."""

    key: str
    name: str
    unit: str


Entries = Mapping[str, Entry]
"""By key and by display name."""


@dataclass(frozen=True, slots=True)
class Nameable:
    """What can be asked of a device, or of one part of a chip.

    Attributes
    ----------
    measures : collection of str
        Names.
    derived, criteria : Entries
        Derived quantities and criteria.
    what : str
        For messages: "device", "node".
    device : Device or None
        The device itself, or the node.
    """

    measures: Collection[str]
    derived: Entries
    criteria: Entries
    what: str
    device: Device | None = None

    def name(self, word: str) -> str | None:
        """Name of the measure that a word stands for; None if there is none.

        Raises
        ------
        ArgumentError
            If it is a criterion or a derived quantity that is not there, with the nearest.
        """
        word = ALIASES.get(word, word)
        kind, colon, inside = word.partition(":")
        if word in self.measures:
            return word
        if word in self.derived:
            return f"derived:{self.derived[word].key}"
        if word in self.criteria:
            return f"value:{self.criteria[word].key}"
        if not colon or kind not in ("value", "margin", "derived", "fact", "bound"):
            return None
        if kind in ("derived", "fact"):
            self._known(inside, self.derived, "derived quantity")
        else:
            self._known(inside.partition(":")[0] if kind == "bound" else inside, self.criteria, "criterion")
        if kind == "bound":
            self._bounds(*inside.partition(":")[::2])
        return word

    def entry(self, name: str) -> Entry | None:
        """Criterion or derived quantity whose value, or bound on which, a measure is; None of any other measure."""
        kind, _, inside = name.partition(":")
        if kind in ("derived", "fact"):
            return self.derived[inside]
        if kind == "value":
            return self.criteria[inside]
        return self.entry(inside.partition(":")[2]) if kind == "bound" else None

    def _known(self, word: str, known: Entries, what: str) -> None:
        if word not in known:
            keys = ", ".join(dict.fromkeys(one.key for one in known.values())) or "none"
            hint = suggestion(word, known, f"Known are {keys}.", cutoff=0.4)
            raise ArgumentError(f"A {what} must be one the {self.what} has, but found {word!r}. {hint}")

    def _bounds(self, criterion: str, measure: str) -> None:
        """`ArgumentError` unless a criterion bounds a measure."""
        held = HELD.get(measure, ()) if self.device is None else held_by(measure, self.device)
        if self.criteria[criterion].key not in [one.criterion for one in held]:
            these = f"These do: {', '.join(one.criterion for one in held)}." if held else "None does."
            raise ArgumentError(f"A criterion must bound {measure}, but found {criterion!r}. {these}")


def words_of(words: Sequence[str] | str) -> list[str]:
    """Words for measures, in one text with commas between them or each by itself."""
    return [w.strip() for w in (_COMMAS.split(words) if isinstance(words, str) else words)]


def measures_asked(words: Sequence[str] | str, subject: Subject) -> tuple[Measure, ...]:
    """Measures by the words for them: names, and keys and display names of criteria and derived quantities.

    A criterion by itself is its value: ``kerr_to_gamma`` is ``value:kerr_to_gamma``. Nothing is solved.

    Raises
    ------
    ArgumentError
        If there is none, one twice, one that is not known, or a model does not have it; if the device, or the part of
        the chip, has no such criterion or derived quantity, or the criterion does not bound what it is said to bound.
    """
    wanted = words_of(words)
    if subject.is_pair_model or (not subject.is_chip and all(word in MEASURES for word in wanted)):
        return measures_of(wanted, subject)
    built = subject.build()
    assert isinstance(built, Device | Chip)
    found = [named(word, built) for word in wanted]
    measures = measures_of([name for name, _ in found], subject)
    return tuple(
        measure if entry is None or subject.dimensionless else replace(
            measure, unit=entry.unit or "1", long_name=measure.long_name.replace(_inside(measure.name), entry.name)
        )
        for measure, (_, entry) in zip(measures, found, strict=True)
    )  # fmt: skip


def named(word: str, built: Device | Chip) -> tuple[str, Entry | None]:
    """Name of the measure that a word stands for; and the criterion or derived quantity that it is, or lies on."""
    if isinstance(built, Device):
        device = _of_device(built, MEASURES, "device")
        name = device.name(word)
        if name is None:
            raise _unknown(word, device)
        return name, device.entry(name)
    matched = ASKED.fullmatch(word)
    part = None if matched is None else _part(matched[2], built)
    name = None if part is None or matched is None else part.name(matched[1])
    if part is None or matched is None or name is None:
        return word, None  # what there is of a chip is said by `chip_measure`
    return name + word[len(matched[1]) :], part.entry(name)


def _part(where: str | None, chip: Chip) -> Nameable | None:
    """Part of a chip by its place, as it stands in brackets; None for what names no nodes."""
    if where is None:
        return Nameable(WHOLE, {}, _by_word((c.key, c.name, c.unit) for c in chip.criteria), "chip as a whole")
    ends = where.split("-")
    if len(ends) > 2 or not {*ends} <= {*chip.names}:
        return None
    if len(ends) == 1:
        return _of_device(chip.node(where), {**ONE, **OWN}, "node")
    return Nameable(TWO, {}, _by_word(named_of_link()), "link")


def _of_device(device: Device, measures: Collection[str], what: str) -> Nameable:
    """What can be asked of a device with its twin, or of a node alone."""
    derived = _by_word((q.key, q.name, q.unit) for q in device.derived_quantities)
    return Nameable(measures, derived, _by_word(named_of_device(device, paired=what == "device")), what, device)


def _by_word(entries: Iterable[tuple[str, str, str]]) -> Entries:
    known = [Entry(*one) for one in entries]
    return {one.name: one for one in reversed(known)} | {one.key: one for one in known}


def _inside(name: str) -> str:
    return name.partition(":")[2].partition("[")[0]


def _unknown(word: str, part: Nameable) -> ArgumentError:
    known = [*part.measures, *dict.fromkeys(one.key for one in (*part.derived.values(), *part.criteria.values()))]
    names = f"Known are {', '.join(known)}, and margin:KEY and bound:KEY:MEASURE of a criterion."
    hint = suggestion(word, known, names, cutoff=0.5)
    return ArgumentError(f"A measure must be one the device has, but found {word!r}. {hint}")

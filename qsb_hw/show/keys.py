"""The key reference: every key of every record, with its unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from rich.console import RenderableType

from qsb_hw.errors import ArgumentError, suggestion
from qsb_hw.show.budget import BUDGET, CHIP_BUDGET
from qsb_hw.show.chip import CHIP_CHECK, CHIP_COMPARED, CHIP_ELIMINATED, CHIP_SYNC
from qsb_hw.show.curves import CURVES, SENSITIVITIES
from qsb_hw.show.design import DESIGN
from qsb_hw.show.detail import Detail, Path
from qsb_hw.show.ensemble import CHIP_ENSEMBLE, ENSEMBLE_DOCUMENT
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.figures import FIGURE, FIGURES
from qsb_hw.show.provenance import PROVENANCE
from qsb_hw.show.pumps import PUMPS
from qsb_hw.show.record import CHECK, COMPARED, ELIMINATED, HIERARCHY, PAIR
from qsb_hw.show.records import RECORDED
from qsb_hw.show.report import REPORT
from qsb_hw.show.specs import SPECS
from qsb_hw.show.style import brief, label, lines, stacked
from qsb_hw.show.sweep import MAP, MEASURES, SWEEP
from qsb_hw.show.time import CHIP_EMITTED, CHIP_EVOLVED, EMITTED, EVOLVED
from qsb_hw.show.tolerance import TOLERANCE

KEY = Section(
    Field("verb", "command that prints it with `--json`"), Field("key", "[] stands for the entries of a list"),
    Field("unit", "SI; empty for pure numbers and words"), Field("meaning", "what it is"),
)  # fmt: skip
KEYS = Section(Field("keys", "of every record", each=KEY))
NOTE = "What is not known, not finite or not computed is null. Before a colon stands the name in tables."
_PROVENANCE = Section(Field("provenance", "where the record comes from", inside=PROVENANCE))
DOCUMENTS: Mapping[str, Section] = {
    "check": CHECK, "check CHIP": CHIP_CHECK, "effective": ELIMINATED, "effective CHIP": CHIP_ELIMINATED,
    "compare": COMPARED, "compare CHIP": CHIP_COMPARED, "compare --hierarchy": HIERARCHY, "budget": BUDGET,
    "budget CHIP": CHIP_BUDGET,
    "sync": PAIR, "sync CHIP": CHIP_SYNC, "evolve": EVOLVED, "evolve CHIP": CHIP_EVOLVED,
    "spectrum": EMITTED, "spectrum CHIP": CHIP_EMITTED, "record": RECORDED,
    "ensemble": ENSEMBLE_DOCUMENT,
    "ensemble CHIP": CHIP_ENSEMBLE, "curves": CURVES, "sensitivities": SENSITIVITIES, "pumps": PUMPS,
    "sweep": SWEEP, "sweep --list": MEASURES,
    "design": DESIGN, "tolerance": TOLERANCE, "map": MAP, "figure": FIGURE, "figure --list": FIGURES,
    "report": REPORT, "specs": SPECS, "keys": KEYS,
}  # fmt: skip
"""Records by the command that prints them; each has `provenance` beside its keys."""


def all_keys(verb: str | None = None) -> list[SimpleNamespace]:
    """Every key of every record, or of those of one verb: `verb`, `key`, `unit` and `meaning`.

    Raises
    ------
    ArgumentError
        If no record belongs to `verb`.
    """
    chosen = {name: one for name, one in DOCUMENTS.items() if verb is None or name.partition(" ")[0] == verb}
    if not chosen:
        verbs = ", ".join(dict.fromkeys(name.partition(" ")[0] for name in DOCUMENTS))
        near = suggestion(str(verb), verbs.split(", "), "Choose one, or leave it out.")
        raise ArgumentError(f"VERB must be one of {verbs}, but found {verb!r}. {near}")
    return [
        SimpleNamespace(verb=name, key=key, unit=unit, meaning=meaning)
        for name, section in (*chosen.items(), ("every verb", _PROVENANCE))
        for key, unit, meaning in section.reference()
    ]


def keys_view(found: Mapping[str, Any]) -> RenderableType:
    """What ``qsb-hw keys`` prints: one table per record."""
    tables = (
        KEY.table(
            f"qsb-hw {verb} --json",
            rows,
            (label("key", ratio=1), lambda one: Path(one.key)),
            "unit",
            (label("meaning", ratio=1), lambda one: one.meaning),
            detail=Detail.BRIEF,
        )
        for verb, rows in groupby(found["keys"], key=lambda one: one.verb)
    )
    return stacked(
        *tables,
        brief(lines([NOTE])),
    )

"""Device and chip files that ship, as ``qsb-hw specs`` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from qsb_hw.show.detail import Detail
from qsb_hw.show.fields import Field, Section
from qsb_hw.show.style import brief, label, lines, stacked

SPEC = Section(
    *(Field(key, "from the file") for key in ("name", "platform", "description")),
    Field("kind", "device or chip"),
    Field("path", "of the file"),
)
SPECS = Section(Field("specs", "device and chip files that ship", each=SPEC))


def specs_view(found: Mapping[str, Any]) -> RenderableType:
    """Files that ship: name, kind, platform, description, and the folders they lie in."""
    rows = found["specs"]
    shown = SPEC.table(
        "Files that ship", rows, (label("name", no_wrap=True), lambda row: row["name"]), "kind", "platform",
        (label("description", ratio=1), lambda row: row["description"]), detail=Detail.BRIEF,
    )  # fmt: skip
    folders = dict.fromkeys(str(Path(row["path"]).parent) for row in rows)
    return stacked(shown, brief(lines(f"They are in {folder}." for folder in folders)))

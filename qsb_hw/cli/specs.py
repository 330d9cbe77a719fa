"""``qsb-hw specs``: what ships, and what a device file may say."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import Json
from qsb_hw.cli.output import emit

Schema = Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a device file instead.")]


def specs(schema: Schema = False, as_json: Json = False) -> None:
    """List the device files that ship."""
    if schema:
        from qsb_hw.devices.catalog import json_schema

        emit(True, json_schema, lambda: "")
        return
    from qsb_hw.show.tables.views import specs_view

    rows = _shipped()
    emit(as_json, lambda: rows, lambda: specs_view(rows))


def _shipped() -> list[dict[str, str]]:
    from qsb_hw.devices.catalog import shipped_specs
    from qsb_hw.spec.load import read_toml

    tables = {name: (path, read_toml(path)) for name, path in shipped_specs().items()}
    return [
        {
            "name": name,
            "platform": str(table.get("platform", "")),
            "description": str(table.get("description", "")),
            "path": str(path),
        }
        for name, (path, table) in tables.items()
    ]

"""``qsb-hw specs``: which device files ship, and what a device file may contain."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import Json, option
from qsb_hw.cli.output import present, write

Schema = Annotated[bool, option("--schema", "Print the JSON Schema of a device file instead.")]


def specs(schema: Schema = False, as_json: Json = False) -> None:
    """List the device files that ship."""
    from qsb_hw.devices.catalog import json_schema, shipped_specs
    from qsb_hw.show.plain import to_json
    from qsb_hw.spec.load import read_toml

    if schema:
        write(to_json(json_schema()) + "\n")
        return
    from qsb_hw.show.record import SPECS, specs_view

    tables = {name: (path, read_toml(path)) for name, path in shipped_specs().items()}
    rows = [
        {"name": name, "path": str(path), **{key: str(table.get(key, "")) for key in ("platform", "description")}}
        for name, (path, table) in tables.items()
    ]
    present(SPECS, {"specs": rows}, specs_view, as_json=as_json)

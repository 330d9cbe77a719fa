"""``qsb-hw specs``: which device and chip files ship, and what such a file may contain."""

from __future__ import annotations

from typing import Annotated

from qsb_hw.cli.options import Json, option
from qsb_hw.cli.output import present, write_json

Schema = Annotated[bool, option("--schema", "Print the JSON Schema of a device or chip file instead.")]


def specs(schema: Schema = False, as_json: Json = False) -> None:
    """List the device and chip files that ship."""
    from qsb_hw.devices.catalog import json_schema, shipped_chips, shipped_specs
    from qsb_hw.show.plain import to_json
    from qsb_hw.spec.load import read_toml

    if schema:
        write_json(to_json(json_schema()))
        return
    from qsb_hw.show.specs import SPECS, specs_view

    files = [(path, "device") for path in shipped_specs().values()] + [(p, "chip") for p in shipped_chips().values()]
    rows = [
        {"name": path.stem, "path": str(path), "kind": kind}
        | {key: str(table.get(key, "")) for key in ("platform", "description")}
        for path, kind in files
        for table in [read_toml(path)]
    ]
    present(SPECS, {"specs": rows}, specs_view, as_json=as_json)

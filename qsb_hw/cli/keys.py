"""``qsb-hw keys``: every key that `--json` prints."""

from __future__ import annotations

from typing import Annotated

import typer

from qsb_hw.cli.options import Json
from qsb_hw.cli.output import present

Verb = Annotated[
    str | None, typer.Argument(metavar="[VERB]", show_default=False, help="Only the keys of this command.")
]


def keys(verb: Verb = None, as_json: Json = False) -> None:
    """List every key that `--json` prints, with its unit and meaning."""
    from qsb_hw.show.keys import KEYS, all_keys, keys_view

    present(KEYS, {"keys": all_keys(verb)}, keys_view, as_json=as_json)

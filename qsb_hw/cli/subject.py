"""What a verb works on: a device, a chip, or one node of a chip."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from qsb_hw.cli.options import CHIPS, option
from qsb_hw.errors import ArgumentError, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qsb_hw.model.chip import Chip
    from qsb_hw.model.device import Device

Node = Annotated[
    str | None, option("--node NAME", "Of a chip file: this node alone, as a device.", rich_help_panel=CHIPS)
]
Nodes = Annotated[str | None, option(
    "--nodes NAMES", "Of a chip file: only these nodes, separated by commas; all unless given.",
    rich_help_panel=CHIPS,
)]  # fmt: skip
Visible = Annotated[float | None, option(
    "--visible FRACTION",
    "Of a chip file that names no links: |V| over the smaller γ from which a coupling is judged as one; 0.1 unless "
    "given.", rich_help_panel=CHIPS,
)]  # fmt: skip
NetworkLevels = Annotated[int | None, option(
    "--network-levels N",
    "Of a chip file: levels of each ladder of the network; as many as S needs and are affordable unless given.",
    rich_help_panel=CHIPS,
)]  # fmt: skip
Complete = Annotated[bool | None, option(
    "--complete/--no-complete",
    "Of a chip file: solve the network of all nodes with every bath, or not; where it is small unless given.",
    rich_help_panel=CHIPS,
)]  # fmt: skip


def loaded(spec: str, node: str | None = None, nodes: str | None = None) -> Device | Chip:
    """The device or chip of a file, or some of its nodes; `ArgumentError` where the file has no nodes to name."""
    from qsb_hw.devices import catalog
    from qsb_hw.model.chip import Chip

    require(node is None or nodes is None, "--node must come without --nodes", "both", "Leave one out.")
    found = catalog.load(spec)
    if not isinstance(found, Chip):
        hint = "Leave it out, or name the file of a chip."
        require(node is None, "--node must come with the file of a chip", f"{spec}, which is one device", hint)
        require(nodes is None, "--nodes must come with the file of a chip", f"{spec}, which is one device", hint)
        return found
    if node is not None:
        return replace(found.node(node), chip=found.name, file_sha256=found.file_sha256)
    return found if nodes is None else found.part([name.strip() for name in nodes.split(",")])


def device_of(spec: str, node: str | None) -> Device:
    """The device of a file, or one node of a chip; `ArgumentError` for a chip without a node named."""
    from qsb_hw.model.chip import Chip

    found = loaded(spec, node)
    if isinstance(found, Chip):
        names = found.names
        raise ArgumentError(
            f"SPEC must be one device here, but found a chip with the nodes {', '.join(names)}. "
            f"Name one of them: --node {names[0]}."
        )
    return found


def of_network(levels: int | None) -> dict[str, int]:
    """Condition on the network of a chip, where it is given."""
    return {} if levels is None else {"network_levels": levels}


def refuse(options: Mapping[str, object], of: str) -> None:
    """`ArgumentError` if one of some options is given that means nothing for this kind of file."""
    for name, value in options.items():
        require(value is None, f"{name} must come with {of}", "another file", "Leave it out.")

"""What pumps do when other numbers of a device are varied: they follow, or they stay as the file has them.

Both are experiments. Retuned, tones that the file leaves open follow the ladder, and strengths stay as the file gives
them (g stays at its g/κ). Left, the frequency and the power of every tone stay at their values at the file's working
point: δ = ω_pump − ω_c moves where ω_c does, and g follows g0 and the photon number. A number of a pump that is varied
itself is what is varied, and is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qsb_hw.devices.catalog import platforms
from qsb_hw.model.chip import Chip
from qsb_hw.model.device import Device
from qsb_hw.spec.base import Section, section_of
from qsb_hw.spec.paths import Table, prepared

RETUNED, LEFT = PUMPS = ("retuned", "left")
_VARIED = re.compile(r"\$(?:\.node\.(\w+))?\.(\w+)\.(\w+)")


def left_alone(spec: Section, at_rest: Device | Chip, varied: Sequence[str]) -> Table:
    """Table of a spec with its pumps where they are `at_rest`, the device or chip of the file as it is.

    `varied` are the paths of what was varied: of a pump they are not kept.
    """
    tones = platforms()[at_rest.platform].left_tones
    assert tones is not None
    own = [found.groups() for path in varied if (found := _VARIED.fullmatch(path))]
    if isinstance(at_rest, Device):
        return _left(spec, tones(spec, at_rest), [(section, key) for _, section, key in own])
    nodes = {
        name: _left(node, tones(node, at_rest.node(name)), [(section, key) for n, section, key in own if n == name])
        for name, node in spec.node.items()  # type: ignore[attr-defined]
    }
    return prepared(spec) | {"node": nodes}


def _left(spec: Section, tones: Mapping[str, Mapping[str, Any]], varied: Sequence[tuple[str, str]]) -> Table:
    """Table of one device, with the keys of its tones that `varied` does not name itself."""
    kept: dict[str, dict[str, Any]] = {}
    for name, keys in tones.items():
        section = section_of(type(spec).model_fields[name])
        assert section is not None
        own = {key for where, key in varied if where == name}
        kept[name] = {k: v for k, v in keys.items() if not own & {k, *section.replaces.get(k, ())}}
    return type(spec).merged(kept, prepared(spec))

"""Results as plain data, and plain data as strict JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Only dict, list, str, int, float, bool and None: arrays become lists, NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inside) for key, inside in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(inside) for inside in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def to_json(record: Any) -> str:
    """Strict JSON (no NaN, no Infinity), indented, every list of numbers on one line.

    Raises
    ------
    ValueError
        If the record holds NaN or infinity, which `plain` replaces.
    """
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return re.sub(r"\[\n[^\[\]{}\"]*\]", _on_one_line, text)


def _on_one_line(match: re.Match[str]) -> str:
    return "[" + " ".join(match[0][1:-1].split()) + "]"

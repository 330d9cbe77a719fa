"""Random numbers of a design or a tolerance analysis: one seed decides them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def drawn_from(function: Callable[..., Any], generator: np.random.Generator) -> dict[str, Any]:
    """Keyword by which a function of SciPy takes a generator: ``rng`` since 1.15, ``seed`` before."""
    return {"rng" if "rng" in inspect.signature(function).parameters else "seed": generator}

"""Types that several rooms share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total) while something long runs; a total of 0 means that it is not known."""

"""Where the work on large blocks in single precision is done: in the processor's memory or in an accelerator's.

A module with NumPy's interface has the blocks and the Krylov vectors; residuals in double precision, factorisations and
the certificate are NumPy's and SciPy's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from qsb_hw._typing import Floats
from qsb_hw.errors import ArgumentError, CapacityError, require

MODULES = ("numpy", "cupy")
"""Names of the modules whose arrays may be used."""
SPARE = 0.9
"""Share of the free memory of an accelerator that is used."""
AT_WORK = 4
"""Vectors at work there besides those that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Arrays of a `module` with NumPy's interface: how they get `there` and `here` again.

    `csr` makes a sparse matrix of SciPy one of the module, and `free` tells the free bytes, ∞ for the processor's own
    memory, which is looked after elsewhere.
    """

    module: Any
    here: Callable[[Any], Any]
    csr: Callable[[Any], Any]
    free: Callable[[], float]

    def there(self, array: Any, dtype: Any) -> Any:
        """An array of NumPy in the module's memory and in the precision of a type."""
        return self.module.asarray(np.asarray(array, dtype=dtype))

    def single(self, array: Any) -> Any:
        """The same in single precision, real or complex."""
        return self.there(array, np.complex64 if np.iscomplexobj(array) else np.float32)

    def floats(self, vector: Any) -> Floats:
        """A vector in double precision in the processor's memory."""
        return np.asarray(self.here(vector), dtype=float)

    def operator(self, matrix: Any) -> Any:
        """What acts on vectors there by ``@``: a sparse matrix of the module, or what stays with the processor."""
        return self.csr(matrix) if sp.issparse(matrix) else self.visited(matrix.__matmul__)

    def visited(self, function: Callable[[Any], Any]) -> Any:
        """A function of arrays of NumPy, for arrays that come from the module's memory and go back to it."""
        return _Visited(function, self)

    def vectors(self, size: int, most: int, fewest: int) -> int:
        """How many vectors of single precision fit besides those at work, at most `most`.

        CapacityError if they are fewer than that and than `fewest`.
        """
        found, least = min(float(most), SPARE * self.free() // (4 * size) - AT_WORK), min(most, fewest)
        if found < least:
            raise CapacityError(
                f"The accelerator's memory must have room for {least + AT_WORK} vectors of {size} elements, but "
                f"{self.free() / 2**30:.3g} GiB are free. Leave `arrays` out, or keep fewer levels."
            )
        return int(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Visited:
    """A function of the processor's arrays, called with those of a module, as a function or by ``@``."""

    function: Callable[[Any], Any]
    arrays: Arrays

    def __call__(self, array: Any) -> Any:
        return self.arrays.module.asarray(self.function(self.arrays.here(array)))

    __matmul__ = __call__


PROCESSOR = Arrays(np, lambda array: array, lambda matrix: matrix, lambda: math.inf)


def check_arrays(name: object) -> None:
    """ArgumentError unless it is the name of a module whose arrays may be used."""
    hint = "Leave it out for numpy."
    require(isinstance(name, str) and name in MODULES, f"`arrays` must be one of {', '.join(MODULES)}", name, hint)


def arrays_of(name: str) -> Arrays:
    """Arrays of a module. ArgumentError if it cannot be imported or finds no device."""
    return PROCESSOR if name == "numpy" else _cupy()


@cache
def _cupy() -> Arrays:
    must = "`arrays = 'cupy'` must find CuPy and a device"
    try:
        import cupy
        from cupyx.scipy.sparse import csr_matrix

        cupy.cuda.Device().compute_capability  # noqa: B018
    except ImportError as error:
        raise ArgumentError(f"{must}, but found {error}. Install the cupy package for your version of CUDA.") from error
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise ArgumentError(f"{must}, but found {error}. Leave `arrays` out to solve on the processor.") from error

    def free() -> float:
        """Free memory of the device, and of what CuPy keeps of it."""
        return float(cupy.cuda.runtime.memGetInfo()[0] + cupy.get_default_memory_pool().free_bytes())

    return Arrays(cupy, cupy.asnumpy, csr_matrix, free)

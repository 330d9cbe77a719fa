"""A Lindblad model: Hamiltonian, jump operators, and the charge they conserve, if any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from qsb_hw.errors import require
from qsb_hw.linalg.operators import frozen, is_hermitian

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LindbladModel:
    """dρ/dt = −i[H, ρ] + Σ_k (L_k ρ L_k† − ½{L_k†L_k, ρ}) on ⊗ dims.

    Parameters
    ----------
    hamiltonian : (D, D) array or sparse array
        In rad/s.
    jumps : sequence of (D, D) arrays or sparse arrays
        With their rates in them.
    dims : tuple of int
        Dimensions of the subsystems, first slowest; one subsystem unless given.
    charge : (D,) int, optional
        A conserved charge of every basis state: H connects equal charges and each jump shifts the charge
        by a fixed amount (a weak U(1) symmetry). Checked by `steady_state`; symmetries are found without it.
    labels : tuple of str
        Names of the subsystems.

    Raises
    ------
    ArgumentError
        Shapes that do not fit, values that are not finite, H ≠ H†.
    """

    hamiltonian: sp.csr_array
    jumps: tuple[sp.csr_array, ...]
    dims: tuple[int, ...] = ()
    charge: Integers | None = None
    labels: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        hamiltonian = _sparse(self.hamiltonian)
        size = hamiltonian.shape[0]
        jumps = tuple(_sparse(jump) for jump in self.jumps)
        dims = tuple(int(d) for d in self.dims) or (size,)
        require(
            {m.shape for m in (hamiltonian, *jumps)} == {(size, size)},
            f"The Hamiltonian and every jump must be {size} × {size}",
            f"shapes {[m.shape for m in (hamiltonian, *jumps)]}",
            "Build them on the same space.",
        )
        require(
            int(np.prod(dims)) == size,
            f"The product of `dims` must be the size of the space, {size}",
            f"dims {dims}",
            "Give one dimension per subsystem.",
        )
        require(
            all(bool(np.all(np.isfinite(m.data))) for m in (hamiltonian, *jumps)),
            "All matrix elements must be finite",
            "NaN or infinity",
            "Check the parameters they were computed from.",
        )
        require(
            is_hermitian(hamiltonian),
            "The Hamiltonian must be Hermitian",
            "H ≠ H†",
            "Decay belongs in the jumps.",
        )
        if self.charge is not None:
            charge = np.asarray(self.charge)
            require(
                charge.shape == (size,) and bool(np.all(charge == np.round(charge))),
                f"`charge` must be {size} integers, one per basis state",
                f"shape {charge.shape}",
                "Give the conserved charge of every basis state.",
            )
            object.__setattr__(self, "charge", frozen(charge.astype(np.int64)))
        object.__setattr__(self, "hamiltonian", hamiltonian)
        object.__setattr__(self, "jumps", tuple(jump for jump in jumps if jump.nnz))
        object.__setattr__(self, "dims", dims)
        labels = tuple(self.labels) or tuple(f"subsystem {k}" for k in range(len(dims)))
        object.__setattr__(self, "labels", labels)

    def __repr__(self) -> str:
        conserved = "with a charge" if self.charge is not None else "without a charge"
        return f"LindbladModel(dims {self.dims}, {len(self.jumps)} jumps, {conserved})"

    @property
    def size(self) -> int:
        """Dimension D of the Hilbert space."""
        return int(self.hamiltonian.shape[0])

    @classmethod
    def from_qutip(cls, H: Any, c_ops: Sequence[Any], charge: ArrayLike | None = None) -> LindbladModel:
        """Model from a QuTiP Hamiltonian and collapse operators (`Qobj`)."""
        return cls(
            hamiltonian=sp.csr_array(H.to("csr").data.as_scipy()),
            jumps=tuple(sp.csr_array(c.to("csr").data.as_scipy()) for c in c_ops),
            dims=tuple(H.dims[0]),
            charge=None if charge is None else np.asarray(charge),
        )

    def to_qutip(self) -> tuple[Any, list[Any]]:
        """QuTiP Hamiltonian and collapse operators, as `qutip.steadystate` and `mesolve` take them."""
        import qutip

        dims = [list(self.dims), list(self.dims)]
        as_qobj = [qutip.Qobj(sp.csr_matrix(m), dims=dims) for m in (self.hamiltonian, *self.jumps)]
        return as_qobj[0], as_qobj[1:]


def _sparse(matrix: ArrayLike | sp.sparray) -> sp.csr_array:
    array = matrix if sp.issparse(matrix) else np.atleast_2d(np.asarray(matrix))
    sparse = sp.csr_array(array, dtype=complex)
    sparse.sum_duplicates()
    sparse.eliminate_zeros()
    return sparse

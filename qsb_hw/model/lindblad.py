"""A Lindblad model: Hamiltonian, jump operators, and the charge they conserve, if any."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from qsb_hw._typing import Integers
from qsb_hw.arguments import whole, whole_array
from qsb_hw.errors import ArgumentError, require, shown
from qsb_hw.lindblad.elements import Elements
from qsb_hw.lindblad.operators import frozen, is_hermitian


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
        If shapes do not fit, values are not finite, or H ≠ H†.

    Examples
    --------
    A driven two-level atom of decay rate 1 and Rabi frequency 1:

    >>> import numpy as np
    >>> import qsb_hw as qh
    >>> lower = np.array([[0, 1], [0, 0]])
    >>> model = qh.LindbladModel(0.5 * (lower + lower.T), [lower])
    >>> model
    LindbladModel(dims (2,), 1 jumps, without a charge)
    >>> qh.steady_state(model).populations().round(3)
    array([0.667, 0.333])
    """

    hamiltonian: sp.csr_array
    jumps: tuple[sp.csr_array, ...]
    dims: tuple[int, ...] = ()
    charge: Integers | None = None
    labels: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        hamiltonian = _sparse(self.hamiltonian, "The Hamiltonian")
        size = hamiltonian.shape[0]
        require(size > 0, "The Hamiltonian must have a state", f"shape {hamiltonian.shape}", "Give a square matrix.")
        jumps = tuple(_sparse(jump, "A jump") for jump in _listed(self.jumps))
        hint = "Give one dimension per subsystem."
        dims = tuple(whole("Every entry of `dims`", d, hint, least=1) for d in self.dims) or (size,)
        shapes = [m.shape for m in (hamiltonian, *jumps)]
        must = f"The Hamiltonian and every jump must be {size} × {size}"
        require(set(shapes) == {(size, size)}, must, f"shapes {shapes}", "Build them on the same space.")
        must = f"The product of `dims` must be the size of the space, {size}"
        require(math.prod(dims) == size, must, f"dims {dims}", hint)
        finite = all(np.all(np.isfinite(m.data)) for m in (hamiltonian, *jumps))
        require(finite, "All matrix elements must be finite", "NaN or infinity", "Check what they were computed from.")
        must = "The Hamiltonian must be Hermitian"
        require(is_hermitian(hamiltonian), must, "H ≠ H†", "Decay belongs in the jumps.")
        if self.charge is not None:
            hint = "Give the conserved charge of every basis state."
            charge = whole_array("`charge`", self.charge, hint)
            must = f"`charge` must be {size} integers, one per basis state"
            require(charge.shape == (size,), must, f"shape {charge.shape}", hint)
            object.__setattr__(self, "charge", frozen(charge))
        object.__setattr__(self, "hamiltonian", hamiltonian)
        object.__setattr__(self, "jumps", tuple(jump for jump in jumps if jump.nnz))
        object.__setattr__(self, "dims", dims)
        labels = tuple(self.labels) or tuple(f"subsystem {k}" for k in range(len(dims)))
        found = f"{len(labels)} for {len(dims)}"
        require(len(labels) == len(dims), "`labels` must name every subsystem", found, "Complete it.")
        object.__setattr__(self, "labels", labels)

    def __repr__(self) -> str:
        conserved = "with a charge" if self.charge is not None else "without a charge"
        return f"LindbladModel(dims {self.dims}, {len(self.jumps)} jumps, {conserved})"

    @property
    def size(self) -> int:
        """Dimension D of the Hilbert space."""
        return int(self.hamiltonian.shape[0])

    @classmethod
    def from_qutip(cls, H: Any, c_ops: Any = (), charge: ArrayLike | None = None) -> LindbladModel:
        """Model from a QuTiP Hamiltonian and collapse operators.

        Parameters
        ----------
        H : Qobj
            The Hamiltonian; a `QobjEvo` only where it does not depend on time.
        c_ops : Qobj or sequence of Qobj
            With the `dims` of H.
        charge : (D,) int, optional
            As of the model.

        Returns
        -------
        LindbladModel
            With the dims of H; an excitation-number-restricted space, whose basis is no product, is one subsystem.

        Raises
        ------
        ArgumentError
            If given arrays, kets, superoperators (a Liouvillian), time dependence, or operators whose dims differ.
        """
        given = [c_ops] if _from_qutip(c_ops) else list(_listed(c_ops))
        hamiltonian, *jumps = (
            _operator(op, name) for op, name in [(H, "H"), *((op, f"c_ops[{k}]") for k, op in enumerate(given))]
        )
        must = "H and every collapse operator must have the same dims"
        hint = "Build them on the same space, subsystems in the same order."
        for k, jump in enumerate(jumps):
            same = jump.dims == hamiltonian.dims and jump.shape == hamiltonian.shape
            require(same, must, f"{hamiltonian.dims} of H and {jump.dims} of c_ops[{k}]", hint)
        first, *rest = (sp.csr_array(op.to("csr").data.as_scipy()) for op in (hamiltonian, *jumps))
        dims = tuple(hamiltonian.dims[0])
        whole_space = dims if math.prod(dims) == hamiltonian.shape[0] else ()
        return cls(first, tuple(rest), whole_space, None if charge is None else np.asarray(charge))

    def to_qutip(self) -> tuple[Any, list[Any]]:
        """QuTiP Hamiltonian and collapse operators, as `qutip.steadystate` and `mesolve` take them."""
        import qutip

        dims = [list(self.dims), list(self.dims)]
        as_qobj = [qutip.Qobj(sp.csr_matrix(m), dims=dims) for m in (self.hamiltonian, *self.jumps)]
        return as_qobj[0], as_qobj[1:]


class AssembledModel(LindbladModel):
    """A model put together by its elements; its matrices are made when they are first asked for.

    A steady state needs the elements only. They come from checked oscillators, so that nothing is checked again.
    `shift`, (D,), is a permutation of the basis states that leaves the model as it is, where one is known and the
    steady state is known to be unique.
    """

    __slots__ = ("elements", "shift")
    elements: Elements
    shift: Integers | None

    def __init__(
        self,
        elements: Elements,
        dims: tuple[int, ...],
        charge: Integers | None,
        labels: tuple[str, ...],
        shift: Integers | None = None,
    ) -> None:
        charge = None if charge is None else frozen(charge)
        for name, value in (
            ("elements", elements), ("dims", dims), ("charge", charge), ("labels", labels), ("shift", shift)
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        conserved = "with a charge" if self.charge is not None else "without a charge"
        return f"AssembledModel(dims {self.dims}, {self.elements.jump_entries.count} jumps, {conserved})"

    def __reduce__(self) -> tuple[Any, ...]:
        return AssembledModel, (self.elements, self.dims, self.charge, self.labels, self.shift)

    @property
    def hamiltonian(self) -> sp.csr_array:
        """H, (D, D), in rad/s."""
        return self.elements.hamiltonian

    @property
    def jumps(self) -> tuple[sp.csr_array, ...]:
        """The jumps, each (D, D)."""
        return self.elements.jumps

    @property
    def size(self) -> int:
        """Dimension D of the Hilbert space."""
        return self.elements.size


def _operator(given: Any, name: str) -> Any:
    """A `Qobj` that is an operator on a Hilbert space."""
    import qutip

    hint = "For arrays call LindbladModel(hamiltonian, jumps)."
    require(isinstance(given, qutip.Qobj | qutip.QobjEvo), f"{name} must be a Qobj", f"{type(given).__name__}", hint)
    if isinstance(given, qutip.QobjEvo):
        hint = "Go to a frame in which it is constant."
        require(given.isconstant, f"{name} must not depend on time", "a QobjEvo that does", hint)
        given = given(0.0)
    hint = "Pass the Hamiltonian and the collapse operators themselves, not a superoperator made of them."
    require(given.type == "oper" and given.shape[0] == given.shape[1], f"{name} must be an operator", given.type, hint)
    return given


def _listed(jumps: Any) -> Sequence[Any]:
    """Jumps as a list; a single matrix, None or a mapping is refused."""
    good = isinstance(jumps, Sequence) and not isinstance(jumps, str | bytes)
    require(good or (isinstance(jumps, np.ndarray) and jumps.ndim == 3), "Jumps must be a list of operators",
            type(jumps).__name__, "Put them into a list, an empty one for none.")  # fmt: skip
    return list(jumps)


def _sparse(matrix: ArrayLike | sp.sparray, what: str) -> sp.csr_array:
    hint = "Give a square matrix in rad/s."
    array: Any = matrix if sp.issparse(matrix) else np.atleast_2d(_dense(matrix, what, hint))
    require(array.ndim == 2 and array.dtype.kind in "iufc", f"{what} must be a matrix of numbers",
            f"{array.dtype} of shape {array.shape}", hint)  # fmt: skip
    sparse = sp.csr_array(array, dtype=complex)
    sparse.sum_duplicates()
    sparse.eliminate_zeros()
    return sparse


def _dense(matrix: ArrayLike | sp.sparray, what: str, hint: str) -> Any:
    require(not _from_qutip(matrix), f"{what} must be a matrix", "a Qobj", "Use LindbladModel.from_qutip.")
    try:
        return np.asarray(matrix)
    except (ValueError, TypeError) as error:  # ragged
        raise ArgumentError(f"{what} must be a matrix, but found {shown(matrix)}. {hint}") from error


def _from_qutip(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "qutip"

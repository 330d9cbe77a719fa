"""A transmon of a device as an object of scqubits, for what that has and this package has not."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from qsb_hw.devices.transmon_squid.constants import flux_angle, joined_current
from qsb_hw.devices.transmon_squid.oscillator import MEAN_OFFSET_CHARGE
from qsb_hw.devices.transmon_squid.spec import Oscillator
from qsb_hw.devices.transmon_squid.transmon import charge_cutoff
from qsb_hw.errors import require
from qsb_hw.model.device import Device
from qsb_hw.spec.quantity import value
from qsb_hw.units import FLUX_QUANTUM

GIGAHERTZ = 1e9
"""What scqubits counts in, in Hz: cyclic GHz."""


def to_scqubits(device: Device) -> Any:
    """The transmon of a device, or of a node of a chip, as an object of scqubits.

    Parameters
    ----------
    device : Device
        Whose oscillator is given from its circuit.

    Returns
    -------
    scqubits.Transmon or scqubits.TunableTransmon
        Energies in GHz (cyclic); tunable where the file gives a flux bias or an asymmetry of the junctions. Levels
        and charge basis are as many as this package uses.

    Raises
    ------
    ArgumentError
        If the device is no transmon that is given from its circuit.

    Examples
    --------
    >>> import qsb_hw as qh
    >>> device = qh.load_device("transmon_squid")
    >>> qubit = qh.to_scqubits(device)
    >>> round(float(qubit.anharmonicity()), 4)
    -0.2774
    >>> round((device.quantity("transition_1_2").value - device.quantity("transition_0_1").value) / 1e9, 4)
    -0.2774
    """
    own = getattr(getattr(device, "spec", None), "oscillator", None)
    circuit = isinstance(own, Oscillator) and any(q.key == "charging_energy" for q in device.derived_quantities)
    found = getattr(device, "platform", type(device).__name__)
    require(circuit, "A transmon must be given from its circuit", found, "Write josephson_energy and charging_energy.")
    assert isinstance(own, Oscillator)
    scqubits = _scqubits()
    e_j, e_c = (device.quantity(key).value / GIGAHERTZ for key in ("josephson_energy", "charging_energy"))
    levels = int(device.quantity("bound_levels").value)
    basis = {
        "EC": e_c,
        "ng": value(own.offset_charge, MEAN_OFFSET_CHARGE),
        "ncut": charge_cutoff(e_j, e_c, levels),
        "truncated_dim": levels,
    }
    if own.flux_bias is None and own.junction_asymmetry is None:
        return scqubits.Transmon(EJ=e_j, **basis)
    flux, asymmetry = value(own.flux_bias), value(own.junction_asymmetry)
    most = e_j / joined_current(flux_angle(flux), asymmetry)
    return scqubits.TunableTransmon(EJmax=most, d=asymmetry, flux=flux / FLUX_QUANTUM, **basis)


def _scqubits() -> Any:
    """The package scqubits. Its import makes all figures of a notebook PDF and SVG, which is undone.

    Where nothing has compiled it before, Python warns of its docstrings, which is no concern of the caller's.
    """
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive else None
    formatters = tuple(shell.display_formatter.formatters.values()) if shell else ()
    from matplotlib.figure import Figure

    printers = [formatter.type_printers.get(Figure) for formatter in formatters]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid escape sequence")
        import scqubits

    for formatter, printer in zip(formatters, printers, strict=True):
        formatter.type_printers.pop(Figure, None)
        if printer is not None:
            formatter.type_printers[Figure] = printer
    return scqubits

"""Ion-trap files as tables, and how to change one key of them."""

import math

import pytest

from qsb_hw.devices.catalog import shipped_specs
from qsb_hw.spec.load import read_toml


@pytest.fixture
def calcium():
    """The calcium lattice as shipped, without its cooling tone: quenched lines of the table, with a pair."""
    return _uncooled("ion_lattice_ca40")


@pytest.fixture
def beryllium():
    """The beryllium lattice as shipped, without its cooling tone: Raman pairs, widths as given, with a pair."""
    return _uncooled("ion_lattice_be9")


def _uncooled(name):
    return {key: section for key, section in read_toml(shipped_specs()[name]).items() if key != "cooling"}


@pytest.fixture
def fact():
    """Value of one fact of a device by name."""

    def find(device, name):
        return next((f.value for f in device.derived_quantities if f.name == name), math.nan)

    return find

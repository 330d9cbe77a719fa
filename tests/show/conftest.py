"""One assessed device, and one without a Fock state, for all tests of this room."""

import pytest

import qsb_hw as qh


@pytest.fixture(scope="session")
def assessment():
    return qh.assess(qh.load_device("kerr_squid_array"), levels=6, pair_levels=3)


@pytest.fixture(scope="session")
def hopeless():
    return qh.assess(qh.load_device("photon_pressure"))

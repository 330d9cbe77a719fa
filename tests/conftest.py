"""Settings shared by all tests."""

import pytest
from hypothesis import HealthCheck, settings

import qsb_hw as qh

settings.register_profile("qsb_hw", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("qsb_hw")


def pytest_addoption(parser):
    parser.addoption("--fuzz", type=int, default=600, metavar="N", help="mutated device files to read (600)")
    parser.addoption("--models", type=int, default=120, metavar="N", help="random Lindblad models to solve (120)")
    parser.addoption("--fuzz-seed", type=int, default=1, metavar="SEED", help="seed of the mutated device files (1)")


@pytest.fixture(scope="session")
def analysis():
    """A shipped Kerr resonator of six levels, in pairs of three."""
    return qh.analyse(qh.load_device("kerr_squid_array"), levels=6, pair_levels=3)


@pytest.fixture(scope="session")
def assessment(analysis):
    """The verdict on it, with everything it rests on."""
    from qsb_hw.questions.assessment import assessed

    return assessed(analysis)


@pytest.fixture(scope="session")
def hopeless():
    """The verdict on a device without a Fock state."""
    return qh.assess(qh.load_device("photon_pressure"))


@pytest.fixture(scope="session")
def device_budget():
    """Noise, tones and detection of the Kerr resonator."""
    return qh.device_budget(qh.load_device("kerr_squid_array"), levels=5, pair_levels=3, bath_levels=2)


@pytest.fixture(scope="session")
def many_devices():
    """A hundred shipped Kerr resonators of four levels, on small graphs."""
    return qh.predict_ensemble(qh.load_device("kerr_squid_array"), levels=4, sites=4, sizes=(10, 100, 1000))

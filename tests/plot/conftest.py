"""Results that several files draw."""

from dataclasses import replace

import pytest

import qsb_hw as qh
from qsb_hw.model.chip import Chip
from qsb_hw.questions.chip import assess_chip


@pytest.fixture(scope="session")
def judged():
    """The verdict on a chip of two small Kerr resonators."""
    device = qh.load_device("kerr_squid_array")
    v = device.nearest_coupling
    nodes = [replace(device, name="A"), replace(device, name="B$", complete=device.complete.detuned(3e5))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qsb_hw.analysis.size.bath_error", lambda *_: 1e-3)  # it takes larger pairs than these
        return assess_chip(Chip("two", nodes, [[0, v], [v, 0]]), levels=4, pair_levels=3, bath_levels=2)

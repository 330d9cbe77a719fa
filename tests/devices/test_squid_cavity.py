"""The SQUID cavity against numbers worked out by hand, finite differences and round trips."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsb_hw.devices.transmon_squid.squid_cavity import SquidCavity, power_per_photon

PHI_0 = 6.62607015e-34 / (2 * 1.602176634e-19)
H_BAR = 6.62607015e-34 / (2 * math.pi)

cavities = st.builds(
    SquidCavity,
    capacitance=st.floats(1e-13, 1e-12),
    inductance=st.floats(1e-10, 1e-9),
    critical_current=st.floats(1e-6, 2e-5),
    flux=st.floats(-0.45, 0.45).map(lambda f: f * PHI_0),
    asymmetry=st.floats(-0.9, 0.9),
)


def test_a_symmetric_squid_at_a_third_of_a_flux_quantum_by_hand():
    cavity = SquidCavity(500e-15, 620e-12, 8e-6, PHI_0 / 3)
    squid = PHI_0 / (2 * math.pi * 4e-6)  # cos(π/3) = 1/2
    omega = 1 / math.sqrt(500e-15 * (620e-12 + squid))
    p = squid / (620e-12 + squid)
    assert cavity.squid_inductance == pytest.approx(squid)
    assert cavity.frequency == pytest.approx(omega)
    assert cavity.participation == pytest.approx(p)
    slope = -omega / 2 * p * math.pi / PHI_0 * math.sqrt(3)  # tan(π/3)
    assert cavity.flux_slope == pytest.approx(slope)
    assert cavity.kerr == pytest.approx((1.602176634e-19) ** 2 / 1e-12 * p**3 / (2 * H_BAR))
    assert cavity.screening(18e-12) == pytest.approx(2 * 18e-12 * 4e-6 / PHI_0)


@given(cavities)
def test_flux_slope_is_the_derivative_of_the_frequency(cavity):
    step = 1e-5 * PHI_0

    def frequency(flux):
        c = cavity
        return SquidCavity(c.capacitance, c.inductance, c.critical_current, flux, c.asymmetry).frequency

    difference = (frequency(cavity.flux + step) - frequency(cavity.flux - step)) / (2 * step)
    assert cavity.flux_slope == pytest.approx(difference, rel=1e-5, abs=1e-6 * cavity.frequency / PHI_0)


@given(cavities)
def test_participation_is_a_fraction_and_kerr_never_exceeds_that_of_a_bare_junction(cavity):
    assert 0 < cavity.participation < 1
    assert 0 < cavity.kerr < (1.602176634e-19) ** 2 / (2 * cavity.capacitance) / (2 * H_BAR)


def test_on_resonance_an_overcoupled_cavity_holds_four_photons_per_linewidth_of_flux():
    kappa, drive = 1e8, 5e10
    flux = 1e9  # photons per second
    assert H_BAR * drive * flux / power_per_photon(drive, 0.0, kappa, kappa) == pytest.approx(4 * flux / kappa)

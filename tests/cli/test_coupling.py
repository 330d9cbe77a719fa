"""V has a sign on the command line, and every verb says which V is in force."""

import json

import pytest


@pytest.mark.parametrize("sign", ["", "-"])
def test_sync_takes_a_coupling_with_its_sign(qsb, sign):
    done = qsb("sync", "kerr_squid_array", "--levels", 3, "--pair-levels", 3, "--coupling", f"{sign}86 kHz", "--json")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["synchronization"]["coupling_hz"] == pytest.approx(float(f"{sign}86e3"))
    (coupling,) = (c for c in found["numerics"]["conditions"] if c["name"] == "coupling")
    assert coupling == {"name": "coupling", "value": pytest.approx(float(f"{sign}86e3")), "origin": "given"}


def test_zero_is_no_coupling(qsb):
    done = qsb("sync", "kerr_squid_array", "--coupling", "0 Hz")
    assert done.status == 2
    assert "must be other than zero" in done.err


def test_the_asymmetry_of_three_levels_is_never_called_k():
    from qsb_hw.show.ensemble import ENSEMBLE

    field = ENSEMBLE["asymmetry_hz"]
    assert "α" in field.symbol
    assert "K" not in field.symbol

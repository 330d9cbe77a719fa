"""V has a sign on the command line, and every verb says which V is in force."""


def test_zero_is_no_coupling(qsb):
    done = qsb("sync", "kerr_squid_array", "--coupling", "0 Hz")
    assert done.status == 2
    assert "must be other than zero" in done.err


def test_the_asymmetry_of_three_levels_is_never_called_k():
    from qsb_hw.show.ensemble import ENSEMBLE

    field = ENSEMBLE["asymmetry_hz"]
    assert "α" in field.symbol
    assert "K" not in field.symbol

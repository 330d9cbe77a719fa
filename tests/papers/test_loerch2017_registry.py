"""Every figure has a name, a Dataset that explains itself, and a picture; every equation has a home."""

import numpy as np
import pytest
import xarray as xr

import qsb_hw.plot.loerch2017 as drawing
from qsb_hw.errors import ArgumentError
from qsb_hw.papers import loerch2017 as paper

DATASETS = ["1a", "2a", "2b", "3a", "3b", "3c", "3d", "4ab", "4cd", "5", "6", "7b", "note41"]
PANELS = {"4a": "4ab", "4b": "4ab", "4c": "4cd", "4d": "4cd", "5a": "5", "5b": "5"}


def test_every_figure_of_the_paper_is_there():
    names = ["1a", "2a", "2b", "3a", "3b", "3c", "3d", "4a", "4b", "4c", "4d", "5a", "5b", "6", "7b", "note41"]
    assert list(paper.FIGURES) == [f"loerch2017-{name}" for name in names]
    for entry in paper.FIGURES.values():
        assert callable(getattr(drawing, entry.draw))


@pytest.mark.parametrize("equation", ["1", "2", "3", "4", "5", "6", "7", "S1", "S2", "S3"])
def test_every_numbered_equation_has_a_home(equation, resolved):
    for dotted in paper.EQUATIONS[equation]:
        assert resolved(dotted).__doc__


@pytest.mark.parametrize("panel", DATASETS)
def test_datasets_explain_themselves(small, panel):
    data = small(panel)
    assert {"reference", "figure", "title", "parameters", "choices"} <= set(data.attrs)
    for array in (*data.coords.values(), *data.data_vars.values()):
        assert array.attrs["units"]
        assert array.attrs["long_name"]
    for array in data.data_vars.values():
        assert set(array.dims) <= set(data.coords)


@pytest.mark.parametrize("panel", ["2b", "3a", "3b", "3c", "3d", "4ab", "4cd", "5", "7b", "note41"])
def test_steady_states_carry_their_certificate(small, panel):
    attrs = small(panel).attrs
    assert attrs["not_converged"] == 0
    assert attrs["status"] == "converged"
    assert 0 < attrs["residual_max"] < 1e-10
    assert attrs["steady_states"] >= 13
    spins = panel == "7b"  # levels of their own number are what this figure is about
    assert spins != (attrs.get("truncation_error_max", 0) > 0)


@pytest.mark.parametrize("panel", DATASETS)
def test_datasets_survive_a_file(small, panel, tmp_path):
    file = tmp_path / "figure.nc"
    small(panel).to_netcdf(file, engine="scipy")
    with xr.open_dataset(file, engine="scipy") as read:
        xr.testing.assert_allclose(read.load(), small(panel))
        assert read.attrs["choices"] == small(panel).attrs["choices"]


@pytest.mark.parametrize("name", list(paper.FIGURES))
def test_pictures_are_drawn_with_named_axes(small, readable, name):
    panel = name.removeprefix("loerch2017-")
    data = small(PANELS.get(panel, panel))
    figure, axes = getattr(drawing, paper.FIGURES[name].draw)(data)
    for ax in np.ravel(axes):
        assert ax.get_xlabel()
        assert ax.has_data()
    assert np.ravel(axes)[0].get_ylabel() or panel == "1a"
    readable.assert_readable(figure)


def test_a_point_without_a_steady_state_is_a_gap_and_not_an_error():
    # no noise, no gain and no loss but from far-away lines: with two levels and γ → 0 nothing is unique
    from qsb_hw.model.effective import EffectiveOscillator
    from qsb_hw.model.network import Network
    from qsb_hw.papers.loerch2017.results import Rows, solved, synchronization_of

    dead = EffectiveOscillator.lorentzian(kerr=1, gamma=0, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    alive = EffectiveOscillator.lorentzian(kerr=1, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    networks = [Network([one, one], [[0, 0.1], [0.1, 0]]) for one in (alive, dead)]
    row = solved(networks, {"S": synchronization_of(0, 1)})
    assert np.isfinite(row.values["S"]).tolist() == [True, False]
    derived_quantities = Rows([row]).certificate
    assert derived_quantities["not_converged"] == 1
    assert derived_quantities["status"] == "1 of 2 points without a certified steady state"


def test_progress_is_reported():
    seen = []
    paper.figure_4ab(detunings=[0], couplings=[0.1, 0.2], levels=3, progress=lambda *report: seen.append(report))
    assert seen == [("Fig. 4a, b", 1, 2), ("Fig. 4a, b", 2, 2)]


def test_too_few_levels_are_refused():
    with pytest.raises(ArgumentError, match="at least two levels"):
        paper.figure_2b(detunings=[0], couplings=[0.1], levels=1)

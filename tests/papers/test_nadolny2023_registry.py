"""Every figure has a name, a Dataset that explains itself, and a picture; every equation has a home."""

import numpy as np
import pytest
import xarray as xr

import qsb_hw.plot.nadolny2023 as drawing
from qsb_hw.errors import ArgumentError
from qsb_hw.papers import nadolny2023 as paper

DATASETS = ["2a", "2b", "2c", "2d", "3abc", "3d", "4", "S1a", "S1bcd", "S2", "S3", "S4"]
PANELS = {"3a": "3abc", "3b": "3abc", "3c": "3abc", "4a": "4", "4b": "4", "4c": "4"}
PANELS |= {"s1b": "S1bcd", "s1c": "S1bcd", "s1d": "S1bcd"}
NAMES = ["2a", "2b", "2c", "2d", "3a", "3b", "3c", "3d", "4a", "4b", "4c", "s1a", "s1b", "s1c", "s1d", "s2", "s3", "s4"]


def dataset_of(groups, name):
    panel = name.removeprefix("nadolny2023-")
    return groups(
        PANELS.get(panel, panel.upper() if panel.startswith("s") and panel != "s1a" else panel.replace("s", "S"))
    )


def test_every_figure_of_the_paper_is_there():
    assert list(paper.FIGURES) == [f"nadolny2023-{name}" for name in NAMES]
    for entry in paper.FIGURES.values():
        assert callable(getattr(drawing, entry.draw))


@pytest.mark.parametrize("equation", ["1", "2", "stability", *(f"S{k}" for k in range(3, 11)), "finite size"])
def test_every_equation_has_a_home(equation, resolved):
    for dotted in paper.EQUATIONS[equation]:
        assert resolved(dotted).__doc__


@pytest.mark.parametrize("panel", DATASETS)
def test_datasets_explain_themselves(groups, panel):
    data = groups(panel)
    assert {"reference", "figure", "title", "parameters", "choices"} <= set(data.attrs)
    for array in (*data.coords.values(), *data.data_vars.values()):
        assert array.attrs["units"]
        assert array.attrs["long_name"]
    for array in data.data_vars.values():
        assert set(array.dims) <= set(data.coords)


@pytest.mark.parametrize("panel", DATASETS)
def test_datasets_survive_a_file(groups, panel, tmp_path):
    file = tmp_path / "figure.nc"
    groups(panel).to_netcdf(file, engine="scipy")
    with xr.open_dataset(file, engine="scipy") as read:
        xr.testing.assert_allclose(read.load(), groups(panel))
        assert read.attrs["choices"] == groups(panel).attrs["choices"]


@pytest.mark.parametrize("panel", ["2b", "2c", "3abc", "3d", "4", "S2", "S3"])
def test_direct_and_integrated_answers_agree_wherever_both_exist(groups, panel):
    attrs = groups(panel).attrs
    assert attrs["direct_points"] > 0
    assert attrs["criterion"]
    assert attrs["compared_points"] > 2
    assert attrs["largest_disagreement"] < 1e-6
    assert attrs.get("other_attractor_points", 0) <= 0.2 * attrs["compared_points"]


@pytest.mark.parametrize("name", list(paper.FIGURES))
def test_pictures_are_drawn_with_named_axes(groups, readable, name):
    figure, axes = getattr(drawing, paper.FIGURES[name].draw)(dataset_of(groups, name))
    for ax in np.ravel(axes):
        assert ax.has_data()
    assert np.ravel(axes)[0].get_ylabel()
    assert np.ravel(axes)[0].get_xlabel() or name in {"nadolny2023-s2", "nadolny2023-s3"}
    readable.assert_readable(figure)


def test_progress_is_reported():
    seen = []
    paper.figure_3abc(detunings=[0, 1], t_final=20.0, samples=100, progress=lambda *report: seen.append(report))
    assert seen == [("Fig. 3a–c", 2, 2)]
    seen.clear()
    paper.figure_s4(sizes=[100], couplings=[1.0], shown=[100], progress=lambda *report: seen.append(report))
    assert seen == [("Fig. S4", 1, 2), ("Fig. S4", 2, 2)]


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda: paper.figure_2a(t_final=-1.0), "`t_final` must be positive"),
        (lambda: paper.figure_2c(couplings=[0.5], ratios=[-1.0]), "must be positive"),
        (lambda: paper.figure_2d(ratios=[0.0]), "must be positive"),
        (lambda: paper.figure_3abc(detunings=[0.1], t_final=0.0), "`t_final` must be positive"),
        (lambda: paper.figure_3abc(detunings=[0.1], samples=4), "samples"),
        (lambda: paper.figure_4(detunings=[np.nan], asymmetries=[0]), "must be finite"),
        (lambda: paper.figure_s4(sizes=[1]), "at least 2"),
    ],
)
def test_bad_input_is_refused(compute, message):
    with pytest.raises(ArgumentError, match=message):
        compute()

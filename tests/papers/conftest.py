"""Small versions of the figures of the papers, each computed once; few levels, coarse grids."""

import importlib

import numpy as np
import pytest

from qsb_hw.papers import loerch2017 as paper
from qsb_hw.papers import nadolny2023

LEVELS = 9
"""Enough for n₊ = 4; sparse LU still solves a pair in milliseconds."""


@pytest.fixture(scope="session")
def small():
    """Call with a panel; gives its Dataset."""
    recipes = {
        "1a": lambda: paper.figure_1a(levels=20),
        "2a": lambda: paper.figure_2a(detunings=[-4, -1, 0, 1, 4], couplings=[0.05], trajectories=32, duration=100),
        "2b": lambda: paper.figure_2b(detunings=np.linspace(-30, 30, 31), levels=7),
        "3a": lambda: paper.figure_3a(detunings=np.linspace(-3, 3, 25), sigmas=[0.1], levels=LEVELS),
        "3b": lambda: paper.figure_3b(
            mismatches=[-1.5, -1.2, -1, -0.8, -0.5, 0, 0.5, 0.8, 1, 1.2, 1.5], sigmas=[0.1, 0.2, 0.8], levels=LEVELS
        ),
        "3c": lambda: paper.figure_3c(detunings=np.linspace(-7, 7, 57), differences=[-2, -1, 0, 1, 2], levels=LEVELS),
        "3d": lambda: paper.figure_3d(detunings=np.linspace(-24, 24, 33), kerrs=[0, 0.5, 2, 5, 10], levels=LEVELS),
        "4ab": lambda: paper.figure_4ab(detunings=np.linspace(-30, 30, 13), couplings=[0, 0.1, 0.3], levels=4),
        "4cd": lambda: paper.figure_4cd(v1=[0, 0.1, 0.25, 0.5, 0.75, 1], v2=np.linspace(-2, 2, 9), levels=3),
        "5": lambda: paper.figure_5(detunings=np.linspace(-30, 30, 13), couplings=[0.1, 0.3], levels=3),
        "6": paper.figure_6,
        "note41": lambda: paper.figure_note41(
            detunings=np.linspace(-3, 3, 61),
            kerrs=[0.3, 1, 1.5, 1.8, 2.2, 3, 10, 30],
            limit_kerrs=[10, 100, 1e4],
            limit_sigmas=[0.0125, 0.025, 0.05, 0.1, 0.2],
        ),
        "7b": lambda: paper.figure_7b(detunings=np.linspace(-60, 60, 49)),
    }
    return once(recipes)


@pytest.fixture(scope="session")
def groups():
    """The same for Nadolny & Bruder 2023."""
    cross = np.array([-25, -18, -15, -13, -9, -4, -1, 0, 1, 4, 9, 13, 15, 18, 25.0])
    return once(
        {
            "2a": lambda: nadolny2023.figure_2a(samples=600),
            "2b": lambda: nadolny2023.figure_2b(couplings=np.linspace(0, 1, 21), checks=5),
            "2c": lambda: nadolny2023.figure_2c(
                couplings=np.linspace(0, 1, 41), ratios=np.geomspace(0.1, 10, 21), checks=3, t_final=1000.0
            ),
            "2d": nadolny2023.figure_2d,
            "3abc": lambda: nadolny2023.figure_3abc(detunings=[-1, -0.5, -0.3, 0, 0.3, 0.37, 0.5, 1, 2]),
            "3d": lambda: nadolny2023.figure_3d(
                detunings=np.linspace(0, 0.5, 51), intergroups=[0.05, 0.1, 0.2, 0.4], checks=4
            ),
            "4": lambda: nadolny2023.figure_4(detunings=cross, asymmetries=cross, checks=3),
            "S1a": lambda: nadolny2023.figure_s1a(detunings=[-10, 0, 10], asymmetries=[-10, 0, 10]),
            "S1bcd": lambda: nadolny2023.figure_s1bcd(
                detunings=np.linspace(-25, 25, 101), asymmetries=np.linspace(-25, 25, 101)
            ),
            "S2": lambda: nadolny2023.figure_s2(detunings=[-1.8, -0.3, 0, 0.3, 1.8]),
            "S3": lambda: nadolny2023.figure_s3(detunings=[-20, -8, -1.8, -0.3, 0, 0.3, 1.8, 8, 20]),
            "S4": lambda: nadolny2023.figure_s4(sizes=[2, 10, 100, 500, 1000, 2000]),
        }
    )


@pytest.fixture(scope="session")
def resolved():
    """What a dotted name stands for."""

    def find(dotted):
        parts = dotted.split(".")
        for split in range(len(parts), 0, -1):
            try:
                found = importlib.import_module(".".join(parts[:split]))
            except ModuleNotFoundError:
                continue
            for name in parts[split:]:
                found = getattr(found, name)
            return found
        raise AssertionError(dotted)

    return find


def once(recipes):
    """Datasets by panel, each computed when it is first asked for."""
    made = {}

    def dataset(panel):
        if panel not in made:
            made[panel] = recipes[panel]()
        return made[panel]

    return dataset

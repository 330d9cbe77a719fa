"""Public names: those promised are there, and every result has one shape."""

import dataclasses
import importlib
import inspect
import pkgutil
import typing

import pytest

import qsb_hw as qh
from qsb_hw.result import Certificate, Result, Status

PROMISED = (
    "load_device", "eliminate", "full_model", "compare", "assess", "Network", "steady_state", "LindbladModel",
    "resonances", "perturbative_synchronization", "langevin", "SpinGroups", "critical_coupling", "limit_cycle",
    "mean_field", "finite_size", "phase_diagram", "detuning_sweep", "sweep", "design", "tolerance", "open_sweep",
    "device_budget", "error_budget", "noise_budget", "analyse", "Analysis", "Status", "Result", "Certificate",
    "evolve", "Evolution", "emission_spectrum", "cross_spectrum", "Spectrum", "Line",
    "QsbError", "ArgumentError", "SpecError", "CapacityError", "ConvergenceError", "StorageError",
)  # fmt: skip


def results():
    """Every result type of the package."""
    for found in pkgutil.walk_packages(qh.__path__, "qsb_hw."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    found = [Result]
    for cls in found:
        found += [sub for sub in cls.__subclasses__() if sub not in found]
    made = (cls for cls in found[1:] if dataclasses.is_dataclass(cls))  # what they share is no result itself
    last = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in made}  # slots make a class twice
    return [last[name] for name in sorted(last)]


def test_names_that_were_promised_are_public():
    assert set(PROMISED) <= set(qh.__all__)
    assert issubclass(qh.StorageError, OSError)


@pytest.mark.parametrize("cls", results(), ids=lambda cls: cls.__name__)
def test_a_result_is_frozen_keyword_only_and_says_how_it_ended(cls):
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert all(f.kw_only for f in dataclasses.fields(cls))
    known = {k: v for c in cls.__mro__ for k, v in vars(importlib.import_module(c.__module__)).items()}
    hints = typing.get_type_hints(cls, known)
    for name, kind in (("status", Status), ("message", str), ("certificate", Certificate)):
        own = inspect.getattr_static(cls, name, None)
        given = own.fget.__annotations__["return"] if isinstance(own, property) else hints[name]
        assert given in (kind, kind.__name__)
    assert isinstance(inspect.getattr_static(cls, "ok"), property)


def test_what_public_functions_return_has_that_shape():
    known = {cls.__name__ for cls in results()}
    for name in (
        "steady_state", "compare", "assess", "error_budget", "noise_budget", "device_budget", "predict_pair",
        "optimal_linewidth", "design", "tolerance", "predict_ensemble", "langevin", "mean_field", "limit_cycle",
        "finite_size", "phase_diffusion", "extrapolate_levels",
    ):  # fmt: skip
        returned = str(getattr(qh, name).__annotations__["return"])
        assert any(part.strip() in known for part in returned.split("|")), (name, returned)


def test_require_gives_the_result_or_says_why_there_is_none():
    pair = qh.EffectiveOscillator.lorentzian(kerr=10, gamma=1, sigma=0.2, n_plus=1, n_minus=2, levels=3)
    found = qh.steady_state(qh.Network([pair, pair], [[0, 0.1], [0.1, 0]]))
    assert found.require() is found
    assert found.ok
    broken = dataclasses.replace(found.steady, status=qh.Status.NOT_CONVERGED, message="Too few steps.")
    with pytest.raises(qh.ConvergenceError, match=r"not converged.*Too few steps"):
        broken.require()

"""qsb_hw: from a device file to a checked verdict on quantum synchronization blockade.

``import qsb_hw as qh`` is quick: every public name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qsb_hw.devices.catalog import device_from_spec as device_from_spec
    from qsb_hw.devices.catalog import load_device as load_device
    from qsb_hw.devices.catalog import shipped_specs as shipped_specs
    from qsb_hw.errors import ArgumentError as ArgumentError
    from qsb_hw.errors import CapacityError as CapacityError
    from qsb_hw.errors import ClosureWarning as ClosureWarning
    from qsb_hw.errors import ConvergenceError as ConvergenceError
    from qsb_hw.errors import QsbError as QsbError
    from qsb_hw.errors import SpecError as SpecError
    from qsb_hw.linalg.spectrum import relaxation_rate as relaxation_rate
    from qsb_hw.linalg.steady import Auto as Auto
    from qsb_hw.linalg.steady import SparseDirect as SparseDirect
    from qsb_hw.linalg.steady import Status as Status
    from qsb_hw.linalg.steady import SteadyState as SteadyState
    from qsb_hw.linalg.steady import SylvesterGMRES as SylvesterGMRES
    from qsb_hw.model.bath import Bath as Bath
    from qsb_hw.model.build import effective_model as effective_model
    from qsb_hw.model.build import full_model as full_model
    from qsb_hw.model.build import network_model as network_model
    from qsb_hw.model.criterion import Criterion as Criterion
    from qsb_hw.model.device import Device as Device
    from qsb_hw.model.effective import EffectiveOscillator as EffectiveOscillator
    from qsb_hw.model.ladder import Ladder as Ladder
    from qsb_hw.model.lindblad import LindbladModel as LindbladModel
    from qsb_hw.model.network import Network as Network
    from qsb_hw.model.oscillator import Intrinsic as Intrinsic
    from qsb_hw.model.oscillator import SelfOscillator as SelfOscillator
    from qsb_hw.reduction.compare import Comparison as Comparison
    from qsb_hw.reduction.compare import compare as compare
    from qsb_hw.reduction.eliminate import eliminate as eliminate
    from qsb_hw.reduction.feasibility import Verdict as Verdict
    from qsb_hw.reduction.feasibility import feasibility as feasibility
    from qsb_hw.reduction.feasibility import judge as judge
    from qsb_hw.reduction.rungs import RUNGS as RUNGS
    from qsb_hw.study.assess import Assessment as Assessment
    from qsb_hw.study.assess import assess as assess
    from qsb_hw.study.budget.comb import tone_comb as tone_comb
    from qsb_hw.study.budget.device import device_budget as device_budget
    from qsb_hw.study.budget.linewidth import optimal_linewidth as optimal_linewidth
    from qsb_hw.study.budget.noise import noise_budget as noise_budget
    from qsb_hw.study.budget.shots import shots as shots
    from qsb_hw.study.design.design import DesignResult as DesignResult
    from qsb_hw.study.design.design import design as design
    from qsb_hw.study.design.file import designed_file as designed_file
    from qsb_hw.study.ensemble import predict_ensemble as predict_ensemble
    from qsb_hw.study.ensemble_results import EnsemblePrediction as EnsemblePrediction
    from qsb_hw.study.error_budget import ErrorBudget as ErrorBudget
    from qsb_hw.study.ladder import error_budget as error_budget
    from qsb_hw.study.map import feasibility_map as feasibility_map
    from qsb_hw.study.prediction import predict_pair as predict_pair
    from qsb_hw.study.sweep.run import sweep as sweep
    from qsb_hw.study.sweep.store import open_sweep as open_sweep
    from qsb_hw.study.tolerance import Tolerance as Tolerance
    from qsb_hw.study.tolerance import tolerance as tolerance
    from qsb_hw.sync.ensemble.dynamics import mean_field as mean_field
    from qsb_hw.sync.ensemble.finite_size import finite_size as finite_size
    from qsb_hw.sync.ensemble.groups import SpinGroups as SpinGroups
    from qsb_hw.sync.ensemble.ladders import LadderGroups as LadderGroups
    from qsb_hw.sync.ensemble.lifetimes import coherence_lifetimes as coherence_lifetimes
    from qsb_hw.sync.ensemble.limit_cycle import limit_cycle as limit_cycle
    from qsb_hw.sync.ensemble.linear_noise import phase_diffusion as phase_diffusion
    from qsb_hw.sync.ensemble.maps import PhaseDiagram as PhaseDiagram
    from qsb_hw.sync.ensemble.maps import Regime as Regime
    from qsb_hw.sync.ensemble.maps import phase_diagram as phase_diagram
    from qsb_hw.sync.ensemble.stability import critical_coupling as critical_coupling
    from qsb_hw.sync.ensemble.symmetric import coherence_decay as coherence_decay
    from qsb_hw.sync.ensemble.symmetric import symmetric_ensemble as symmetric_ensemble
    from qsb_hw.sync.ensemble.symmetric import symmetric_populations as symmetric_populations
    from qsb_hw.sync.exact import detuning_sweep as detuning_sweep
    from qsb_hw.sync.exact import steady_state as steady_state
    from qsb_hw.sync.extrapolation import LevelLimit as LevelLimit
    from qsb_hw.sync.extrapolation import extrapolate_levels as extrapolate_levels
    from qsb_hw.sync.langevin import langevin as langevin
    from qsb_hw.sync.microscopic import driven_phase_distribution as driven_phase_distribution
    from qsb_hw.sync.microscopic import pair_phase_distribution as pair_phase_distribution
    from qsb_hw.sync.perturbation import perturbative_synchronization as perturbative_synchronization
    from qsb_hw.sync.phase import PhaseDistribution as PhaseDistribution
    from qsb_hw.sync.resonances import resonances as resonances
    from qsb_hw.sync.solution import SyncSolution as SyncSolution

__version__ = "0.1.0"

_HOME = {
    "Assessment": "study.assess",
    "ArgumentError": "errors",
    "Auto": "linalg.steady",
    "Bath": "model.bath",
    "CapacityError": "errors",
    "ClosureWarning": "errors",
    "Comparison": "reduction.compare",
    "ConvergenceError": "errors",
    "Criterion": "model.criterion",
    "DesignResult": "study.design.design",
    "Device": "model.device",
    "EffectiveOscillator": "model.effective",
    "EnsemblePrediction": "study.ensemble_results",
    "ErrorBudget": "study.error_budget",
    "Intrinsic": "model.oscillator",
    "Ladder": "model.ladder",
    "LadderGroups": "sync.ensemble.ladders",
    "LevelLimit": "sync.extrapolation",
    "LindbladModel": "model.lindblad",
    "Network": "model.network",
    "PhaseDiagram": "sync.ensemble.maps",
    "PhaseDistribution": "sync.phase",
    "QsbError": "errors",
    "Regime": "sync.ensemble.maps",
    "RUNGS": "reduction.rungs",
    "SelfOscillator": "model.oscillator",
    "SparseDirect": "linalg.steady",
    "SpecError": "errors",
    "SpinGroups": "sync.ensemble.groups",
    "Status": "linalg.steady",
    "SteadyState": "linalg.steady",
    "SylvesterGMRES": "linalg.steady",
    "SyncSolution": "sync.solution",
    "Tolerance": "study.tolerance",
    "Verdict": "reduction.feasibility",
    "assess": "study.assess",
    "coherence_decay": "sync.ensemble.symmetric",
    "coherence_lifetimes": "sync.ensemble.lifetimes",
    "compare": "reduction.compare",
    "critical_coupling": "sync.ensemble.stability",
    "design": "study.design.design",
    "designed_file": "study.design.file",
    "detuning_sweep": "sync.exact",
    "device_budget": "study.budget.device",
    "device_from_spec": "devices.catalog",
    "driven_phase_distribution": "sync.microscopic",
    "effective_model": "model.build",
    "eliminate": "reduction.eliminate",
    "error_budget": "study.ladder",
    "extrapolate_levels": "sync.extrapolation",
    "feasibility": "reduction.feasibility",
    "finite_size": "sync.ensemble.finite_size",
    "feasibility_map": "study.map",
    "full_model": "model.build",
    "judge": "reduction.feasibility",
    "langevin": "sync.langevin",
    "limit_cycle": "sync.ensemble.limit_cycle",
    "load_device": "devices.catalog",
    "mean_field": "sync.ensemble.dynamics",
    "network_model": "model.build",
    "noise_budget": "study.budget.noise",
    "optimal_linewidth": "study.budget.linewidth",
    "pair_phase_distribution": "sync.microscopic",
    "open_sweep": "study.sweep.store",
    "perturbative_synchronization": "sync.perturbation",
    "phase_diagram": "sync.ensemble.maps",
    "phase_diffusion": "sync.ensemble.linear_noise",
    "predict_ensemble": "study.ensemble",
    "predict_pair": "study.prediction",
    "relaxation_rate": "linalg.spectrum",
    "resonances": "sync.resonances",
    "shipped_specs": "devices.catalog",
    "shots": "study.budget.shots",
    "steady_state": "sync.exact",
    "symmetric_ensemble": "sync.ensemble.symmetric",
    "symmetric_populations": "sync.ensemble.symmetric",
    "tone_comb": "study.budget.comb",
    "sweep": "study.sweep.run",
    "tolerance": "study.tolerance",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'qsb_hw' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"qsb_hw.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})

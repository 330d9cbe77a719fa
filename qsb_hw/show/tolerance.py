"""Tolerances as records: what ``qsb-hw tolerance --json`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qsb_hw.explore.tolerance import CONFIDENCE, Sensitivity, Tolerance
from qsb_hw.show.plain import plain

Record = dict[str, Any]

TOLERANCE_KEYS: Mapping[str, str] = {
    "condition": "what a device must do to count",
    "nominal": "verdict of the file as it is; empty where the condition is another one",
    "distribution": '"normal": a tolerance is one standard deviation; "uniform": the half-width',
    "confidence": "of every interval",
    "yield": "{share, low, high, holding, devices}",
    "refused": "devices of these that cannot be built at all, or were not solved",
    "reasons": "of those, by reason",
    "scatter": "list of {path, nominal, tolerance}: relative",
    "sensitivities": "list of {measure, mean, deviation, without, indices}; indices: list of {path, first, "
    "first_error, first_interval, total, total_error, total_interval, enough}, null where some device has no such "
    "measure (`without` says how many); an error is half the width of its interval, and enough is false "
    "where one is wider than 0.3: there are too few samples",
    "seed": "decides everything",
}


def tolerance_record(found: Tolerance) -> Record:
    """What ``qsb-hw tolerance --json`` prints."""
    result = found.result
    record: Record = plain(
        {
            "condition": found.condition,
            "nominal": found.nominal,
            "distribution": found.distribution,
            "confidence": CONFIDENCE,
            "yield": {
                "share": result.share,
                "low": result.low,
                "high": result.high,
                "holding": result.holding,
                "devices": result.devices,
            },
            "refused": found.refused,
            "reasons": found.reasons,
            "scatter": [{"path": s.path, "nominal": s.nominal.text, "tolerance": s.tolerance} for s in found.scatter],
            "sensitivities": [_sensitivity(found, s) for s in found.sensitivities],
            "seed": found.seed,
        }
    )
    return record


def _sensitivity(found: Tolerance, one: Sensitivity) -> Record:
    indices = [
        {
            "path": scatter.path,
            "first": one.first[k],
            "first_error": one.first_error[k],
            "first_interval": one.first_interval[k],
            "total": one.total[k],
            "total_error": one.total_error[k],
            "total_interval": one.total_interval[k],
            "enough": bool(one.enough[k]),
        }
        for k, scatter in enumerate(found.scatter)
    ]
    return {
        "measure": one.measure,
        "mean": one.mean,
        "deviation": one.deviation,
        "without": one.without,
        "indices": indices,
    }

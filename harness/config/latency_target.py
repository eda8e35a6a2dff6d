"""What a budget by latency asks of the rest of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunebench.harness.config.config import Config


def with_latency_backend(table: Any) -> Any:
    """A configuration, not yet checked, whose shapes are timed through the backend of its latency target, too."""
    if not isinstance(table, dict):
        return table
    prune, measure = table.get("prune", {}), table.get("measure", {})
    if not (isinstance(prune, dict) and isinstance(measure, dict) and prune.get("target_latency")):
        return table
    name, there = prune.get("latency_backend", "eager"), measure.get("backends", ())
    if name == "eager" or not isinstance(there, list | tuple) or name in there:
        return table
    return {**table, "measure": {**measure, "backends": [*there, name]}}


def check_latency_target(config: Config) -> None:
    """Nothing, where a latency target can be met as measured.

    Raises:
        ValueError: where latency is not measured, or on another device than the target.
    """
    if not config.prune.target_latency:
        return
    if not config.measure.latency:
        raise ValueError(
            "`prune.target_latency` is met as measured, so `measure.latency` must be true: leave one out"
        )
    if config.device_kind != "cpu":
        raise ValueError(
            "`prune.target_latency` is measured on the processor, and `device` is "
            f"`{config.device_kind}`: leave one out"
        )

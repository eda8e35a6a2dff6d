"""A network of a sweep with its latencies: from a table, or estimated from MACs before anything is timed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from prunebench.eval.run.latency_table import LatencyTables
from prunebench.harness.config.config import Config
from prunebench.harness.networks.layer_times import ModelTimes
from prunebench.harness.plan.subjects import Subject
from prunebench.harness.plan.timed_shape import timed_shape

ESTIMATED = "estimated"


def timed_subject(config: Config, subject: Subject, latencies: LatencyTables | None) -> Subject:
    """The subject with the times of its layers; without a table of its network, its MACs are used instead."""
    model = subject.shape
    for table in latencies.tables if latencies is not None else ():
        told = (table.subject["network"], tuple(table.subject["widths"]), table.subject["n_classes"])
        if told == (model.network, model.widths, model.n_classes):
            shape = timed_shape(model, table, subject.scopes, config.prune.target_latency)
            return replace(subject, shape=shape)
    same: Any = model  # every shape is a dataclass
    estimate = ModelTimes(config.prune.latency_backend, 1.0, (), ESTIMATED)
    return replace(subject, shape=replace(same, times=estimate))

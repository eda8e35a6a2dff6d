"""Families of pruning methods: what a method looks at to rank filters, or what else it spends."""

from __future__ import annotations

from collections.abc import Mapping

from prunebench.eval.run.record import Record
from prunebench.eval.run.sparsity import is_penalised

CONTROL, UNKNOWN, SEARCHED, SPARSITY_TRAINED = "control", "unknown", "searched", "sparsity-trained"
FAMILIES = (CONTROL, "one-layer", "group", "data", SPARSITY_TRAINED, SEARCHED, UNKNOWN)  # as tables list them
# Of the criteria that come with the package, for records of before they named the family of their criterion.
BUILT_IN: Mapping[str, str] = {
    "random": CONTROL,
    **dict.fromkeys(
        (
            "l1",
            "l2",
            "geometric_median",
            "operator_norm",
            "operator_norm_released",
            "operator_similarity",
            "bn_scale",
            "lamp",
            "rank1_cosine",
            "nystrom_similarity",
            "graph_centrality",
            "geometric_mean_released",
            "fpgm_torch_pruning",
            "rank1_cosine_released",
        ),
        "one-layer",
    ),
    **dict.fromkeys(("taylor", "obd", "hrank", "energy", "chip", "thinet", "apoz", "entropy"), "data"),
}


def criterion_family(record: Record) -> str:
    """What the criterion looks at: `"one-layer"`, `"group"` or `"data"`; `"control"` for random, else `"unknown"`."""
    name = (record.criterion or "").partition("[")[0]
    return record.family or BUILT_IN.get(name, UNKNOWN)


def family_of(record: Record) -> str:
    """The family of a cell's method.

    A control, whatever was done to it; `searched` if its allocation is, sparsity-trained where its base model was
    trained with a penalty, else that of its criterion.
    """
    own = criterion_family(record)
    if record.control is not None or own == CONTROL:
        return CONTROL
    if record.allocation.partition("[")[0] == SEARCHED:
        return SEARCHED
    return SPARSITY_TRAINED if is_penalised(record) else own

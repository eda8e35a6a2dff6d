"""Pruners by name."""

from __future__ import annotations

import ast
import difflib
import re

from prunebench.pruners.apoz import AveragePercentageOfZeros
from prunebench.pruners.bn_scale import BatchNormScale
from prunebench.pruners.chip import ChannelIndependence
from prunebench.pruners.contract import Pruner
from prunebench.pruners.energy import Energy
from prunebench.pruners.entropy import Entropy
from prunebench.pruners.fpgm_torch_pruning import FpgmTorchPruning
from prunebench.pruners.geometric_mean_released import GeometricMeanReleased
from prunebench.pruners.geometric_median import GeometricMedian
from prunebench.pruners.graph_centrality import GraphCentrality
from prunebench.pruners.hrank import HRank
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.l2 import L2Norm
from prunebench.pruners.lamp import Lamp
from prunebench.pruners.nystrom_similarity import NystromSimilarity
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.operator_norm import OperatorNorm
from prunebench.pruners.operator_norm_released import OperatorNormReleased
from prunebench.pruners.operator_similarity import OperatorSimilarity
from prunebench.pruners.random_scores import RandomScores
from prunebench.pruners.rank1_cosine import Rank1Cosine
from prunebench.pruners.rank1_cosine_released import Rank1CosineReleased
from prunebench.pruners.taylor import Taylor
from prunebench.pruners.thinet import ThiNet

BUILTIN: dict[str, type[Pruner]] = {
    cls.name: cls
    for cls in (
        L1Norm,
        L2Norm,
        GeometricMedian,
        RandomScores,
        OperatorNorm,
        OperatorNormReleased,
        OperatorSimilarity,
        Rank1Cosine,
        NystromSimilarity,
        GraphCentrality,
        BatchNormScale,
        Lamp,
        Taylor,
        OptimalBrainDamage,
        HRank,
        Energy,
        AveragePercentageOfZeros,
        Entropy,
        ChannelIndependence,
        ThiNet,
        GeometricMeanReleased,
        FpgmTorchPruning,
        Rank1CosineReleased,
    )
}


def names() -> list[str]:
    """Names of all pruners, in the order of listings."""
    return list(BUILTIN)


def get(name: str, **parameters: object) -> Pruner:
    """The pruner of that name.

    Args:
        name: a name from `names()`, or a label with parameters: `"operator_norm[centre=False]"`.
        parameters: fields of the pruner's class; they win over those in the label.

    Raises:
        ValueError: for an unknown name or parameter, with the nearest valid ones.
    """
    bare, in_label = split_label(name)
    if bare not in BUILTIN:
        near = difflib.get_close_matches(bare, BUILTIN, n=3) or list(BUILTIN)
        raise ValueError(f"Unknown pruner `{bare}`; did you mean {' or '.join(f'`{n}`' for n in near)}?")
    cls = BUILTIN[bare]
    parameters = in_label | parameters
    valid = set(cls.__dataclass_fields__)
    for key in parameters:
        if key not in valid:
            known = ", ".join(f"`{v}`" for v in sorted(valid)) or "none"
            raise ValueError(f"Pruner `{bare}` has no parameter `{key}`; its parameters: {known}.")
    return cls(**parameters)


def split_label(label: str) -> tuple[str, dict[str, object]]:
    """Name and parameters of a label as `Pruner.label` writes it, `"operator_norm[centre=False]"`.

    Raises:
        ValueError: for a label of another form.
    """
    match = re.fullmatch(r"([\w:./-]+)(?:\[(.*)\])?", label)
    if match is None:
        raise ValueError(f"A pruner is written `name` or `name[parameter=value,…]`. Found `{label}`.")
    parameters: dict[str, object] = {}
    for part in filter(None, (match[2] or "").split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"A pruner's parameters are written `name=value`. Found `{part}` in `{label}`.")
        try:
            parameters[key.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            parameters[key.strip()] = value.strip()
    return match[1], parameters

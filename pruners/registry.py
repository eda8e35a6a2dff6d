"""Pruners by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from prunebench.pruners.activation_variance import ActivationVariance
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
from prunebench.pruners.group_fisher import GroupFisher
from prunebench.pruners.group_norm import GroupNorm
from prunebench.pruners.hrank import HRank
from prunebench.pruners.jacobian import Jacobian
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.l2 import L2Norm
from prunebench.pruners.label import split_label
from prunebench.pruners.lamp import Lamp
from prunebench.pruners.nystrom_similarity import NystromSimilarity
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.operator_norm import OperatorNorm
from prunebench.pruners.operator_norm_released import OperatorNormReleased
from prunebench.pruners.operator_similarity import OperatorSimilarity
from prunebench.pruners.parameters import made
from prunebench.pruners.plugins import family_of, load_plugin, plugin_names
from prunebench.pruners.random_scores import RandomScores
from prunebench.pruners.rank1_cosine import Rank1Cosine
from prunebench.pruners.rank1_cosine_released import Rank1CosineReleased
from prunebench.pruners.synflow import SynFlow
from prunebench.pruners.taylor import Taylor
from prunebench.pruners.thinet import ThiNet
from prunebench.pruners.whc import WeightedHybrid

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
        WeightedHybrid,
        GroupNorm,
        GroupFisher,
        Jacobian,
        ActivationVariance,
        SynFlow,
        GeometricMeanReleased,
        FpgmTorchPruning,
        Rank1CosineReleased,
    )
}


SCORES = "scores:"  # of files, which is no class with parameters


def names() -> list[str]:
    """Names of all pruners, built in and installed, in the order of listings."""
    return [*BUILTIN, *(name for name in plugin_names() if name not in BUILTIN)]


def get(name: str, **parameters: object) -> Pruner:
    """The pruner of that name.

    Args:
        name: a name from `names()` or one of torch-pruning's, `"tp:magnitude"`, or a label with parameters:
            `"operator_norm[centre=False]"`.
        parameters: fields of the pruner's class; they win over those in the label.

    Raises:
        ValueError: for an unknown name or parameter, with the nearest valid ones, or a plug-in that fails.
    """
    bare, in_label = split_label(name)
    if bare in BUILTIN:
        cls = BUILTIN[bare]
    elif bare in plugin_names():
        cls = load_plugin(bare)
    elif bare.startswith(SCORES):
        raise ValueError(
            f"`{bare}` reads the scores of filters from a file: use `prunebench.harness.resolve({name!r})`, or give "
            f"`{name}` to `prunebench.harness.prune`."
        )
    elif bare in (family := family_of(bare)):
        cls = family[bare]
    else:
        near = difflib.get_close_matches(bare, [*names(), *family], n=3, cutoff=0.5)
        listed = " or ".join(f"`{n}`" for n in near) or ", ".join(f"`{n}`" for n in names())
        raise ValueError(
            f"Unknown pruner `{bare}`; {f'did you mean {listed}?' if near else f'valid: {listed}.'}"
        )
    return with_parameters(cls, in_label | parameters)


def with_parameters(cls: type[Pruner], parameters: Mapping[str, object]) -> Pruner:
    """The pruner of a class; errors as `made`."""
    return made(cls, parameters, "pruner")

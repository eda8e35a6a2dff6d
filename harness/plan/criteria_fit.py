"""Do the criteria of a sweep fit the networks, before anything is trained?"""

from __future__ import annotations

from collections.abc import Collection

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.networks.contract.tagger import sites_of
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.plan.subjects import Subject, unpruned_tagger
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.scoring import check_accepted
from prunebench.harness.pruning.stored_scores import StoredScores
from prunebench.pruners.contract import Pruner


def check_criteria(config: Config, subject: Subject, dataset: DataSet, pruners: Collection[Pruner]) -> None:
    """Refuse a criterion that does not accept a layer of the scopes, or stored scores of another length.

    Args:
        config: the sweep.
        subject: the network on the data set.
        dataset: the data set.
        pruners: the criteria.

    Raises:
        InputError: naming network, criterion and layer.
    """
    for pruner in pruners:
        if isinstance(pruner, StoredScores):
            for layer, filters in zip(subject.layers, subject.shape.filters(subject.layers), strict=True):
                pruner.of_layer(layer, filters)
    # Every layer of a Cnn14 has all that a criterion can ask for.
    if isinstance(config.model[subject.model].plugin(), Cnn14Network):
        return
    tagger = unpruned_tagger(config.model[subject.model], dataset)
    groups = tagger.chosen(subject.layers)
    views = {
        whole: {
            name: layer_view(tagger, name, site, whole=whole)
            for name, site in sites_of(groups, whole=whole).items()
        }
        for whole in {pruner.whole_group for pruner in pruners}
    }
    for pruner in pruners:
        if isinstance(pruner, StoredScores):
            continue
        try:
            check_accepted(pruner, groups, views[pruner.whole_group])
        except InputError as error:
            raise InputError(f"`{subject.shape.network}`: {error}") from error

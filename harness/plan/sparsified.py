"""Base models that are trained further before they are scored: each is a separate base model in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config
from prunebench.harness.config.prune_table import OWN_SCOPE
from prunebench.harness.data import DataSet
from prunebench.harness.plan.cell import Base
from prunebench.harness.plan.identity import sparsified_identity
from prunebench.harness.plan.subjects import Subject, unpruned_tagger
from prunebench.harness.sparsity.penalties import parse_method


def sparsified(config: Config, parent: Base, subject: Subject, dataset: DataSet) -> Iterator[Base]:
    """The base models after each method, `plain` first; only the given one if the sweep has no methods.

    Raises:
        InputError: for a scope that the network does not have, or a method whose penalty covers nothing in it.
    """
    if not config.sparsify.methods:
        yield parent
        return
    tagger = unpruned_tagger(config.model[subject.model], dataset)
    scope = config.sparsify.scope
    try:
        names = tagger.scope(None if scope == OWN_SCOPE else scope)
    except InputError as error:
        raise InputError(f"`sparsify.scope`: {error}") from error
    groups = tagger.chosen(names)
    for label in config.sparsify.labels:
        regulariser = parse_method(label)
        lacking = "" if regulariser is None else regulariser.lacking(groups)
        if lacking:
            raise InputError(
                f"Sparsity method `{label}` needs {lacking}, but no group of `{subject.shape.network}` within "
                f"`sparsify.scope = {scope}` has one: widen the scope, or leave the method out of "
                "`sparsify.methods`."
            )
        penalised = () if regulariser is None else names
        identity = sparsified_identity(config, parent.identity, label, penalised, parent.seed)
        yield Base(identity, parent.data, parent.seed, parent.subject, label, parent, penalised)

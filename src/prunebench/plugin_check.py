"""What the pytest fixture does with a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from prunebench import __version__, baselines
from prunebench.eval.errors import InputError

if TYPE_CHECKING:
    from prunebench.harness.networks.contract.network import Network
    from prunebench.harness.networks.contract.tagger import Tagger

CELL = "model"


@dataclass(frozen=True)
class HeldBaseline:
    """A baseline of a project's tests.

    Args:
        name: of the file without `.json`; a name of `prunebench list baselines` where there is no such file.
        folder: of the project's baselines.
        update: write the file instead of comparing with it.
    """

    name: str
    folder: Path
    update: bool = False

    def check(
        self,
        model: Any,
        *,
        targets: ArrayLike | None = None,
        scores: ArrayLike | None = None,
        network: Network | str | None = None,
    ) -> list[baselines.Change]:
        """Fail the test unless the model holds what the baseline says.

        Args:
            model: a model of this package, the path of a checkpoint, a module with the state dict of a Cnn14 or that
                state dict; any module with `network`.
            network: of the model, or its label; needed where neither the class of the model nor its file says it.
            targets: (clips, classes), 0 or 1, where quality is held too.
            scores: (clips, classes) of the model on these clips.

        Returns:
            What moved and is allowed, improvements among it.
        """
        __tracebackhide__ = True
        try:
            return self._check(model, targets, scores, network)
        except InputError as error:
            said = str(error)
        # Outside of the block: pytest would show both errors.
        pytest.fail(said, pytrace=False)

    def _check(
        self,
        model: Any,
        targets: ArrayLike | None,
        scores: ArrayLike | None,
        network: Network | str | None,
    ) -> list[baselines.Change]:
        __tracebackhide__ = True
        size = Path(model).stat().st_size if isinstance(model, str | Path) and Path(model).is_file() else None
        found = _figures(_tagger(model, network), targets, scores, size)
        path = self.folder / f"{self.name}.json"
        if self.update:
            before = baselines.load_baseline(path).tolerances if path.is_file() else None
            made = baselines.MadeWith(__version__, "pytest --prunebench-update")
            baselines.save_baseline(found, path, made, tolerances=before)
            return []
        if not path.is_file() and self.name not in baselines.committed_baselines():
            raise InputError(
                f"There is no baseline `{path}`: make it with `pytest --prunebench-update`, look at it and commit it."
            )
        held = baselines.load_baseline(path if path.is_file() else baselines.baseline_path(self.name))
        entry = held.entries.get(CELL)
        if scores is not None and entry is not None and entry.quality is None:
            raise InputError(
                f"You gave targets and scores, but the baseline `{path.name}` contains no quality: write the file "
                "again with `pytest --prunebench-update`."
            )
        changes = baselines.check(found, held)
        if baselines.verdict_of(changes) != baselines.Verdict.HOLDS:
            notes = baselines.uncovered(found, held, "the model", path.name)
            pytest.fail(baselines.markdown(changes, path.name, len(held.entries), notes), pytrace=False)
        return changes


def _tagger(model: Any, network: Network | str | None) -> Tagger:
    from torch import nn

    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
    from prunebench.harness.networks.plugins.recognised import is_recognised, tagger_of
    from prunebench.harness.networks.state_dict import from_state_dict

    if isinstance(model, str | Path):
        label = network if network is None or isinstance(network, str) else network.label
        return read_any_checkpoint(model, label).tagger
    if isinstance(model, Tagger) or (
        isinstance(model, nn.Module) and (network is not None or is_recognised(model))
    ):
        return tagger_of(model, network)
    state = model if isinstance(model, Mapping) else getattr(model, "state_dict", dict)()
    return tagger_of(from_state_dict(state, f"the {type(model).__name__}"))


def _figures(
    tagger: Tagger, targets: ArrayLike | None, scores: ArrayLike | None, own_bytes: int | None
) -> dict[str, baselines.Figures]:
    from prunebench.harness.measuring.held_entry import held_entry

    found = held_entry(tagger, own_bytes)
    if (targets is None) != (scores is None):
        raise InputError("Quality needs targets and scores. Found one of them: give both, or neither.")
    if targets is None or scores is None:
        return found
    from prunebench.baselines.regression.run_quality import class_precisions, digest_of_clips

    held = np.asarray(targets)
    precisions = class_precisions(held, np.asarray(scores))
    digest = digest_of_clips(held.astype(bool), ())
    quality = baselines.Quality(digest, {CELL: precisions})
    return {name: dataclasses.replace(figures, quality=quality) for name, figures in found.items()}

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
    from prunebench.harness import Cnn14

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
        self, model: Any, *, targets: ArrayLike | None = None, scores: ArrayLike | None = None
    ) -> list[baselines.Change]:
        """Fail the test unless the model holds what the baseline says.

        Args:
            model: a Cnn14 of this package, a module with the state dict of one, a state dict, or the path of a
                checkpoint.
            targets: (clips, classes), 0 or 1, where quality is held too.
            scores: (clips, classes) of the model on these clips.

        Returns:
            What moved and is allowed, improvements among it.
        """
        __tracebackhide__ = True
        try:
            return self._check(model, targets, scores)
        except InputError as error:
            said = str(error)
        # Outside of the block: pytest would show both errors.
        pytest.fail(said, pytrace=False)

    def _check(
        self, model: Any, targets: ArrayLike | None, scores: ArrayLike | None
    ) -> list[baselines.Change]:
        __tracebackhide__ = True
        size = Path(model).stat().st_size if isinstance(model, str | Path) and Path(model).is_file() else None
        found = _figures(_cnn14(model), targets, scores, size)
        path = self.folder / f"{self.name}.json"
        if self.update:
            before = baselines.load_baseline(path).tolerances if path.is_file() else None
            made = baselines.MadeWith(__version__, "pytest --prunebench-update")
            baselines.save_baseline(found, path, made, tolerances=before)
            return []
        if not path.is_file() and self.name not in baselines.committed_baselines():
            raise InputError(
                f"A baseline must exist. Found no file `{path}`: make it with `pytest --prunebench-update`, look "
                "at it and commit it."
            )
        held = baselines.load_baseline(path if path.is_file() else baselines.baseline_path(self.name))
        entry = held.entries.get(CELL)
        if scores is not None and entry is not None and entry.quality is None:
            raise InputError(
                f"Quality was given, so the baseline must hold it. Found none in `{path.name}`: write it with "
                "`pytest --prunebench-update`."
            )
        changes = baselines.check(found, held)
        if baselines.verdict_of(changes) != baselines.Verdict.HOLDS:
            notes = baselines.uncovered(found, held, "the model", path.name)
            pytest.fail(baselines.markdown(changes, path.name, len(held.entries), notes), pytrace=False)
        return changes


def _cnn14(model: Any) -> Cnn14:
    from prunebench.harness import Cnn14
    from prunebench.harness.networks.checkpoint import load_checkpoint
    from prunebench.harness.networks.state_dict import from_state_dict

    if isinstance(model, Cnn14):
        return model
    if isinstance(model, str | Path):
        return load_checkpoint(model)
    state = model if isinstance(model, Mapping) else getattr(model, "state_dict", dict)()
    return from_state_dict(state, f"the {type(model).__name__}")


def _figures(
    model: Cnn14, targets: ArrayLike | None, scores: ArrayLike | None, checkpoint_bytes: int | None
) -> dict[str, baselines.Figures]:
    found = baselines.figures_of_model(model, checkpoint_bytes)
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

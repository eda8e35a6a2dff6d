"""The iterate that was best on validation clips, beside the last."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

from prunebench.eval.files import whole_file
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.training.course import Course


def best_beside(model: Tagger, course: Course, inputs: Inputs, stem: Path) -> dict[str, float]:
    """Figures of the best iterate, for a record; days of training leave the weights of both.

    Args:
        model: the last iterate.
        course: of its training; without a best iterate there is nothing to say or to keep.
        inputs: of the model.
        stem: the files are `STEM.pt`, the last iterate, and `STEM-best.pt`.

    Returns:
        `best_step`, `best_validation_map` and `best_test_map`, mAPs in [0, 1]; or nothing.
    """
    if not course.best:
        return {}
    best = model.with_model(copy.deepcopy(model.model), model.groups)
    best.model.load_state_dict(course.best)
    names = opened(inputs.base.data).class_names
    save_any_checkpoint(model, stem.with_name(f"{stem.name}.pt"), style="prunebench", class_names=names)
    save_any_checkpoint(best, stem.with_name(f"{stem.name}-best.pt"), style="prunebench", class_names=names)
    scores = inputs.predict(best, "test")
    return {
        "best_step": course.best_step,
        "best_validation_map": course.best_validation_map,
        "best_test_map": mean_average_precision(inputs.targets("test"), scores).value,
    }


def copy_trained(base: Path, identity: str, models: Path) -> None:
    """Copy what `best_beside` left of a base model from the cache into a run folder, where it is not there yet.

    Args:
        base: the base model's folder in the cache.
        identity: of the base model.
        models: folder of the run.
    """
    for suffix in ("", "-best"):
        kept, copied = base / f"trained{suffix}.pt", models / f"base-{identity}{suffix}.pt"
        if kept.is_file() and not copied.exists():
            with kept.open("rb") as source, whole_file(copied) as stream:
                shutil.copyfileobj(source, stream)

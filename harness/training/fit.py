"""Training by whichever loop a recipe asks for: the small one, or that of full size on its devices."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.course import Course
from prunebench.harness.training.devices import run_on_devices
from prunebench.harness.training.full_loop import train_full
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.loop import Evaluate, train
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState

Progress = Callable[[int, int], None]


def fit(
    model: Cnn14,
    inputs: NDArray[np.float32],
    targets: NDArray[np.bool_],
    recipe: Recipe,
    *,
    seed: int,
    tail: bool = False,
    evaluate: Evaluate | None = None,
    evaluate_every: int = 0,
    progress: Progress | None = None,
    state: TrainingState | None = None,
) -> Course:
    """Train `model` in place to the last iterate.

    Args:
        model: left in evaluation mode.
        inputs, targets, tail: as `train` takes them.
        recipe: a `FullRecipe` goes to the loop of full size, which does not train tails.
        seed: of the order of clips, augmentation and dropout.
        evaluate: model → validation mAP, for trainings that evaluate along the way.
        evaluate_every: of the small loop; a `FullRecipe` says it itself.
        progress: called with (steps done, steps).
        state: where an interrupted training is taken up again.

    Returns:
        The evaluations along the way; the small loop keeps no best iterate.
    """
    if not isinstance(recipe, FullRecipe):
        curve = train(
            model,
            inputs,
            targets,
            recipe,
            seed=seed,
            tail=tail,
            evaluate=evaluate,
            evaluate_every=evaluate_every,
            progress=progress,
            state=state,
        )
        return Course(curve)
    if tail:
        raise InputError("A recipe of full size trains every layer. Found it with the scope `tail`.")
    if recipe.devices == 1:
        return train_full(
            model, inputs, targets, recipe, seed=seed, evaluate=evaluate, progress=progress, state=state
        )
    return _fit_on_devices(model, inputs, targets, recipe, seed, evaluate, progress, state)


def _fit_on_devices(
    model: Cnn14,
    inputs: NDArray[np.float32],
    targets: NDArray[np.bool_],
    recipe: FullRecipe,
    seed: int,
    evaluate: Evaluate | None,
    progress: Progress | None,
    state: TrainingState | None,
) -> Course:
    messages = multiprocessing.get_context("spawn").SimpleQueue()
    teller = threading.Thread(target=_tell, args=(messages, progress or (lambda done, total: None)))
    folder = Path(tempfile.mkdtemp(prefix="prunebench-"))
    teller.start()
    try:
        arguments = (model, inputs, targets, recipe, seed, evaluate, messages, state, folder)
        run_on_devices(recipe.devices, _fit_here, arguments)
        found = torch.load(folder / "trained.pt", weights_only=True)
    finally:
        messages.put(None)
        teller.join()
        shutil.rmtree(folder, ignore_errors=True)
    model.load_state_dict(found["model"])
    model.eval()
    return Course.from_state(found["course"])


def _fit_here(
    model: Cnn14,
    inputs: NDArray[np.float32],
    targets: NDArray[np.bool_],
    recipe: FullRecipe,
    seed: int,
    evaluate: Evaluate | None,
    messages: Any,
    state: TrainingState | None,
    folder: Path,
) -> None:
    def told(done: int, total: int) -> None:
        messages.put((done, total))

    course = train_full(
        model, inputs, targets, recipe, seed=seed, evaluate=evaluate, progress=told, state=state
    )
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        with whole_file(folder / "trained.pt") as stream:
            torch.save({"model": model.state_dict(), "course": course.state()}, stream)


def _tell(messages: Any, progress: Progress) -> None:
    while (message := messages.get()) is not None:
        progress(*message)

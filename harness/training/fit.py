"""Training by whichever loop a recipe asks for: the small one, or that of full size on its devices."""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import tempfile
import threading
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import nn

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.harness.networks.contract.tagger import Tagger, module_of
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.networks.plugins.sent_network import Sent
from prunebench.harness.training.course import Course
from prunebench.harness.training.devices import run_on_devices
from prunebench.harness.training.full_loop import train_full
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.loop import train
from prunebench.harness.training.training import Training


def fit(model: nn.Module | Tagger, training: Training) -> Course:
    """Train `model` in place by the loop that the recipe asks for: to the last iterate, or to what converging left.

    Returns:
        The evaluations along the way; the small loop keeps no best iterate beside the model.
    """
    recipe = training.recipe
    if not isinstance(recipe, FullRecipe):
        return train(model, training)
    if training.masking is not None:
        raise InputError(
            "Training at full size cannot mask filters, but the schedule masks them: use a `Recipe`, not a "
            "`FullRecipe`."
        )
    if training.tail:
        raise InputError(
            "Training at full size trains every layer. Found the scope `tail`: use a `Recipe`, not a `FullRecipe`."
        )
    if training.penalty is not None:
        raise InputError("Training at full size cannot take a penalty: use a `Recipe`, not a `FullRecipe`.")
    return train_full(model, training) if recipe.devices == 1 else _fit_on_devices(model, training, recipe)


def _fit_on_devices(model: nn.Module | Tagger, training: Training, recipe: FullRecipe) -> Course:
    received, messages = multiprocessing.get_context("spawn").Pipe(duplex=False)
    raised: list[BaseException] = []
    teller = threading.Thread(target=_tell, args=(received, training, raised))
    folder = Path(tempfile.mkdtemp(prefix="prunebench-"))
    teller.start()
    try:
        sent = Sent((model, replace(training, progress=None)), tagger_of(model).network)
        run_on_devices(recipe.devices, _fit_here, (sent, messages, folder))
        found = torch.load(folder / "trained.pt", weights_only=True)
    finally:
        messages.close()  # all other processes that could send have ended
        teller.join()
        shutil.rmtree(folder, ignore_errors=True)
        if raised:
            raise raised[0]
    module_of(model).load_state_dict(found["model"])
    module_of(model).eval()
    if training.state is not None:
        training.state.earlier_seconds = found["earlier_seconds"]  # another process took the state up
    return Course.from_state(found["course"])


def _fit_here(received: tuple[nn.Module | Tagger, Training], messages: Connection, folder: Path) -> None:
    model, training = received  # a `Sent` gives its value when it arrives
    course = train_full(model, replace(training, progress=lambda done, total: messages.send(done)))
    if not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0:
        with whole_file(folder / "trained.pt") as stream:
            torch.save(
                {
                    "model": module_of(model).state_dict(),
                    "course": course.state(),
                    "earlier_seconds": 0.0 if training.state is None else training.state.earlier_seconds,
                },
                stream,
            )


def _tell(received: Connection, training: Training, raised: list[BaseException]) -> None:
    """Until nobody sends any more, or until who is told raises: then the processes fail at their next step."""
    with received, contextlib.suppress(EOFError):
        while True:
            done = received.recv()
            try:
                training.told(done)
            except BaseException as error:
                raised.append(error)
                return

"""Does a pruner leave alone what it is shown, and the model behind it?"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator
from itertools import chain

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.written_labels import written
from prunebench.pruners.contract import LayerView, Pruner
from prunebench.pruners.shown import Shown, stamp

_HOUSE = "prunebench."  # whose pruners the tests hold to the same, layer by layer


class Watch:
    """Watches one pruner at work on one model.

    Args:
        pruner: one of this distribution is not watched.
        model: that is scored; its parameters and buffers must stay as they are.

    Attributes:
        seconds: that watching took, which are no part of what scoring takes.
    """

    def __init__(self, pruner: Pruner, model: nn.Module) -> None:
        self.seconds = 0.0
        self._label = written(pruner.label)
        self._model = model
        self._watches = not type(pruner).__module__.startswith(_HOUSE)
        with self._timed():
            self._before = self._state() if self._watches else {}

    @contextlib.contextmanager
    def showing(
        self, view: LayerView, seen: Tensor | None = None, counted: Collection[int] = ()
    ) -> Iterator[None]:
        """A block in which the pruner looks at a layer.

        Args:
            view: of the layer.
            seen: what the pruner observed before, which it is given too.
            counted: as `Shown` takes them.

        Raises:
            InputError: at the end of the block, for the first thing that was changed.
        """
        if not self._watches:
            yield
            return
        with self._timed():
            shown = Shown(view, counted)
            before = None if seen is None else stamp(seen)
        yield
        with self._timed():
            changed = shown.changed()
            if changed is None and seen is not None and stamp(seen) != before:
                changed = "seen"
        if changed is not None:
            raise InputError(
                f"Pruner `{self._label}` must not change what it is given. It changed `{changed}` of layer "
                f"{view.name}: work on a copy, as `tensor.clone()` makes one."
            )

    def check_model(self) -> None:
        """Refuse a pruner that reached the model by a way of its own.

        Raises:
            InputError: naming the first parameter or buffer that it changed.
        """
        if not self._watches:
            return
        with self._timed():
            now = self._state()
            changed = [name for name in self._before | now if now.get(name) != self._before.get(name)]
        if changed:
            raise InputError(
                f"Pruner `{self._label}` must not change the model. It changed `{changed[0]}` of the model that it "
                "scores: let it read only the layer that it is given, and load the model again."
            )

    def _state(self) -> dict[str, object]:
        """Parameter or buffer → which tensor it is, and its stamp."""
        named = chain(
            self._model.named_parameters(remove_duplicate=False),
            self._model.named_buffers(remove_duplicate=False),
        )
        return {name: (id(tensor), stamp(tensor)) for name, tensor in named}

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        if self._watches and torch.cuda.is_available():
            torch.cuda.synchronize()  # what the pruner has begun there is its own time
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started

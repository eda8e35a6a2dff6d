"""Clips that others wrote: whatever they raise or return becomes one sentence, and other processes receive them."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.data.dataset import Clips
from prunebench.harness.data.plugins.dataset_registry import DATA_SETS
from prunebench.harness.data.plugins.set_problem import values_problem, waveform_problem
from prunebench.harness.networks.plugins.plugin_code import load_plugin_file


class GuardedClips(Clips):
    """A split of a plug-in.

    Args:
        clips: the split as the plug-in gives it, whose names, targets and sources were checked.
        title: what messages call the set, ``Data set `mine` ``.
        samples: length of every clip.
        module: of the plug-in's class; where it is that of a file, the file is run first in a process that receives
            the clips.
    """

    def __init__(self, clips: Clips, title: str, samples: int, module: str) -> None:
        self._clips, self._title, self._samples, self._module = clips, title, samples, module
        self.names = tuple(map(str, clips.names))
        self.targets = clips.targets
        self.sources = tuple(tuple(sources) for sources in clips.sources)
        self.noted = tuple(clips.noted)
        self.sample_rate = int(clips.sample_rate)

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1].

        Raises:
            InputError: for whatever the plug-in raises, or a waveform of another form.
        """
        must = f"{self._title} must give the waveform of clip `{self.names[index]}`"
        with foreign_code(must):
            found = self._clips.waveform(index)
        problem = waveform_problem(found, self._samples)
        if problem is not None:
            raise InputError(f"{must}: {problem}")
        return found

    def waveforms(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Some clips, (clips, samples), read together where the plug-in can; errors as `waveform`."""
        if type(self._clips).waveforms is Clips.waveforms:
            return super().waveforms(indices)
        must = f"{self._title} must give the waveforms of clips"
        with foreign_code(must):
            found = self._clips.waveforms(indices)
        shape = (len(indices), self._samples)
        if not isinstance(found, np.ndarray) or found.shape != shape:
            raise InputError(
                f"{must}, an array of shape {shape}. Found {getattr(found, 'shape', type(found))}."
            )
        problem = values_problem(found)
        if problem is not None:
            raise InputError(f"{must}: {problem}")
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        file = sys.modules[self._module].__file__ if self._module.startswith(DATA_SETS.module) else None
        packed = pickle.dumps((self._clips, self._title, self._samples, self._module))
        return _received, (file, self._module, packed)


def _received(file: str | None, module: str, packed: bytes) -> GuardedClips:
    if file is not None:
        load_plugin_file(file, DATA_SETS)
        if module not in sys.modules:
            raise InputError(
                f"The file `{file}` must stay as it is during a run, but it has changed: run again."
            )
    return GuardedClips(*pickle.loads(packed))

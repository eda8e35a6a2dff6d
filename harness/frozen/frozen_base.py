"""A frozen base model that a sweep starts from: by set, seed and content, found again wherever a worker runs."""

from __future__ import annotations

from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.frozen.frozen_metadata import FrozenMetadata
from prunebench.harness.frozen.installed_bases import base_set
from prunebench.harness.networks.contract.tagger import Tagger


@dataclass(frozen=True)
class FrozenBase:
    """A base model that is not trained here.

    Args:
        set_name: of the set.
        seed: that it was trained with.
        content: hash of its file; where the file lies changes no result.
        files: Python files that define its network.
    """

    set_name: str
    seed: int
    content: str
    files: tuple[str, ...] = ()

    @classmethod
    def installed(cls, set_name: str, seed: int, files: tuple[str, ...] = ()) -> FrozenBase:
        """The one that is installed.

        Raises:
            InputError: for an unknown set, a seed that is not there, or a damaged file.
        """
        return cls(set_name, seed, base_set(set_name).of_seed(seed).content, files)

    def metadata(self) -> FrozenMetadata:
        """What its file says; errors as `load`."""
        return self._file().metadata()

    def load(self) -> Tagger:
        """The model.

        Raises:
            InputError: for a file that is not installed here, damaged, or another than when the plan was made.
        """
        return self._file().load(self.files)

    def _file(self) -> FrozenFile:
        file = base_set(self.set_name).of_seed(self.seed)
        if file.content != self.content:
            raise InputError(
                f"The base model of seed {self.seed} of `{self.set_name}` is not the one of the plan. `{file.path}` "
                "was changed after the run started, or this worker has another version installed: install the same one."
            )
        return file

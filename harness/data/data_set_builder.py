"""What a data set of one's own is: a plug-in class whose value gives three splits of clips."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from prunebench.harness.data.dataset import DataSet
from prunebench.pruners.label import Labelled


@dataclass(frozen=True)
class DataSetBuilder(Labelled, ABC):
    """The plug-in class of a data set: a value whose fields are its parameters.

    Class attributes:
        name: what users type.
        reference: key in `references.bib`, or an empty string.
        version: raised when a clip changes, so that old cells are not taken for new ones. The suite itself sees changed
            names, targets, sources and lengths, and the content of a file that is not installed.
        holds: what the folder `data.root` must hold, as a phrase for messages; empty for a set without a folder.
    """

    name: ClassVar[str]
    reference: ClassVar[str] = ""
    version: ClassVar[int] = 1
    holds: ClassVar[str] = ""

    @abstractmethod
    def build(self, root: Path | None) -> DataSet:
        """The data set: equal whenever it is built, without drawing from a global random generator.

        Its label is replaced, and its identity is put beside the name, the parameters, the version and the names,
        targets and sources of the clips. So give in the identity what else decides the clips, such as a hash of
        recordings, or nothing.

        Args:
            root: the folder of the option `data.root`, which exists; `None` for a set that `holds` nothing.

        Raises:
            InputError: for a folder that cannot be used.
        """

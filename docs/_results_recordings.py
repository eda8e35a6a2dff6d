"""What must be said where an archive was made from a copy of recordings that differs from the published one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.targets import read_targets

PUBLISHED = {"esc10": "ESC-10", "esc50": "ESC-50"}
FOLDS, ENDING = 5, ".wav"  # of both as they are published
FORMATS = {".ogg": "Ogg Vorbis"}


def said_copy(archive: Path, labels: Iterable[str]) -> Iterator[str]:
    """A sentence for each data set whose test clips are not those that the published ESC-10 or ESC-50 would give.

    Args:
        archive: the folder.
        labels: of its data sets with finished cells, in any order.
    """
    for label in labels:
        name, *asked = label.split()
        if name not in PUBLISHED or any(each.startswith("test_fold=") for each in asked):
            continue
        _, (names,) = read_targets(RunFiles(archive).targets_of(label), "names")
        (fold,) = {int(name.split("-", 1)[0]) for name in names}
        (ending,) = {Path(name).suffix for name in names}
        if (fold, ending) == (FOLDS, ENDING):
            continue
        published = PUBLISHED[name]
        yield (
            f"The copy of {published} used here has folds 1 to {fold}, as {FORMATS[ending]} files (`{ending}`), and "
            f"fold {fold} is the test fold. The published {published} has {FOLDS} folds of `{ENDING}` files. With it, "
            "the run has other clips, and `verify` says that the identities differ."
        )

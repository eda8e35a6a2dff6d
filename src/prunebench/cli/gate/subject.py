"""What the gate is given: a run folder or a checkpoint."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunebench.baselines import Figures, MadeWith


@dataclass(frozen=True)
class GateSubject:
    """What a run or checkpoint has.

    Args:
        entries: figures by name.
        classes: digest of test clips → names of the classes.
    """

    entries: Mapping[str, Figures]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def figures_of(subject: Path, network: str | None = None, files: Sequence[Path] = ()) -> GateSubject:
    """The entries of a run folder, or the one of a checkpoint.

    Args:
        subject: the folder or file.
        network: label of a checkpoint's network.
        files: Python files that define networks.

    Raises:
        InputError: where there is neither, and for a network that is named for a run, whose records say theirs.
    """
    from prunebench import baselines
    from prunebench.eval.errors import InputError

    if not subject.exists():
        raise InputError(f"There is no run folder and no checkpoint `{subject}`: give the path of one.")
    if subject.is_dir():
        if network is not None or files:
            option = "--network" if network is not None else "--network-file"
            raise InputError(
                f"`{option}` is for a checkpoint. Found the run `{subject}`, whose records name their networks: "
                "leave the option out."
            )
        from prunebench.eval.run.record import load_records

        quality = baselines.RunQuality(subject)
        entries = baselines.entries_of_run(load_records(subject), quality)
        return GateSubject(entries, quality.classes)
    from prunebench.harness.measuring.held_entry import held_entry
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint

    tagger = read_any_checkpoint(subject, network, files).tagger
    return GateSubject(held_entry(tagger, subject.stat().st_size))


def counted(entries: int) -> str:
    """`1 entry`, `2 entries`."""
    return f"{entries} entr{'y' if entries == 1 else 'ies'}"


def made_with() -> MadeWith:
    """This version and the command line at hand."""
    from prunebench import __version__, baselines

    return baselines.MadeWith(__version__, shlex.join(["prunebench", *sys.argv[1:]]))

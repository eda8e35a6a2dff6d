"""A file to be written must be none of those that the verb reads."""

from __future__ import annotations

from pathlib import Path


def check_output(output: Path | None, *read: Path | None) -> None:
    """Refuse to replace what the verb reads, by its path or through a link.

    Args:
        output: the file to be written.
        read: what is read; a path that is not there is passed over.

    Raises:
        InputError: if the output is one of them.
    """
    from prunebench.eval.errors import InputError

    if output is None or not output.exists():
        return
    for path in read:
        if path is not None and path.exists() and output.samefile(path):
            raise InputError(f"`{output}` is a file that this command reads: give another path with -o.")

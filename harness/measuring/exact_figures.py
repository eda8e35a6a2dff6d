"""Exact figures of a model that has a file."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from prunebench.eval.measures.exact import exact_measures


def exact_figures(model: nn.Module, file: Path) -> tuple[dict[str, float], dict[str, str]]:
    """What `exact_measures` gives, with the size of the file as `file_bytes`.

    A record's `file_bytes` is the state dict as torch saves it, since its model has no file: here `state_dict_bytes`. A
    pipe, which has no size, has no `file_bytes`.

    Args:
        model: what `measurable_of` makes of the tagger that was read from the file, or written to it.
        file: its path.
    """
    figures, failed = exact_measures(model)
    found: dict[str, float] = {}
    for name, value in figures.items():
        if name == "file_bytes" and file.is_file():
            found[name] = file.stat().st_size
        found[name.replace("file_bytes", "state_dict_bytes")] = value
    return found, failed

"""Scores in files, one per layer, as `prunebench score` writes them.

`C7.npz` holds `scores`, one number a filter, and `order`, the filters from least to most important; of a criterion that
folds also `constants`, what takes the place of each filter.
`sim_index7.npy` holds the order alone: so the authors of E-PANNs exchange it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.eval.text.arrays import npz_names, read_npy, read_npz
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.networks.layers import LAYERS

ScoreArray = NDArray[np.float64]
SCORED = "scores.json"  # beside the scores: what they were made with
LARGEST = 2**26  # bytes of the scores of a layer: eight million filters


def write_scores(
    folder: Path,
    scores: Mapping[str, ScoreArray],
    *,
    npy: bool = False,
    constants: Mapping[str, ScoreArray] | None = None,
) -> list[Path]:
    """Write a file a layer; with `npy` the order alone, too.

    Args:
        folder: made if absent.
        scores: layer → (filters,), higher is kept; of equal scores the first stored is the least important.
        npy: write `sim_index7.npy` beside `C7.npz`.
        constants: layer → (filters,), of criteria that give them.

    Returns:
        The files.
    """
    files = []
    for layer, values in scores.items():
        order = np.argsort(values, kind="stable")
        files.append(folder / f"{layer}.npz")
        with whole_file(files[-1]) as stream:
            arrays: dict[str, Any] = {"scores": values, "order": order}
            if constants and layer in constants:
                arrays["constants"] = constants[layer]
            np.savez(stream, **arrays)
        if npy:
            files.append(folder / f"sim_index{layer[1:]}.npy")
            with whole_file(files[-1]) as stream:
                np.save(stream, order)
    return files


def score_files(folder: Path) -> dict[str, Path]:
    """The file of each layer that has one, `C7.npz` before `sim_index7.npy`.

    Raises:
        InputError: for a folder without such a file, or with one that names no layer.
    """
    layers = [*LAYERS, *(name for name in _scored(folder) if name not in LAYERS)]
    known = {f"sim_index{layer[1:]}.npy": layer for layer in LAYERS} | {
        f"{layer}.npz": layer for layer in layers
    }
    found = [*sorted(folder.glob("sim_index*.npy")), *sorted(folder.glob("*.npz"))]
    for file in found:
        if file.name not in known:
            raise InputError(
                "A file of scores must be named after a layer, `C1.npz` … `C12.npz`, or `sim_index1.npy` …. Found "
                f"`{file}`: rename it or move it away."
            )
    if not found:
        if not folder.is_dir():
            raise InputError(
                f"There is no folder `{folder}`: give a folder of scores, as `prunebench score` writes it."
            )
        raise InputError(
            "A folder of scores must contain `C1.npz` … `C12.npz`, as `prunebench score` writes them, or "
            f"`sim_index1.npy` …. Found none in `{folder}`."
        )
    by_layer = {known[file.name]: file for file in found}
    return {layer: by_layer[layer] for layer in layers if layer in by_layer}


def _scored(folder: Path) -> list[str]:
    """The layers that `prunebench score` says it scored: in another network than Cnn14 they have names of their own."""
    file = folder / SCORED
    if not file.is_file():
        return []
    try:
        found = parsed_json(file.read_bytes().decode())
    except ValueError:  # of someone else
        return []
    filters = found.get("filters") if isinstance(found, dict) else None
    return list(filters) if isinstance(filters, dict) else []


def content_of_files(files: Mapping[str, Path]) -> str:
    """Hash of the files' names and bytes."""
    whole = hashlib.sha256()
    for file in files.values():
        whole.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def read_scores(file: Path) -> ScoreArray:
    """Scores of one layer: those in an npz, or each filter's place in an npy of sorted indices.

    Raises:
        InputError: for a file that cannot be read, numbers that are not finite, or indices that do not name
            every filter once.
    """
    try:
        found = (
            read_npy(file, limit=LARGEST)
            if file.suffix == ".npy"
            else read_npz(file, "scores", limit=LARGEST)[0]
        )
    except (OSError, ValueError) as error:
        raise InputError(
            "A file of scores must be an npz archive with an array `scores`, or an npy file of sorted "
            f"indices. Found `{file}`: {error!s:.100}."
        ) from error
    return _places(found, file) if file.suffix == ".npy" else _finite(found, file)


def read_constants(file: Path) -> ScoreArray | None:
    """The constants of the filters of a layer, if its file has them; errors as `read_scores`."""
    try:
        if file.suffix == ".npy" or "constants" not in npz_names(file):
            return None
        return _finite(read_npz(file, "constants", limit=LARGEST)[0], file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"The constants of a file of scores must be an array of numbers. Found `{file}`: {error!s:.100}."
        ) from error


def _finite(scores: NDArray[np.generic], file: Path) -> ScoreArray:
    if scores.ndim != 1 or scores.size == 0 or scores.dtype.kind not in "iuf":
        raise InputError(
            f"Scores must be one number per filter. Found `{file}` with an array of shape {scores.shape} and "
            f"type {scores.dtype}."
        )
    values = scores.astype(np.float64)
    if not np.isfinite(values).all():
        wrong = int((~np.isfinite(values)).sum())
        raise InputError(f"Scores must be finite. Found `{file}` with {wrong} of {len(values)} not finite.")
    return values


def _places(order: NDArray[np.generic], file: Path) -> ScoreArray:
    filters = np.arange(order.size)
    if order.ndim != 1 or order.size == 0 or not np.array_equal(np.sort(order), filters):
        raise InputError(
            f"A file of sorted indices must contain every filter number once, beginning with 0. `{file}` does not."
        )
    places = np.empty(order.size)
    places[order.astype(np.intp)] = filters
    return places

"""The baselines this project holds itself to: the full-width Cnn14 by criterion and ratio, and the quick preset."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from prunebench.eval.errors import InputError, did_you_mean, near_names


def committed_folder() -> Path:
    """Where the files lie, one folder per model and in it one file `CRITERION-PERCENT.json`."""
    return Path(str(resources.files("prunebench.baselines")))


def committed_path(criterion: str, percent: int | None) -> Path:
    """The file for the full-width Cnn14 with that share of C7–C12 removed by that criterion.

    Args:
        criterion: name of the pruner.
        percent: 25, 50 or 75; `None` for a criterion that chooses how many filters go.
    """
    return committed_folder() / "cnn14" / f"{criterion}-{'own' if percent is None else percent}.json"


def committed_baselines(folder: Path | None = None) -> dict[str, Path]:
    """The committed files by name, `"cnn14/l1-50"`, in sorted order."""
    root = committed_folder() if folder is None else folder
    return {f"{path.parent.name}/{path.stem}": path for path in sorted(root.glob("*/*.json"))}


def baseline_path(given: Path | str) -> Path:
    """The file a user means: a path, or the name of a committed baseline where no such file exists.

    Raises:
        InputError: for neither, naming the nearest committed baselines, or how to make a file where none is near.
    """
    path = Path(given)
    known = committed_baselines()
    if path.exists() or path.suffix == ".json":
        return path
    if str(given) in known:
        return known[str(given)]
    near = near_names(str(given), known)
    raise InputError(
        "A baseline must be a file or a name from `prunebench list baselines`. Found neither for "
        f"`{given}`{f'; {did_you_mean(near)}' if near else ': make a file with `prunebench baseline save`.'}"
    )

"""A class map as the options give it: a table, a file, or one that comes with the package.

The shipped maps lead from the classes of ESC-10 and ESC-50 to those of AudioSet, each to the class that means the same
sound by the ontology of Gemmeke et al., *Audio Set: An ontology and human-labeled dataset for audio events*, ICASSP
2017. They leave out eight classes of ESC-50. `can_opening`, `drinking_sipping`, `mouse_click` and `washing_machine` are
no classes of AudioSet. AudioSet's classes for `breathing`, `engine`, `hand_saw` and `insects` also hold the sounds of
other classes of ESC-50 (snoring, chain saws, chain saws, crickets), whose clips would wrongly count as negatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.data.options import CLASS_MAPS, DataOptions
from prunebench.harness.networks.class_names import AUDIOSET, class_list
from prunebench.harness.tables.column_names import read_named

COLUMNS = ("from", "to")
_WHAT = "A class map"


def read_class_map(given: str | Mapping[str, str]) -> dict[str, str]:
    """Class of a data set → class of a list.

    Args:
        given: the map itself; one of `CLASS_MAPS`; or a CSV file with the columns `from` and `to`.

    Raises:
        InputError: for a name that is no shipped map and no file, a file that is no such table, or a class that it maps
            twice or to nothing.
    """
    if not isinstance(given, str):
        return dict(given)
    if given in CLASS_MAPS:
        with resources.as_file(
            resources.files("prunebench.harness.data.class_maps") / f"{given}.csv"
        ) as path:
            return _read(path)
    path = Path(given).expanduser()
    if not path.is_file():
        raise InputError(
            f"`class_map` must be a table, a CSV file or a map that comes with the package. There is no file "
            f"`{given}`; {nearest(given, CLASS_MAPS)}"
        )
    return _read(path)


def _read(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, cells in read_named(path, COLUMNS, what=_WHAT):
        name, target = cells["from"], cells["to"]
        if not (name and target):
            raise InputError(f"`{path}`, line {line}: {_WHAT.lower()} must have a name in both columns.")
        if name in found:
            raise InputError(
                f"`{path}`, line {line}: {_WHAT.lower()} must list each class once. Found `{name}` again."
            )
        found[name] = target
    return found


def listed_classes(options: DataOptions, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The classes of a mapped set, in the order of a model's outputs.

    They are those of option `classes`; without it AudioSet's for a shipped map, and for another one the classes that it
    leads to, each once, in the order of the map.

    Raises:
        InputError: for a file of classes that cannot be read.
    """
    shipped = isinstance(options.class_map, str) and options.class_map in CLASS_MAPS
    classes = AUDIOSET if options.classes is None and shipped else options.classes
    return tuple(dict.fromkeys(mapping.values())) if classes is None else class_list(classes)

"""Which data set, and the options that decide its clips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from pydantic import SkipValidation

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.inline_value import shown
from prunebench.harness.data.option_checks import check_integer, check_number
from prunebench.harness.networks.class_names import AUDIOSET

NAMES = ("synth", "esc50", "esc10", "fsd50k", "folder", "audioset")
GROUP = "prunebench.datasets"  # entry points of the data sets of other distributions
MOST_RECORDINGS = 5
MOST_CLIPS = 1_000_000  # of a split that is made on the spot
CLASS_MAPS = ("esc10-to-audioset", "esc50-to-audioset")  # that come with the package
SHORTEST, LONGEST = 0.5, 60.0  # seconds; five poolings of Cnn14 need 32 frames

_SIZES: tuple[str, ...] = ("training_clips", "validation_clips", "test_clips")
_FOLDED, _OWN = ("esc50", "esc10"), ("fsd50k", "folder")
_RECORDED = (*_FOLDED, *_OWN, "audioset")
# Option → the data sets that have it, and what they are called.
_HOMES: dict[str, tuple[tuple[str, ...], str]] = {
    "root": (_RECORDED, "data sets of recordings"),
    "test_fold": (_FOLDED, "`esc50` and `esc10`, which have folds"),
    "validation_fold": (_FOLDED, "`esc50` and `esc10`, which have folds"),
    **dict.fromkeys(("snr_min_db", "snr_max_db"), (("synth",), "`synth`")),
    "seconds": (("synth", *_OWN), "`synth`, `fsd50k` and `folder`"),
    **dict.fromkeys(_SIZES, (("synth", "audioset"), "`synth`, `audioset` and mixed sets (`mix`)")),
    "table": (("folder",), "`folder`"),
    "classes": (("folder",), "`folder` and data sets with a class map (`class_map`)"),
    "label_separator": (("folder",), "`folder`"),
    "strict": (_OWN, "`fsd50k` and `folder`"),
    "training_set": (("audioset",), "`audioset`"),
    "black_list": (("audioset",), "`audioset`"),
    "sample_rate": (_RECORDED, "data sets of recordings"),
}
_HOLDS = {
    **dict.fromkeys(_FOLDED, "`meta/esc50.csv` and `audio/`"),
    "fsd50k": "`FSD50K.ground_truth/`, `FSD50K.dev_audio/` and `FSD50K.eval_audio/`",
    "folder": "the recordings that its table names",
    "audioset": "`hdf5s/indexes/` and `hdf5s/waveforms/`",
}
_PLACES = ("root", "table", "classes", "black_list")
_UNSAID = ("name", *_PLACES, "files", "expected", "label_separator")  # not in a label
SEPARATORS = (";", ",", "|")  # of labels in a cell of a table


@dataclass(frozen=True)
class DataOptions:
    """Which data set, and the options that decide its clips; every value is a JSON value.

    `None` stands for the data set's own default, given in brackets.

    Args:
        name: one of `NAMES`, or `NAME[parameter=value,…]` of a data set that is installed or in one of the `files`.
        root: folder of recorded sets, in the layout each has. Moving it changes nothing.
        mix: clips that overlap 1 to `mix` recordings, at most 5; 0 for the recordings themselves. Needs a
            set with one class a clip.
        test_fold: fold of recorded sets to test on, or `"all"` for each in turn, see `folds` [last present].
        validation_fold: fold to validate on [the one before the test fold, cyclically].
        training_clips, validation_clips, test_clips: sizes of the splits of `synth` [4000, 800, 1000] and
            of mixed sets [2000, 400, 800], at most 1,000,000; of `audioset` at most so many, chosen by hash [all].
        seconds: length of a clip, 0.5 to 60, of `synth` [1], `fsd50k` and `folder` [10].
        snr_min_db, snr_max_db: range of the events' signal-to-noise ratios in `synth` [-6, 14].
        seed: of `synth` and of mixed sets, at least 0.
        table: CSV of `folder` with columns `file`, `labels` and `split` [`labels.csv` in `root`].
        classes: file with one class a line, in the order of a model's outputs, or `audioset` for its 527; of `folder`
            [those of the table, sorted] and with `class_map` [AudioSet's for a map that comes with the package, else
            those that it leads to].
        label_separator: of the labels in a cell of `folder`'s table, `;`, `,` or `|` [`;`, and the set is refused where
            that may be another].
        strict: stop at the first recording of `fsd50k` and `folder` that cannot be used; else it is skipped,
            counted and named.
        training_set: indexes of `audioset` to train on, joined by `+` [`full_train`, or all but `eval`].
        black_list: CSV of `audioset` whose first column names clips never to train on.
        sample_rate: 32000, 16000 or 8000, of recorded sets [32000].
        class_map: class of the set → class of `classes`, several to one: a table, a CSV file with the columns `from`
            and `to`, or one of `CLASS_MAPS`. Clips of classes that it leaves out are dropped.
        files: Python files that define data sets.

    Raises:
        InputError: for an unknown name, a value out of its range or an option the data set does not have.
    """

    name: str = "synth"
    root: str | None = None
    mix: int = 0
    test_fold: int | Literal["all"] | None = None
    validation_fold: int | None = None
    training_clips: int | None = None
    validation_clips: int | None = None
    test_clips: int | None = None
    seconds: float | None = None
    snr_min_db: float | None = None
    snr_max_db: float | None = None
    seed: int = 0
    table: str | None = None
    classes: str | None = None
    strict: bool | None = None
    training_set: str | None = None
    black_list: str | None = None
    sample_rate: int | None = None
    label_separator: str | None = None
    # Checked here, in one sentence for all that it may be; equal options hash equally without it.
    class_map: SkipValidation[str | dict[str, str] | None] = field(default=None, hash=False)
    files: SkipValidation[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        self._check_name()
        self._check_ranges()
        self._check_belonging()
        _check_class_map(self.class_map)
        if self.test_fold == "all" and self.validation_fold is not None:
            raise InputError(
                'Option `validation_fold` must be left out if `test_fold = "all"`, because validation then uses the '
                f"fold before each test fold. Found `validation_fold = {self.validation_fold}`."
            )

    @property
    def is_plugin(self) -> bool:
        """Whether the data set is none of `NAMES`; the code behind the name is run when the set is opened."""
        return self.name not in NAMES

    def _check_name(self) -> None:
        given: Any = self.files
        listed = [given] if isinstance(given, str | Path) else given
        if not isinstance(listed, list | tuple) or not all(isinstance(file, str | Path) for file in listed):
            raise InputError(
                f"Option `files` must be a list of Python files. Found `files = {shown(self.files)}`."
            )
        object.__setattr__(self, "files", tuple(map(str, listed)))
        if self.files and not self.is_plugin:
            raise InputError(
                f"Option `files` names Python files that define data sets, and `{self.name}` is built in: set `name` "
                "to a data set of the files."
            )
        if self.is_plugin and not self.files:
            installed = sorted({entry.name for entry in entry_points(group=GROUP)})
            if str(self.name).partition("[")[0] not in installed:
                known = (*NAMES, *installed)
                raise InputError(f"Unknown data set `{self.name}`; {nearest(str(self.name), known)}")

    def _check_ranges(self) -> None:
        check_integer("mix", self.mix, 0, MOST_RECORDINGS)
        check_integer("seed", self.seed, 0)
        for size in _SIZES:
            if getattr(self, size) is not None:
                check_integer(size, getattr(self, size), 1, None if self.name == "audioset" else MOST_CLIPS)
        if self.test_fold not in (None, "all"):
            check_integer("test_fold", self.test_fold, 0, or_else='or "all"')
        if self.validation_fold is not None:
            check_integer("validation_fold", self.validation_fold, 0)
        if self.sample_rate not in (None, 32000, 16000, 8000):
            raise InputError(
                "Option `sample_rate` must be 32000, 16000 or 8000, for which PANNs has front ends. "
                f"Found `sample_rate = {self.sample_rate}`."
            )
        if self.strict is not None and not isinstance(self.strict, bool):
            raise InputError(f"Option `strict` must be true or false. Found `strict = {self.strict}`.")
        if self.label_separator not in (None, *SEPARATORS):
            raise InputError(
                "Option `label_separator` must be `;`, `,` or `|`. "
                f"Found `label_separator = {self.label_separator}`."
            )
        for place in (*_PLACES, "training_set"):
            if not isinstance(getattr(self, place), str | None):
                raise InputError(f"Option `{place}` must be text. Found `{place} = {getattr(self, place)}`.")
        check_number("seconds", self.seconds, SHORTEST, LONGEST)
        check_number("snr_min_db", self.snr_min_db, -60, 60)
        check_number("snr_max_db", self.snr_max_db, -60, 60)
        if self.snr_db[0] > self.snr_db[1]:
            raise InputError(
                "Option `snr_min_db` must be at most `snr_max_db`. "
                f"Found `snr_min_db = {self.snr_db[0]}` and `snr_max_db = {self.snr_db[1]}`."
            )

    def _check_belonging(self) -> None:
        for option, (homes, called) in _HOMES.items():
            mixed = option in _SIZES and self.mix
            mapped = option == "classes" and self.class_map is not None
            own = option == "root" and self.is_plugin
            if getattr(self, option) is not None and self.name not in homes and not (mixed or mapped or own):
                raise InputError(
                    f"Option `{option}` is only for {called}. "
                    f"Found it with data set `{self.name}`: leave it out."
                )
        if self.name in _HOLDS and self.root is None:
            raise InputError(
                f"Data set `{self.name}` needs option `root`: give the folder with {_HOLDS[self.name]}."
            )

    @property
    def label(self) -> str:
        """The name and what was asked for beside it, the place aside: `"esc10 mix=3"`."""
        values = {each.name: getattr(self, each.name) for each in fields(self)} | {
            "class_map": self._map_label
        }
        asked = (
            f"{each.name}={values[each.name]}"
            for each in fields(self)
            if each.name not in _UNSAID and values[each.name] != each.default
        )
        return " ".join((self.name, *asked))

    @property
    def _map_label(self) -> str | None:
        """Name of a class map, without folder and suffix; of a table six digits of its hash."""
        if self.class_map is None or isinstance(self.class_map, str):
            return self.class_map and Path(self.class_map).stem
        content = json.dumps(self.class_map, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:6]

    @property
    def snr_db(self) -> tuple[float, float]:
        """Lowest and highest signal-to-noise ratio of an event, in decibels."""
        low = -6.0 if self.snr_min_db is None else float(self.snr_min_db)
        high = 14.0 if self.snr_max_db is None else float(self.snr_max_db)
        return low, high

    @property
    def sizes(self) -> dict[str, int]:
        """Clips of each split of `synth` or of a mixed set."""
        default = {"training": 2000, "validation": 400, "test": 800}
        if self.name == "synth":
            default = {"training": 4000, "validation": 800, "test": 1000}
        asked = {split: getattr(self, f"{split}_clips") for split in default}
        return {split: size if asked[split] is None else asked[split] for split, size in default.items()}


def at_home_everywhere(options: DataOptions) -> DataOptions:
    """The options with full paths, since workers may have another working directory."""
    given = {name: getattr(options, name) for name in (*_PLACES, "class_map")}
    full = {
        name: str(Path(path).expanduser().resolve())
        for name, path in given.items()
        if isinstance(path, str) and path not in (*CLASS_MAPS, AUDIOSET)
    }
    files = tuple(str(Path(file).resolve()) for file in options.files)
    return replace(options, files=files, **full)  # type: ignore[arg-type]


def at_rate(options: DataOptions, sample_rate: int) -> DataOptions:
    """The options, with the sample rate of a model where they leave it open.

    Raises:
        InputError: for options that ask for another rate, or a data set that has another; the rate of a plug-in is
            known when it is opened.
    """
    if options.is_plugin:
        return options
    found = options.sample_rate or 32000
    if found == sample_rate:
        return options
    if options.sample_rate is None and options.name in _HOMES["sample_rate"][0]:
        return replace(options, sample_rate=sample_rate)
    recorded = options.name in _HOMES["sample_rate"][0]
    do = (
        f"set `sample_rate = {sample_rate}`, which resamples"
        if recorded
        else "use recordings, which are resampled"
    )
    raise InputError(
        f"A data set must have the sample rate of the model, {sample_rate} Hz. Found `{options.label}` at {found} Hz: "
        f"{do}."
    )


def _check_class_map(found: object) -> None:
    if found is None or isinstance(found, str):
        return
    if not isinstance(found, Mapping) or not found:
        raise InputError(
            "Option `class_map` must be a table that names at least one class, a file, or one of "
            f"{', '.join(f'`{name}`' for name in CLASS_MAPS)}. Found `class_map = {shown(found)}`."
        )
    for name, target in found.items():
        if not (isinstance(name, str) and isinstance(target, str)):
            raise InputError(
                "Option `class_map` must give, for each class of the data set, the name of a class of the model. "
                f"Found `{name} = {shown(target)}`."
            )

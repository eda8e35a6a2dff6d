"""Data sets of others by label: from a file, or by entry point; every failure is one sentence."""

import importlib
from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.data.options import GROUP
from prunebench.harness.data.plugins.dataset_registry import (
    builder_class,
    chosen_set,
    claimed_names,
    file_sets,
    installed_sets,
    known,
    resolve_builder,
)


def install(folder: Path, source: str, **entries: str) -> None:
    """What pip leaves in a folder of the import path."""
    (folder / "plug_data.py").write_text(source)
    info = folder / "plug_data-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-data\nVersion: 1.0\n")
    lines = [f"{name} = plug_data:{attribute}" for name, attribute in entries.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
    importlib.invalidate_caches()


@pytest.fixture
def source(mine: Path) -> str:
    return mine.read_text()


def test_a_file_offers_its_data_sets_with_parameters(mine):
    assert list(file_sets([mine])) == ["mine"]
    assert resolve_builder("mine", [mine]).label == "mine"
    assert resolve_builder("mine[clips=8]", [mine]) == resolve_builder("mine", [mine])
    assert known(DataOptions("mine[clips=8]", files=(str(mine),))).name == "mine"
    assert known(DataOptions("mine[ clips = 4 ]", files=(str(mine),))).name == "mine[clips=4]"
    assert chosen_set([mine], "--data NAME") == "mine"


def test_files_are_kept_by_their_full_paths_once(mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    assert known(DataOptions("mine", files=["mine.py", str(mine)])).files == (str(mine),)
    assert known(DataOptions("mine", files="mine.py")).files == (str(mine),)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mien", "Unknown data set `mien`; did you mean `mine`"),
        ("mine[clip=2]", "Data set `mine` has no parameter `clip`; its parameters: `clips`"),
        ("mine[clips=2.5]", "Parameter `clips` must be an integer"),
        ("mine[clips", "A data set is written `name` or `name\\[parameter=value,…\\]`"),
    ],
)
def test_a_label_that_names_none_is_refused(mine, name, said):
    with pytest.raises(InputError, match=said):
        open_dataset(DataOptions(name, files=(str(mine),)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: "1 / 0", "Data set file `.*` must run. Found ZeroDivisionError"),
        (lambda text: "x = 1", "subclass `prunebench.harness.data.DataSetBuilder` and define `build`"),
        (lambda text: text.replace("def build(", "def make("), "class `Mine` lacks `build`"),
        (lambda text: text.replace("@dataclass(frozen=True)", ""), "must be decorated with"),
        (lambda text: text.replace('"mine"', '"synth"'), "must have a unique name. Found `synth`"),
        (
            lambda text: text.replace("clips: int", "holds: ClassVar[int] = 3\n    clips: int"),
            "`holds` must be text",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(mine, source, change, said):
    mine.write_text(change(source))
    with pytest.raises(InputError, match=said):
        known(DataOptions("mine", files=(str(mine),)))


def test_options_of_other_sets_are_refused(mine):
    with pytest.raises(InputError, match="Option `seconds` is only for `synth`, `fsd50k` and `folder`"):
        DataOptions("mine", files=(str(mine),), seconds=2)
    with pytest.raises(InputError, match="`synth` is built in: set `name`"):
        DataOptions(files=(str(mine),))
    with pytest.raises(InputError, match=r"`files` must be a list of Python files. Found `files = 3`"):
        DataOptions("mine", files=3)
    with pytest.raises(InputError, match="Option `root` is for data sets in a folder"):
        known(DataOptions("mine", files=(str(mine),), root="."))


def test_a_set_in_a_folder_asks_for_it(mine, source, tmp_path):
    mine.write_text(source.replace("clips: int", 'holds: ClassVar[str] = "sounds"\n    clips: int'))
    with pytest.raises(InputError, match="needs option `root`: give the folder with sounds"):
        known(DataOptions("mine", files=(str(mine),)))
    with pytest.raises(
        InputError, match=r"There is no folder `.*`: set option `root` to the folder with sounds"
    ):
        open_dataset(DataOptions("mine", files=(str(mine),), root=str(tmp_path / "absent")))
    assert open_dataset(DataOptions("mine", files=(str(mine),), root=str(tmp_path))).label == "mine"


def test_several_sets_must_be_told_apart(mine, source, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(source.replace('"mine"', '"yours"'))
    with pytest.raises(InputError, match="define `mine`, `yours`: name one with `--data NAME`"):
        chosen_set([mine, other], "--data NAME")


def test_an_installed_set_is_one_like_any_other(source, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path / "site")
    (tmp_path / "site").mkdir()
    install(tmp_path / "site", source, mine="Mine", broken="Absent", esc50="Mine")
    assert {"mine", "broken"} <= set(installed_sets())
    found = open_dataset(DataOptions("mine[clips=4]"))
    assert (found.label, len(found.training)) == ("mine[clips=4]", 4)
    assert "content" not in found.identity
    with pytest.raises(InputError, match="Data set `broken` of distribution `plug-data` must load"):
        builder_class("broken")
    assert "has the name of a built-in data set" in claimed_names()["esc50"]
    with pytest.raises(InputError, match="Unknown data set `mien`; did you mean `mine`"):
        DataOptions("mien")

"""Every kind of label names its pruner, in one place."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from prunebench.baselines.peers.peer_registry import PEERS
from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.pruning.score_files import write_scores
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.sources import content_hash, resolve
from prunebench.pruners import BUILTIN

SOURCE = '''
"""A pruner without packaging."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from prunebench.pruners import LayerView, Pruner
from prunebench.pruners.l1 import L1Norm  # of another module, so none of this file's


@dataclass(frozen=True)
class Powered(Pruner):
    reference: ClassVar[str] = ""
    power: float = 1

    @abstractmethod
    def extra(self): ...


@dataclass(frozen=True)
class Mine(Powered):
    name: ClassVar[str] = "mine"

    def extra(self): ...

    def score(self, layer: LayerView):
        return layer.weight.abs().flatten(1).amax(1) ** self.power
'''
NAME = '    name: ClassVar[str] = "mine"\n'


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return file


@pytest.fixture
def model() -> Cnn14:
    return Cnn14([4] * 12, n_classes=3, embedding=5)


def install_family(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, source: str) -> None:
    """A distribution with a family `xy` of pruners, as pip leaves it in a folder."""
    monkeypatch.syspath_prepend(folder)
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[prunebench.pruner_families]\nxy = {module}:PRUNERS\n")
    importlib.invalidate_caches()


def refused(label: str, *files: Path) -> str:
    with pytest.raises(InputError) as error:
        resolve(label, files)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", [*BUILTIN, *PEERS])
def test_built_in_pruners_and_peers(name: str) -> None:
    assert resolve(name) == ({**BUILTIN, **PEERS}[name])()
    assert resolve(resolve(name).label) == resolve(name)


def test_parameters() -> None:
    assert resolve("tp:magnitude[p=1]").label == "tp:magnitude[p=1]"
    assert resolve("nystrom_similarity[landmarks=3]").label == "nystrom_similarity[landmarks=3]"
    assert "has no parameter `q`; its parameters: `p`" in refused("tp:magnitude[q=1]")
    assert "`p` must be a finite number above 0" in refused("tp:magnitude[p=-1]")


def test_a_family_of_another_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Cnn14
) -> None:
    source = SOURCE.replace('"mine"', '"xy:mine"') + "\n\nPRUNERS = {Mine.name: Mine}\n"
    install_family(tmp_path, monkeypatch, "family_resolved", source)
    pruner = resolve("xy:mine[power=2]")
    assert pruner.label == "xy:mine[power=2]"
    assert content_hash(pruner) is None
    assert scored_layers(model, pruner, ["C9"]).scores["C9"].shape == (4,)
    assert "Unknown pruner `xy:mines`; did you mean `xy:mine`?" in refused("xy:mines")


def test_a_family_that_fails_to_load_says_why_and_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_family(tmp_path, monkeypatch, "family_broken", "import nothing_of_that_name")
    assert "Family of pruners `xy` must load. Found ModuleNotFoundError" in refused("xy:mine")
    assert resolve("tp:magnitude").name == "tp:magnitude"


def test_unknown_names_come_with_the_nearest(mine: Path) -> None:
    assert "Unknown pruner `l3`; did you mean `l2` or `l1`?" in refused("l3")
    assert "did you mean `tp:magnitude`" in refused("tp:magnitud")
    assert "did you mean `mine`" in refused("mines", mine)
    assert "A pruner is written `name`" in refused("two words")


def test_a_pruner_of_a_file(mine: Path, model: Cnn14) -> None:
    pruner = resolve("mine[power=2]", [mine])
    assert pruner.label == "mine[power=2]"
    found = scored_layers(model, pruner, ["C9"]).scores["C9"]
    assert np.allclose(found, model.convolution("C9").weight.detach().flatten(1).abs().amax(1) ** 2)
    assert pickle.loads(pickle.dumps(pruner)) == pruner
    assert resolve("mine", [mine, mine]) == resolve("mine", [mine])
    assert "Unknown pruner `mine`" in refused("mine")


def test_the_content_of_a_file_is_what_tells_it(mine: Path, tmp_path: Path) -> None:
    before = content_hash(resolve("mine", [mine]))
    moved = tmp_path / "elsewhere.py"
    moved.write_text(SOURCE)
    assert content_hash(resolve("mine", [moved])) == before
    mine.write_text(SOURCE.replace("amax", "amin"))
    assert content_hash(resolve("mine", [mine])) not in (None, before)
    assert content_hash(resolve("l1")) is None
    assert content_hash(resolve("tp:magnitude")) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("@dataclass(frozen=True)\nclass Mine", "class Mine"),
            "does not meet the contract: its class must be",
        ),
        (('"mine"', '"l1"'), "must have a unique name. Found `l1`"),
        (
            ('"mine"', '"tp:magnitude"'),
            "must not begin with `tp:`, because prunebench uses this beginning for other pruners. Found `tp:magnitude`",
        ),
        (
            ('"mine"', '"scores:mine"'),
            "must not begin with `scores:`, because prunebench uses this beginning for other pruners. "
            "Found `scores:mine`",
        ),
        (("class Mine", "class Mine(:"), "must run. Found SyntaxError"),
        (("import LayerView", "import Nothing, LayerView"), "must run. Found ImportError"),
        (("from abc", "raise SystemExit(0)\nfrom abc"), "must run. Found SystemExit: 0."),
        (("from abc", "class E(BaseException): ...\nraise E\nfrom abc"), "must run. Found E."),
        ((NAME, NAME + "    needs = 5\n"), "must declare itself. Found TypeError"),
        (
            (NAME, NAME + "    label = property(lambda self: 1 / 0)\n"),
            "must have a label and declarations. Found ZeroDivisionError",
        ),
        (
            (NAME, NAME + "    label = 5\n"),
            "must have a label and declarations. Found TypeError: 5 is not text",
        ),
        (
            (NAME, NAME + "    own_budget = property(lambda self: 1 / 0)\n"),
            "must have a label and declarations. Found ZeroDivisionError",
        ),
        (
            (NAME, NAME + "\n    def __hash__(self):\n        raise SystemExit\n"),
            "must have a label and declarations. Found SystemExit",
        ),
        (
            (NAME, NAME + "\n    def __post_init__(self):\n        raise SystemExit\n"),
            "`mine` cannot take its defaults: SystemExit.",
        ),
        (("    def extra(self): ...\n\n    def score", "    def score"), "must define a pruner. Found none"),
    ],
)
def test_files_that_cannot_be_used(mine: Path, change: tuple[str, str], message: str) -> None:
    text = SOURCE.replace(*change)
    assert text != SOURCE
    mine.write_text(text)
    assert message in refused("mine", mine)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("        return", "        [] / 2\n        return"),
            r"must score layer C7 without exceptions\. Found TypeError: unsupported .* \(line {line} of mine\.py\)\.$",
        ),
        (
            ("        return", "        raise SystemExit(0)\n        return"),
            r"must score layer C7 without exceptions\. Found SystemExit: 0 \(line {line} of mine\.py\)\.$",
        ),
        (  # the last of the pruner's own lines, not that of the library that raised
            ("        return", "        import json; json.loads('?')\n        return"),
            r"Found JSONDecodeError: .* \(line {line} of mine\.py\)\.$",
        ),
        (
            ("        return", "        layer.gradients\n        return"),
            r"Found LookupError: .* declare it in `needs`",
        ),
        (
            ("        return ", "        return 0, "),
            r"must give a dense tensor of real scores in layer C7\. Found: of type tuple",
        ),
        (("** self.power", ".to_sparse()"), r"layer C7\. Found: sparse \(sparse_coo\)"),
        (("** self.power", ".to('meta')"), r"layer C7\. Found: without values \(device `meta`\)"),
        (("** self.power", "* 1j"), r"layer C7\. Found: complex \(complex64\)"),
        (
            ("        return ", "        return float('-inf') * "),
            r"one finite score per filter.* that are not finite\.",
        ),
        (("amax(1)", "amax()"), r"shape \(4,\), in layer C7\. Found shape \(\)"),
        (("** self.power", ".amax().expand(1 << 40)"), r"in layer C7\. Found shape \(1099511627776,\)"),
        (
            ("** self.power", ".to(__import__('torch').float8_e4m3fn)"),
            r"layer C7\. Found: of too few bits \(float8_e4m3fn\)",
        ),
    ],
)
def test_scores_that_a_pruner_of_a_file_cannot_give(
    mine: Path, model: Cnn14, change: tuple[str, str], message: str
) -> None:
    mine.write_text(SOURCE.replace(*change))
    line = SOURCE[: SOURCE.index("        return")].count("\n") + 1
    with pytest.raises(InputError, match=message.replace("{line}", str(line))) as refusal:
        scored_layers(model, resolve("mine", [mine]), ["C7"])
    assert "\n" not in str(refusal.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "absent.py`: give a Python file that defines a pruner." in refused("mine", tmp_path / "absent.py")
    (tmp_path / "mine.txt").write_text(SOURCE)
    assert "must be a Python file, `NAME.py`" in refused("mine", tmp_path / "mine.txt")


def test_two_files_with_pruners_of_one_name(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(SOURCE + "\n")
    assert f"must have a unique name. Found `mine` in `{other}`" in refused("mine", mine, other)


def test_scores_from_files_are_a_pruner(tmp_path: Path, model: Cnn14) -> None:
    scores = np.array([3.0, -1.0, 2.0, 2.0])
    write_scores(tmp_path, {"C7": scores})
    pruner = resolve(f"scores:{tmp_path}")
    assert pruner.label == f"scores:{tmp_path}"
    assert not pruner.order_free  # scores belong to places, whatever filters are stored there
    assert scored_layers(model, pruner, ["C7"]).scores["C7"].tolist() == scores.tolist()
    before = content_hash(pruner)
    write_scores(tmp_path, {"C7": scores + 1})
    after = resolve(f"scores:{tmp_path}")
    assert content_hash(after) != before
    assert scored_layers(model, after, ["C7"]).scores["C7"].tolist() == (scores + 1).tolist()


def test_scores_that_do_not_fit(tmp_path: Path, model: Cnn14) -> None:
    write_scores(tmp_path, {"C7": np.arange(5.0)})
    pruner = resolve(f"scores:{tmp_path}")
    with pytest.raises(InputError, match=r"one score per filter\. Found 5 for the 4 filters of layer C7"):
        scored_layers(model, pruner, ["C7"])
    with pytest.raises(
        InputError, match=r"must contain a file `C8.npz` or `sim_index8.npy`. Found files only for C7"
    ):
        scored_layers(model, pruner, ["C8"])
    with pytest.raises(
        InputError, match=r"must contain a file `features\.0\.0\.npz`\. Found files only for C7"
    ):
        pruner.of_layer("features.0.0", 4)


def test_a_folder_without_scores(tmp_path: Path) -> None:
    assert "must contain `C1.npz`" in refused(f"scores:{tmp_path}")
    assert f"There is no folder `{tmp_path / 'absent'}`" in refused(f"scores:{tmp_path / 'absent'}")
    assert "must contain `C1.npz`" in refused("scores:")

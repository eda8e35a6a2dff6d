import gc
import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import settings

from prunebench.eval.text.install_advice import how_to_get

# Several workers test side by side: with a thread for every core in each of them they would take three times as long.
# Numerical libraries read this when they are loaded, here and in every process that a test starts.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# pytest-xdist tells its workers a width of 80 columns. Tests read the output of a pipe, which has no width.
for variable in ("COLUMNS", "LINES"):
    os.environ.pop(variable, None)

# How long an example takes depends on what else the machine does, and is no property of the code.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


def folder_of(variable: str, what: str) -> Path:
    """The folder that an environment variable names; a test that asks for it is skipped where there is none."""
    root = os.environ.get(variable)
    if not root:
        pytest.skip(f"{variable} is not set: it names a folder {what}")
    return Path(root)


@pytest.fixture(scope="session")
def esc10_root() -> Path:
    """Folder of real recordings in ESC-50 layout."""
    return folder_of("PRUNEBENCH_ESC10", "of ESC-10 recordings in ESC-50 layout")


@pytest.fixture(scope="session")
def esc50_root() -> Path:
    """Folder of real recordings of ESC-50 at 16 kHz."""
    return folder_of("PRUNEBENCH_ESC50", "of ESC-50 recordings")


@pytest.fixture(scope="session")
def mn04_root() -> Path:
    """Folder that holds the published weights of EfficientAT's mn04."""
    return folder_of("PRUNEBENCH_MN04", "with EfficientAT's mn04_as_mAP_432.pt")


@pytest.fixture
def noises_file(tmp_path: Path) -> Path:
    """A copy of a Python file that defines the data set `mine`, two classes of noise."""
    return shutil.copy(
        Path(__file__).parent / "harness" / "data" / "plugins" / "noises.py", tmp_path / "mine.py"
    )


@pytest.fixture(scope="session")
def timm() -> Iterator[ModuleType]:
    """timm, beside a build of torchvision for other devices than torch's too.

    Such a build does not import, since its compiled operators are not there. Two of them declared without a body let it
    import; none of them is run.
    """
    for package in ("timm", "torchvision"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: {how_to_get('timm')}")
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        yield importlib.import_module("timm")
        return
    yield importlib.import_module("timm")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays: looking for garbage among it again and again takes a third of the time of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") is not None and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device, which this test needs")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-baselines",
        action="store_true",
        help="write baselines/cnn14 anew: tox -e regression -- --update-baselines",
    )


@pytest.fixture(scope="session")
def frozen_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The text of a configuration, and a folder with its base models of seeds 0 and 1, frozen as the set `tiny-w32`."""
    from prunebench.harness.config.config import load_config
    from prunebench.harness.freezing.freezing import freeze_bases
    from prunebench.harness.workspace.cache import Cache

    root = tmp_path_factory.mktemp("frozen")
    text = (
        'name = "tiny-w32"\nworkers = 0\n[data]\ntraining_clips = 32\nvalidation_clips = 24\ntest_clips = 30\n'
        "[model]\nwidth = 0.03125\n[base]\nseeds = [0, 1]\nsteps = 4\nbatch = 8\n"
    )
    (root / "tiny.toml").write_text(text)
    config = load_config(str(root / "tiny.toml"))
    list(freeze_bases(config, root / "set", Cache(root / "cache"), lambda *told: None))
    return text, root / "set"


@pytest.fixture(scope="session")
def bases_distribution(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes files as a distribution that brings frozen base models; gives their folder, in the one to be imported."""

    def write(*files: Path, name: str = "prunebench-bases") -> Path:
        site = tmp_path_factory.mktemp("site")
        module = f"bases_{abs(hash(site))}"  # a module of an earlier test would be found loaded
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        for folder in (site / module, info):
            folder.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[prunebench.bases]\n{name} = {module}:FOLDER\n")
        (site / module / "__init__.py").write_text(
            "from pathlib import Path\n\nFOLDER = Path(__file__).parent\n"
        )
        for file in files:
            shutil.copy2(file, site / module)
        return site / module

    return write


@pytest.fixture
def install_bases(
    monkeypatch: pytest.MonkeyPatch, bases_distribution: Callable[..., Path]
) -> Callable[..., Path]:
    """Installs files as a distribution that brings frozen base models, for as long as the test; gives their folder."""

    def install(*files: Path, name: str = "prunebench-bases") -> Path:
        folder = bases_distribution(*files, name=name)
        monkeypatch.syspath_prepend(str(folder.parent))
        return folder

    return install

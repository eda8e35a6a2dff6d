"""Pruners from a Python file, without packaging."""

from __future__ import annotations

from pathlib import Path

from prunebench.harness.networks.plugin_code import Kind, PluginFile, load_plugin_file
from prunebench.harness.networks.plugin_code import content_of as content_of_kind
from prunebench.pruners.contract import Pruner
from prunebench.pruners.declaration import declaration_problem

PRUNERS = Kind("pruner", Pruner, "score", declaration_problem)  # type: ignore[type-abstract]


<<<<<<< HEAD
@dataclass(frozen=True)
class PrunerFile:
    """What a file holds.

    Args:
        path: of the file.
        classes: its pruners, in the order in which they stand there.
    """

    path: Path
    classes: tuple[type[Pruner], ...]


def load_pruner_file(path: Path | str) -> PrunerFile:
    """Run a Python file and take the pruners that it defines.

    Raises:
        InputError: for a file that is missing or fails to run, holds no pruner, or one that does not meet the
            contract.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"A pruner file must be a Python file. Found none at `{file}`.")
    return _loaded(file.resolve(), hashlib.sha256(file.read_bytes()).hexdigest())


def content_of(cls: type[Pruner]) -> str | None:
    """Hash of the file that a class was loaded from, `None` for one that was imported."""
    return cls.__module__.removeprefix(_MODULE) if cls.__module__.startswith(_MODULE) else None


@functools.lru_cache(maxsize=32)
def _loaded(file: Path, content: str) -> PrunerFile:
    module = _run(file, _MODULE + content)
    classes = [
        cls
        for cls in vars(module).values()
        if inspect.isclass(cls)
        and issubclass(cls, Pruner)
        and cls.__module__ == module.__name__
        and not inspect.isabstract(cls)
    ]
    if not classes:
        raise InputError(
            f"A pruner file must define a pruner. Found none in `{file}`: subclass "
            "`prunebench.pruners.Pruner` and define `score`."
        )
    for cls in classes:
        with foreign_code(f"Class `{cls.__name__}` of `{file}` must declare itself"):
            problem = declaration_problem(cls)
        if problem is not None:
            raise InputError(f"Class `{cls.__name__}` of `{file}` does not meet the contract: {problem}")
    return PrunerFile(file, tuple(classes))


def _run(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"A pruner file must be a Python file, `NAME.py`. Found `{file}`.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look classes up there
    try:
        with foreign_code(f"Pruner file `{file}` must run", loading=True):
            spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    return module
=======
def load_pruner_file(path: Path | str) -> PluginFile[Pruner]:
    """Run a Python file and take the pruners that it defines; errors as `load_plugin_file`."""
    return load_plugin_file(path, PRUNERS)


def content_of(cls: type[Pruner]) -> str | None:
    """Hash of the file that a pruner's class was loaded from, `None` for one that was imported."""
    return content_of_kind(cls, PRUNERS)
>>>>>>> 80d7827 (Any module is pruned from Python: groups are found by tracing it, several writers are joined, removal is held against masking, and criteria refuse layers they cannot score)

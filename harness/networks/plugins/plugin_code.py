"""Plug-in classes of a Python file that the user names, without packaging."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code

T = TypeVar("T")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What is looked for in a file.

    Args:
        word: what it is called, `"pruner"`.
        base: the class that its classes subclass.
        define: what a class must define.
        problem: what the contract asks and a class has not, as a sentence.
    """

    word: str
    base: type[T]
    define: str
    problem: Callable[[object], str | None]

    @property
    def module(self) -> str:
        """How the modules of such files begin."""
        return f"prunebench_{self.word.replace(' ', '_')}_file_"


@dataclass(frozen=True)
class PluginFile(Generic[T]):
    """What a file holds.

    Args:
        path: of the file.
        classes: its plug-in classes, in the order of the file.
    """

    path: Path
    classes: tuple[type[T], ...]


def load_plugin_file(path: Path | str, kind: Kind[T]) -> PluginFile[T]:
    """Run a Python file and take the classes that it defines.

    Raises:
        InputError: for a file that is missing or fails to run, holds no such class, or one that does not meet the
            contract.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file `{file}`: give a Python file that defines a {kind.word}.")
    return _loaded(file.resolve(), hashlib.sha256(file.read_bytes()).hexdigest(), kind)


def plugin_classes(
    files: Sequence[Path | str], kind: Kind[T], taken: Callable[[], Collection[str]]
) -> dict[str, type[T]]:
    """The classes of some files, by name.

    Args:
        files: Python files.
        kind: what is looked for; its classes have a `name`.
        taken: names that a class of a file must not have; asked for where there is a file.

    Raises:
        InputError: for a file that cannot be used, or a name that is taken.
    """
    found: dict[str, type[T]] = {}
    listed = [files] if isinstance(files, str | Path) else files
    for loaded in (load_plugin_file(file, kind) for file in listed):
        for cls in loaded.classes:
            name = str(getattr(cls, "name", ""))
            if name in taken() or found.get(name, cls) is not cls:
                raise InputError(
                    f"A {kind.word} of a file must have a unique name. Found `{name}` in `{loaded.path}`, the name "
                    f"of another {kind.word}: rename it."
                )
            found[name] = cls
    return found


def content_of(cls: type, kind: Kind[Any]) -> str | None:
    """Hash of the file that a class was loaded from, `None` for one that was imported."""
    return cls.__module__.removeprefix(kind.module) if cls.__module__.startswith(kind.module) else None


@functools.lru_cache(maxsize=32)
def _loaded(file: Path, content: str, kind: Kind[Any]) -> PluginFile[Any]:
    module = _run(file, kind, content)
    defined = [
        cls
        for cls in vars(module).values()
        if inspect.isclass(cls) and issubclass(cls, kind.base) and cls.__module__ == module.__name__
    ]
    classes = [cls for cls in defined if not inspect.isabstract(cls)]
    if not classes:
        base = f"{kind.base.__module__.rpartition('.')[0]}.{kind.base.__name__}"
        advice = f"subclass `{base}` and define `{kind.define}`."
        if defined:  # a class that lacks something may be the base of others, and there are none
            lacking = sorted(getattr(defined[0], "__abstractmethods__", ()))
            advice = f"class `{defined[0].__name__}` lacks {', '.join(map('`{}`'.format, lacking))}."
        raise InputError(f"A {kind.word} file must define a {kind.word}. Found none in `{file}`: {advice}")
    for cls in classes:
        with foreign_code(f"Class `{cls.__name__}` of `{file}` must declare itself"):
            problem = kind.problem(cls)
        if problem is not None:
            raise InputError(f"Class `{cls.__name__}` of `{file}` does not meet the contract: {problem}")
    return PluginFile(file, tuple(classes))


def _run(file: Path, kind: Kind[Any], content: str) -> ModuleType:
    name = kind.module + content
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"A {kind.word} file must be a Python file, `NAME.py`. Found `{file}`.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look classes up there
    try:
        must = f"{kind.word.capitalize()} file `{file}` must run"
        with foreign_code(must, lambda error: _beside(file, error), loading=True):
            spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    return module


def _beside(file: Path, error: BaseException) -> str:
    """What to do where the file imports another one of its folder, whose content no identity would contain."""
    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    found = next(
        (path for path in (file.parent / f"{name}.py", file.parent / name) if name and path.exists()), None
    )
    if found is None:
        return ""
    return (
        f". `{found.name}` lies beside the file, but a run reads and keeps only the file itself: copy the code into "
        "it, or install the module as a package"
    )

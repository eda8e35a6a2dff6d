"""The packages that count MACs, loaded when their count is asked for.

thop has had no release since 2022 and imports `distutils`, which Python 3.12 took out; fvcore compiles with TorchScript
while it is imported, which torch deprecates. A day may come when one of them does not import: then its own figures are
absent, with the reason, and nothing else is.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised

MODULES = {"fvcore": "fvcore.nn", "thop": "thop", "torch-pruning": "torch_pruning.utils"}


class NoCounter(InputError):
    """A counting package cannot be imported."""


def counting_package(name: str) -> Any:
    """The module of a package that counts.

    Args:
        name: of the distribution, one of `MODULES`.

    Raises:
        NoCounter: for whatever is raised while it is imported.
    """
    try:
        with warnings.catch_warnings():
            # fvcore compiles a loss with TorchScript, thop compares versions by distutils.
            warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
            warnings.filterwarnings("ignore", "distutils Version classes are deprecated", DeprecationWarning)
            warnings.filterwarnings("ignore", "The distutils package is deprecated", DeprecationWarning)
            with contextlib.suppress(ImportError):
                # It brings the distutils of thop, and warns wherever it is loaded only afterwards.
                importlib.import_module("setuptools")
            return importlib.import_module(MODULES[name])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # code of others
        raise NoCounter(
            f"`{name}` cannot be imported, so its counts are absent ({raised(error)}): reinstall it, or use the "
            "other counters."
        ) from error

"""Energy of a forward pass where the machine lets it be read: Intel's and AMD's RAPL counters, by Linux' powercap.

The counters hold the microjoules of a whole processor package, idle power and other processes included, and wrap
around; so the pass is repeated for some seconds on an otherwise idle machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.child import in_child
from prunebench.eval.runtime.forward import LOG_MEL_CLIP, Factory, forward_pass

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class EnergyUsed:
    """Joules of one call, and what they were taken from.

    Args:
        joules: of one call, all processor packages together.
        calls: how often it was called.
        seconds: how long that took in all.
    """

    joules: float
    calls: int
    seconds: float


def energy_missing(root: Path = POWERCAP) -> str | None:
    """Why energy cannot be read here, in one sentence; `None` where it can."""
    packages = _packages(root)
    if not packages:
        return f"Energy needs RAPL counters under `{root}`. Found none: this machine or system does not offer them."
    for package in packages:
        try:
            _microjoules(package)
        except OSError as error:
            file = package / "energy_uj"
            return f"Energy needs the counter `{file}`, which cannot be read ({error.strerror}): run as root."
    return None


def measure_energy(run: Callable[[], object], seconds: float = 2.0, root: Path = POWERCAP) -> EnergyUsed:
    """Joules of one call, by repeating it for some seconds.

    Args:
        run: what is measured; called at least once beforehand.
        seconds: how long to repeat it; shorter than a counter takes to wrap around, which is minutes.
        root: of the powercap tree.

    Raises:
        OSError: where `energy_missing` says why.
    """
    packages = _packages(root)
    run()
    before = [_microjoules(package) for package in packages]
    started, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - started < seconds:
        run()
        calls += 1
    took = time.perf_counter() - started
    spent = 0
    for package, begin in zip(packages, before, strict=True):
        end = _microjoules(package)
        # A counter that ended below its beginning went through its largest value once.
        spent += (
            end - begin if end >= begin else end - begin + int((package / "max_energy_range_uj").read_text())
        )
    return EnergyUsed(spent / 1e6 / calls, calls, took)


def forward_energy(
    factory: Factory,
    kwargs: Mapping[str, object],
    input_shape: Sequence[int] = LOG_MEL_CLIP,
    method: str = "from_log_mel",
    *,
    threads: int = 1,
) -> float:
    """Joules of one forward pass, in a fresh child process.

    Args:
        factory, kwargs, input_shape, method, threads: as `prunebench.eval.peak_memory` takes them.

    Raises:
        InputError: where energy cannot be read, as `energy_missing` says.
        MeasurementError: if the model cannot be built or run.
    """
    missing = energy_missing()
    if missing is not None:
        raise InputError(missing)
    return in_child(threads, _joules, factory, dict(kwargs), tuple(input_shape), method)


def _joules(factory: Factory, kwargs: Mapping[str, object], input_shape: Sequence[int], method: str) -> float:
    return measure_energy(forward_pass(factory, kwargs, method, input_shape)).joules


def _packages(root: Path) -> list[Path]:
    """Processor packages: `intel-rapl:0`, not their parts `intel-rapl:0:0`, nor the platform that includes them."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.glob("*-rapl:*") if path.name.count(":") == 1 and _is_package(path))


def _is_package(zone: Path) -> bool:
    """Whether a zone is a package: one that is named `psys` is the whole platform, with its packages."""
    name = zone / "name"
    return (zone / "energy_uj").exists() and (not name.exists() or name.read_text().startswith("package"))


def _microjoules(package: Path) -> int:
    return int((package / "energy_uj").read_text())

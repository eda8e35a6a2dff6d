"""Joules from a powercap tree, its counters wrapping around, or the reason why there are none."""

from pathlib import Path

import pytest

from prunebench.eval import InputError
from prunebench.eval.runtime import forward_energy as energy
from prunebench.eval.runtime.forward_energy import energy_missing, forward_energy, measure_energy


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, value in (("intel-rapl:0", 1_000), ("intel-rapl:1", 990_000), ("intel-rapl:0:0", 5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{value}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("1000000\n")
    return tmp_path


def test_packages_are_added_and_wrap_around(tree: Path) -> None:
    def spend() -> None:
        for name, microjoules in (("intel-rapl:0", 30_000), ("intel-rapl:1", 20_000), ("intel-rapl:0:0", 7)):
            file = tree / name / "energy_uj"
            file.write_text(str((int(file.read_text()) + microjoules) % 1_000_000))

    found = measure_energy(spend, seconds=0, root=tree)
    assert found.calls == 1
    assert found.joules == pytest.approx(0.05)  # the part `0:0` is in its package already
    assert energy_missing(tree) is None


def test_a_platform_is_no_package(tree: Path) -> None:
    """`psys` of many laptops includes the packages, so its joules would count twice."""
    (tree / "intel-rapl:0" / "name").write_text("package-0\n")
    (tree / "intel-rapl:1" / "name").write_text("psys\n")

    def spend() -> None:
        for name, microjoules in (("intel-rapl:0", 100), ("intel-rapl:1", 300)):
            file = tree / name / "energy_uj"
            file.write_text(str(int(file.read_text()) + microjoules))

    assert measure_energy(spend, seconds=0, root=tree).joules == pytest.approx(1e-4)


def test_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "energy_missing", lambda: "Energy needs a meter.")
    with pytest.raises(InputError, match="needs a meter"):
        forward_energy(dict, {})
    assert "Found none" in str(energy_missing(tmp_path / "nowhere"))
    (tmp_path / "intel-rapl:0" / "energy_uj").mkdir(parents=True)
    assert "must" not in str(energy_missing(tmp_path))
    assert "which cannot be read (Is a directory): run as root." in str(energy_missing(tmp_path))

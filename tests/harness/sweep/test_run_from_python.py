"""A sweep from Python: a preset, a path or a mapping, and what is told of its progress."""

import pytest
import tomli_w

from prunebench import harness, reports
from prunebench.eval.errors import InputError

TABLES = {
    "name": "small",
    "workers": 0,
    "data": {"name": "synth", "training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
    "model": {"width": 1 / 64},
    "base": {"seeds": [0], "steps": 2, "batch": 4},
    "prune": {"criteria": ["l1", "random"], "ratios": [0.5], "scopes": ["C12"], "seeds": [0]},
    "finetune": {"scopes": ["none"]},
    "measure": {"latency": False},
}


def test_a_mapping_and_a_file_are_the_same_run(tmp_path):
    told = []
    first = harness.run(
        TABLES,
        tmp_path / "run",
        cache=tmp_path / "cache",
        on_progress=lambda progress, news: told.append(news),
    )
    assert first == (again := harness.run(TABLES, str(tmp_path / "run"), cache=str(tmp_path / "cache")))
    assert again.failed == 0
    (tmp_path / "small.toml").write_text(tomli_w.dumps(TABLES))
    harness.run(
        tmp_path / "small.toml", tmp_path / "other", cache=tmp_path / "cache", settings=["name=small"]
    )
    one, other = (reports.load_frame(tmp_path / name) for name in ("run", "other"))
    assert len(one) == first.cells > 1
    assert one["cell"].tolist() == other["cell"].tolist()
    assert one["map"].tolist() == other["map"].tolist()
    assert sum(news is not None and news.phase == "cells" for news in told) == first.cells
    written = reports.write(tmp_path / "run", tables_only=True)
    assert (tmp_path / "run" / "report" / "summary.csv") in written.files
    assert repr(written).startswith("<Report of small: ")
    assert len(repr(written)) < 300


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("quik", "neither a preset nor an existing TOML file; did you mean `quick`"),
        ({"prune": {"ratio": [0.5]}}, "configuration: Unknown key `prune.ratio`; did you mean `ratios`"),
        ({"prune": {"ratios": object()}}, "contains a value that TOML cannot express"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(tmp_path, given, said):
    with pytest.raises(InputError) as refused:
        harness.run(given, tmp_path / "run")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()

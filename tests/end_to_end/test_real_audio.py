"""The sweep on real recordings, as they are and mixed, with reduced budgets."""

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from prunebench.cli import cli
from prunebench.eval import InputError
from prunebench.reports import load_records

SMALL = [
    "model.width=0.03125",
    "base.pretrained=false",
    "base.steps=4",
    "base.batch=4",
    "prune.criteria=['random', 'operator_norm']",
    "prune.ratios=[0.5]",
    "prune.seeds=[0]",
    "finetune.steps=2",
    "finetune.batch=4",
    "finetune.seeds=[0]",
    "finetune.rates=[1e-3]",
    "measure.latency=false",
    "workers=0",
]


def quick(folder, settings) -> Result:
    words = [word for setting in settings for word in ("--set", setting)]
    return CliRunner(env={"PRUNEBENCH_CACHE": str(folder / "cache")}).invoke(
        cli, ["run", "quick", "-o", str(folder / "run"), *words]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "label"),
    [
        ([], "esc10"),
        pytest.param(
            ["data.mix=3", "data.training_clips=24", "data.validation_clips=24", "data.test_clips=32"],
            "esc10 mix=3 training_clips=24 validation_clips=24 test_clips=32",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_quick_on_esc10(esc10_root, tmp_path, more, label):
    settings = ["data.name=esc10", f"data.root={esc10_root}", *SMALL, *more]
    found = quick(tmp_path, settings)
    assert found.exit_code == 0, found.output
    records = load_records(tmp_path / "run")
    assert {record.data for record in records} == {label}
    assert all(record.status == "done" for record in records)
    assert all(record.stages[record.last_stage]["classes_with_positives"] == 10 for record in records)
    assert (tmp_path / "run" / "report" / "map_vs_macs.svg").stat().st_size > 10_000


def test_a_recording_that_breaks_off_is_named(esc10_root, tmp_path):
    """Its header is whole, so that only decoding finds out: an `InputError`, so one sentence and exit code 2."""
    root = tmp_path / "esc10"
    (root / "meta").mkdir(parents=True)
    (root / "audio").mkdir()
    lines = (esc10_root / "meta" / "esc50.csv").read_text().splitlines()
    for path in (esc10_root / "audio").iterdir():
        (root / "audio" / path.name).symlink_to(path)
    victim = root / "audio" / f"{lines[1].split(',')[0]}.flac"
    lines[1] = lines[1].replace(victim.stem, victim.name)
    (root / "meta" / "esc50.csv").write_text("\n".join(lines) + "\n")
    soundfile.write(victim, np.random.default_rng(0).normal(0, 0.1, 5 * 44100), 44100)
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    settings = ["data.name=esc10", f"data.root={root}", *SMALL]
    found = quick(tmp_path, settings)
    assert isinstance(found.exception, InputError)
    assert victim.name in str(found.exception)

"""Each damage of an archive is told in one sentence, be it of one file or of all that should agree."""

import json
import lzma
import re
import shutil

import numpy as np
import pytest

from prunebench.eval.compressed import write_compressed
from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.verification import sample
from prunebench.harness.verification.archive_contents import read_contents
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.plan_again import plan_again
from prunebench.harness.verification.verify import verify_archive


def lines(folder, log, change):
    """Rewrite the lines of a compressed log, each of which `change` changes in place."""
    path = folder / f"{log}.xz"
    found = [json.loads(line) for line in lzma.decompress(path.read_bytes()).splitlines()]
    for line in found:
        change(line)
    path.unlink()
    write_compressed(path, "".join(f"{json.dumps(line)}\n" for line in found))


def arrays(folder, part, change):
    path = next((folder / part).glob("*.npz"))
    with np.load(path) as held:
        found = {name: held[name] for name in held.files}
    change(found)
    np.savez(path, **found)


def environment(folder, **changes):
    path = folder / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def l1(line):
    return line.get("criterion") == "l1"


def change_map(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r["stages"]["fine-tuned"].update(test_map=0.9))


def change_criterion(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(criterion="l2"))


def change_macs(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r["measures"].update(macs_backbone=1000))


def change_widths(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(widths=[*r["widths"][:-1], 3]))


def change_cell(folder):
    lines(folder, "records.jsonl", lambda r: l1(r) and r.update(cell="0" * 16))


def change_removed(folder):
    lines(folder, "removed.jsonl", lambda line: line["removed"]["C7"].pop())


def change_precision(folder):
    arrays(folder, "clips", lambda held: held["precision"].__imul__(0.99))


def change_influence(folder):
    arrays(folder, "clips", lambda held: held["influence"].__iadd__(0.01))


def drop_outcome(folder):
    arrays(folder, "clips", lambda held: held.update({name: held[name][1:] for name in list(held)}))


def change_steps(folder):
    path = folder / "config.toml"
    path.write_text(path.read_text().replace("steps = 2\n", "steps = 3\n"))


def shorten_plan(folder):
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan[:-1]))


DAMAGES = [
    (change_map, "scores", r"The record of cell \w+ \(l1 at 50 %, base seed 0\) has a test mAP of 0\.900000 for stage"),
    (change_precision, "scores", r"its scores give 0\.\d+\. 4 others like it"),
    (change_influence, "scores", r"The influences of the test clips on cell .* must add up to 0\. Found"),
    (drop_outcome, "scores", r"The archive contains no scores of cell \w+"),
    (change_removed, "filters", r"Cell \w+ \(\w+ at 50 %, base seed 0\) lost \d+ of 16 filters of `C7`, but"),
    (change_widths, "filters", r"lost 32 of 64 filters of `C12`, but its record states that 3 remain"),
    (change_criterion, "cells", r"has criterion l2; its identity belongs to l1\."),
    (change_macs, "costs", r"states macs_backbone 1,000; its widths give [\d,]+\."),
    (change_cell, "identities", r"Cell 0{16} \(l1 at 50 %, base seed 0\) is not in the plan\."),
    (change_steps, "identities", r"4 of 5 identities in `plan\.json` do not follow from `config\.toml`: one of these"),
    (
        shorten_plan,
        "identities",
        r"must contain the 5 cells of the configuration, each once, in their order\. Found 4 cells\.",
    ),
    (lambda folder: (folder / "evil.sh").touch(), "files", r"^`evil\.sh` does not belong to an archive: delete it"),
    (lambda folder: (folder / "clips" / "a.npy").touch(), "files", r"^`clips/a\.npy` does not belong to an archive"),
    (lambda folder: (folder / ".git" / "hooks").mkdir(parents=True) or (folder / ".git" / "hooks" / "x").touch(),
     "files", r"^`\.git/hooks/x` does not belong to an archive"),
    (lambda folder: (folder / "more").symlink_to("/"), "files", r"^`more` does not belong to an archive"),
    (lambda folder: (folder / "pruners").mkdir() or (folder / "pruners" / "mine-01234567.py").touch(),
     "files", r"^`pruners/mine-01234567\.py` does not belong to an archive"),
    (lambda folder: environment(folder, torch=""), "environment", r"`environment\.json` does not state `torch`\."),
    (lambda folder: environment(folder, packages={"numpy": "2"}), "environment", "the version of prunebench"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "check", "said"), DAMAGES)
def test_each_damage_is_told_in_one_sentence(copy, installed, damage, check, said):
    damage(copy)
    found = verify_archive(copy)
    assert found.verdict == Answer.DIFFERS
    (first, *_) = [f for f in found.findings if f.verdict == Answer.DIFFERS and f.check == check]
    assert_matches(said, first.said)
    assert not found.sample, "nothing is computed where the files already differ"


def assert_matches(pattern, text):
    assert re.search(pattern, text), text


def test_a_cell_that_does_not_repeat_is_named_with_how_far_it_is_away(copy, installed):
    """Scores, record and curve agree, and yet nothing computed them."""
    outcomes = []

    def better(record):
        if l1(record):
            record["stages"]["fine-tuned"]["test_map"] += 0.001
            outcomes.append(record["outcome"])

    def scores(held):
        held["precision"][list(held["outcomes"]).index(outcomes[0])] += 0.001

    lines(copy, "records.jsonl", better)
    arrays(copy, "clips", scores)
    contents = read_contents(copy)
    cells = sample.candidates(contents, plan_again(contents, load_config(str(copy / "config.toml"))))
    seed = next(s for s in range(99) if sample.chosen(cells, 1, s)[0].criterion == "l1")
    found = verify_archive(copy, sample=1, seed=seed)
    assert found.verdict == Answer.DIFFERS
    (finding,) = [f for f in found.findings if f.verdict == Answer.DIFFERS]
    assert_matches(
        r"^Cell \w+ \(l1 at 50 %, base seed 0\) does not repeat: test_map of stage `fine-tuned` is -0\.001000 away "
        r"from the record, and must be the same on this machine\.$",
        finding.said,
    )
    assert found.to_json()["sample"][0]["difference"] == pytest.approx(-0.001, abs=1e-9)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: environment(folder, archive_schema_version=2), "An archive must have archive_schema_version"),
        (lambda folder: (folder / "records.jsonl.xz").write_bytes(b"x" * 99), "is not a file compressed with xz"),
        (lambda folder: (folder / "plan.json").unlink(), "which has no `plan.json`"),
        (lambda folder: shutil.rmtree(folder / "targets"), r"lacks `targets/synth_.*\.npz`, from which test mAP"),
        (lambda folder: arrays(folder, "clips", lambda held: held.pop("precision")), "must be an npz archive that"),
        (lambda folder: (folder / "removed.jsonl").write_text("{}"), r"contains `removed\.jsonl` twice, compressed"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(copy, damage, said):
    damage(copy)
    with pytest.raises(InputError, match=said):
        verify_archive(copy, sample=0)

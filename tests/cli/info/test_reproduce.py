"""`reproduce epanns` without weights or data."""

import json
import re

import pytest


def test_the_table_of_claims(cli, tmp_path):
    code, out, _ = cli("reproduce", "epanns", "-o", "epanns.md")
    assert code == 0
    for text in ("23,205,839 (0.287)", "13.466 G (0.638)", "16.4 MB (1.000)", "C7–C13", "softmax", "10.1 %"):
        assert text in out
    page = (tmp_path / "epanns.md").read_text()
    # Of the shape and relative to the unpruned one, as counters count them.
    for row in (
        "| trainable parameters | 80,753,615 (1.000) | 47,408,591 (0.587) | 23,205,839 (0.287) | 8,145,359 (0.101) |",
        "| MACs, backbone | 20.042 G (1.000) | 15.642 G (0.780) | 12.415 G (0.619) | 10.360 G (0.517) |",
        "| MACs, with front end | 21.094 G (1.000) | 16.694 G (0.791) | 13.466 G (0.638) | 11.411 G (0.541) |",
    ):
        assert row in page
    assert "| claim | paper | source | convention | measured here | verdict | remark |" in page
    assert (
        "| size at 75 % | 22.0 % of 81 M | E-PANNs repository, config/PANNs_comparison_existing.png and"
        in page
    )
    assert "In brackets: relative to the unpruned model.\n" in page
    assert "not said" not in page
    assert all(line.count("|") == 8 for line in page.splitlines() if line.startswith("| less "))


def test_every_count_of_a_pass_says_whether_the_front_end_is_in_it(cli, tmp_path):
    cli("reproduce", "epanns", "-o", "epanns.md")
    rows = [line.split(" | ")[0] for line in (tmp_path / "epanns.md").read_text().splitlines()]
    counts = [row for row in rows if re.match(r"\| (MACs|PANNs' GFLOPs)", row)]
    assert len(counts) == 3
    assert [row for row in counts if not row.endswith((", backbone", ", with front end"))] == []


def test_as_json(cli):
    code, out, _ = cli("reproduce", "epanns", "--light", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["machine"] == found["outcomes"] == []
    assert [shape["parameters"] for shape in found["figures"]] == [80753615, 47408591, 23205839, 8145359]
    assert len({claim["claim"] for claim in found["claims"]}) == len(found["claims"]) == 18


@pytest.mark.slow
def test_on_this_machine_at_full_width(cli):
    code, out, error = cli("reproduce", "epanns", "--full", "--json")
    found = json.loads(out)
    assert code == 0
    assert "latency and memory: 5 of 5" in error
    half = found["machine"][2]
    assert half["file_bytes"] == pytest.approx(97.2e6, rel=0.01)
    assert half["latency_ratio"] < 0.9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "3"], "Give --full too"),
        (["--checkpoint", "a.pth"], "need both --checkpoint and --audioset"),
        (["--released", "a.pth"], "`--released` is for the runs of `reproduce`, which need --checkpoint"),
        (["--limit", "20"], "give both, or leave --limit out."),
        (["--set", "finetune.steps=2"], "give both, or leave --set out."),
        (["--work", "runs/mine"], "give both, or leave --work out."),
        (["--checkpoint", "a.pth", "--audioset", "none"], "`none/hdf5s/indexes`"),
    ],
)
def test_bad_input(cli, words, message):
    code, out, error = cli("reproduce", "epanns", "--light", *words)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert message in error


def test_ratios_in_brackets_say_that_they_are_paired():
    from prunebench.cli.info.reproduce_output import as_markdown
    from prunebench.harness.epanns.arithmetic import MachineFigures, shape_figures
    from prunebench.harness.epanns.claims_checked import architecture_findings

    machines = [MachineFigures(100, 50.0, 1.0, 0.0, 10), MachineFigures(60, 28.0, 0.55, 0.013, 8)]
    shapes = shape_figures((0.5,))
    claimed = architecture_findings(shape_figures((0.25, 0.5, 0.75)))
    page = as_markdown(shapes, machines, claimed, [])
    assert "| latency here, log-mel in, 1 thread | 50 ms (1.000) | 28 ms (0.550 ±1.3%) |" in page
    assert "ratio of latencies is paired: it is the median of the ratios within rounds" in page

"""What the page says that `measure --json` holds is what it holds, for a Cnn14 and for another network."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from prunebench.cli.model.measure import measure
from prunebench.cli.model.measure_tables import NESTED
from prunebench.cli.printed.json_schema import schema_of
from prunebench.eval import get_measure, measure_names
from prunebench.harness import prune, resolve_network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.provenance import Provenance

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"
OTHERS = {"schema_version", "widths", "stored_as", "state_dict_bytes", "state_dict_bytes_fp16"}


def documented():
    """Key → what the table of the page says of it."""
    table = PAGE.read_text(encoding="utf-8").partition("### JSON\n")[2].partition("\n## ")[0]
    rows = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| `")]
    return {key: holds for keys, holds, _ in rows for key in re.findall(r"`(\w+)`", keys)}


def words(text):
    return set(re.findall(r"`([\w-]+)`", text))


def test_every_key_that_is_printed_apart_is_documented():
    assert set(documented()) == {*NESTED, "read_from"}
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in OTHERS)


def test_every_key_that_its_schema_allows_is_documented():
    """Each output is held against its schema when it is printed, so that nothing else can be in it."""
    schema, page = schema_of("measure"), documented()
    parts = {name: set(part["properties"]) for name, part in schema["$defs"].items() if "properties" in part}
    exact = {name for name in measure_names() if get_measure(name).kind == "model"}
    assert set(schema["properties"]) - set(page) - OTHERS <= exact
    exact -= {"file_bytes_fp16"}  # printed as `state_dict_bytes_fp16`, since the file is another
    assert {*page, *OTHERS, *exact} <= set(schema["properties"])
    for key, form in {
        "front_end": "FrontEndJson",
        "counters": "CountersJson",
        "memory": "MemoryJson",
        "quality": "QualityJson",
        "energy": "EnergyJson",
    }.items():
        abbreviated = {"activation_peak_bytes_fp32"}  # `…_fp32` after the same in half precision
        assert parts[form] - abbreviated <= words(page[key]), key
    assert parts["Count"] <= words(page["counters"])
    assert parts["LatenciesJson"] - {"warning"} <= words(page["latency"])
    assert words(page["latency"]) <= parts["LatenciesJson"] | parts["TimedJson"] | parts["FailedJson"]


@pytest.mark.slow
@pytest.mark.parametrize("label", ["cnn14[width=0.02]", "resnet22[width=0.05]"])
def test_what_is_printed_is_documented(label, tmp_path, monkeypatch):
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path))
    network = resolve_network(label)
    model = prune(network.build(24, seed=0), "l1", 0.5, network=network)
    save_any_checkpoint(
        Tagger(network, model),
        tmp_path / "m.pt",
        style="prunebench",
        provenance=Provenance("pruned", "1", {"criterion": "l1"}),
    )
    options = ["--counters", "all", "--storage", "--memory", "--energy", "--latency", "--budget", "0.01"]
    sizes = [f"--set={split}_clips=24" for split in ("training", "validation", "test")]
    told = CliRunner().invoke(
        measure, [str(tmp_path / "m.pt"), *options, "--data", "synth", *sizes, "--json"]
    )
    assert told.exit_code == 0, told.output
    found, page = json.loads(told.stdout), documented()
    exact = {name for name in measure_names() if get_measure(name).kind == "model"}
    assert set(found) - set(page) - OTHERS <= exact
    assert {*OTHERS, *exact} - {"file_bytes_fp16"} <= set(found)
    assert set(found["front_end"]) <= words(page["front_end"])
    assert set(found["counters"]) - {"panns_flops"} <= words(page["counters"])
    assert ("panns_flops" in found["counters"]) == label.startswith("cnn14")
    layer = next(iter(found["counters"]["layers"].values()))
    assert set(next(iter(layer.values()))) <= words(page["counters"])
    assert set(found["latency"]) - {"warning"} <= words(page["latency"])
    assert words(page["latency"]) - {"failed", "batch", "threads", "macs_ratio", "backends"} <= set(
        found["latency"]["backends"]["eager"]
    )
    assert set(found["quality"]["eager"]) <= words(page["quality"])
    assert set(found["energy"]) <= words(page["energy"])
    assert {"activation_peak_bytes_fp16", "peak_memory_bytes", "peak_memory_bytes_cuda"} <= set(
        found["memory"]
    )

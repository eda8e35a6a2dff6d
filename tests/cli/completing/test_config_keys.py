"""The keys that come with the package are those of the configuration, and a typing error is told at once."""

import json
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from prunebench.cli.completing.config_keys import check_keys, config_keys, names_in
from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config

SCRIPT = Path(__file__).parents[3] / "docs" / "_config_keys.py"
WRONG = (
    "finetune.stepz=3",
    "prun.ratios=0.5",
    "prune.ratio=[0.5]",
    "base.converge.patients=3",
    "data.nam=esc50",
    "nothing=1",
)
RIGHT = (
    "base..steps=4",  # how a key is written is told where it is set
    ".steps=4",
    "finetune.steps=3",
    "data.0.seed=2",
    "model.1.network=mn",
    "prune.ratios=0.5",
    "quantise=true",
    "prune.limits.seconds=1",
    "no equals sign",
    "=3",
)


def test_the_file_is_what_the_script_writes():
    spec = util.spec_from_file_location("config_keys_script", SCRIPT)
    script = util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert json.loads(script.text()) == config_keys(), "run `python docs/_config_keys.py`"


@pytest.mark.parametrize("override", WRONG)
def test_an_unknown_key_is_refused_as_the_configuration_refuses_it(override):
    with pytest.raises(InputError) as quick:
        check_keys([override])
    with pytest.raises(InputError) as slow:
        load_config("quick", [override])
    assert str(quick.value).startswith(f"--set {override}: ")
    assert str(quick.value).partition(": ")[2] == str(slow.value).partition(": ")[2]


@pytest.mark.parametrize("override", RIGHT)
def test_others_pass(override):
    check_keys([override])


def test_tables_name_their_keys():
    assert {"macs", "seconds"} <= set(names_in("prune.limits"))
    assert names_in("prune.ratios") == []


@pytest.mark.parametrize("verb", [["run", "quick"], ["reproduce", "epanns"], ["verify", "kept"]])
def test_a_typing_error_is_told_before_torch_is_loaded(verb):
    code = (
        f"import sys\nsys.argv = ['prunebench', *{verb!r}, '--set', 'finetune.stepz=3']\n"
        "import prunebench.cli\ntry:\n    prunebench.cli.main()\n"
        "finally:\n    print([name for name in ('torch', 'numpy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: --set finetune.stepz=3: Unknown key `finetune.stepz`; did you mean")
    assert done.stdout == "[]\n"

"""Every archive of the repository passes the checks that `prunebench verify` makes of a submission."""

import tomllib
from pathlib import Path

import pytest

from prunebench.harness.frozen.installed_bases import DISTRIBUTIONS
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.verify import verify_archive

ROOT = Path(__file__).parents[3]
ARCHIVES = sorted(path.parent for path in (ROOT / "examples" / "results").glob("*/environment.json"))


def places(archive, request):
    """Where its recordings and its checkpoint lie on this machine."""
    config = tomllib.loads((archive / "config.toml").read_text(encoding="utf-8"))
    if config["data"]["name"] in ("esc10", "esc50"):
        yield f"data.root={request.getfixturevalue(config['data']['name'] + '_root')}"
    if "checkpoint" in config["model"]:
        yield f"model.checkpoint={request.getfixturevalue('mn04_root') / config['model']['checkpoint']}"


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name)
def test_identities_costs_and_scores_follow_from_its_files(archive, request, install_bases):
    for distribution, folder in DISTRIBUTIONS.values():
        install_bases(*(ROOT / folder).glob("src/*/*.safetensors"), name=distribution)
    found = verify_archive(archive, sample=0, overrides=list(places(archive, request)))
    assert [one for one in found.findings if one.verdict is not Answer.HOLDS] == []
    assert {"identities", "scores", "costs"} <= {one.check for one in found.findings}

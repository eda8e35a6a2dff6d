"""Published checkpoints: each has a checksum, a public text that gives it, and a network whose tensors fit the file."""

import hashlib
import re

import pytest

from prunebench.harness.data.published_checkpoints import PUBLISHED, UNVERIFIED
from prunebench.harness.networks.plugins.network_registry import resolve_network

RATE_OF_FILE = {"cnn14_16k": "cnn14[sample_rate=16000]"}


@pytest.mark.parametrize("found", PUBLISHED.values(), ids=PUBLISHED)
def test_a_checkpoint_can_be_verified(found):
    source = found.source
    assert re.fullmatch(r"[0-9a-f]{64}", source.sha256) if source.sha256 else source.md5
    assert source.md5 is None or re.fullmatch(r"[0-9a-f]{32}", source.md5)
    assert source.url.startswith(
        ("https://zenodo.org/records/3987831/files/", "https://github.com/fschmid56/")
    )
    assert re.match(r"https://github\.com/[^/]+/[^/]+/blob/[0-9a-f]{40}/", found.checksum_in)
    assert resolve_network(found.network).name


@pytest.mark.parametrize("name", [name for name, found in PUBLISHED.items() if found.source.size])
def test_a_file_has_the_size_of_the_tensors_of_its_network(name):
    """And at most 400 bytes a tensor more; beside Cnn14_16k lie the arrays of its training sampler, 34 MB."""
    found = PUBLISHED[name]
    model = resolve_network(RATE_OF_FILE.get(name, found.network)).build(527, seed=0)
    tensors = model.state_dict().values()
    beside = found.source.size - sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    assert 0 < beside < (35_000_000 if name == "cnn14_16k" else 400 * len(tensors))


def test_the_checksum_of_mn04_is_that_of_the_file(mn04_root):
    content = (mn04_root / "mn04_as_mAP_432.pt").read_bytes()
    source = PUBLISHED["mn04"].source
    assert (len(content), hashlib.sha256(content).hexdigest()) == (source.size, source.sha256)


def test_what_cannot_be_verified_is_not_offered():
    assert not set(UNVERIFIED) & set(PUBLISHED)
    for file, place, network in UNVERIFIED.values():
        assert file.endswith((".pth", ".pt"))
        assert place.startswith("https://")
        assert resolve_network(network).name

"""`prunebench run` with frozen base models that are not for the run: one sentence, exit 2, nothing written."""

import pytest

REFUSED = {
    "set": (["base.frozen=tiny-w31"], "Unknown set of base models `tiny-w31`; did you mean `tiny-w32`?"),
    "seed": (["base.seeds=[0,5]"], "Installed: seed 0, 1. Choose an installed seed"),
    "width": (["model.width=0.0625"], "Set `base.pretrained=false` to train new base models."),
    "data": (["data.seed=9"], "on a data set with `seed` = 0, and this run has 9"),
    "clips": (["data.test_clips=31"], "on a data set with `sizes.test` = 30, and this run has 31"),
    "recipe": (["base.batch=16"], "Found 16: leave out `base.batch`, or set `base.pretrained=false`"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_before_anything_is_made(cli, frozen_set, install_bases, tmp_path, what):
    overrides, message = REFUSED[what]
    install_bases(*frozen_set[1].glob("*.safetensors"), name="theirs")
    (tmp_path / "mine.toml").write_text(
        frozen_set[0].replace("steps = 4\nbatch = 8\n", 'frozen = "tiny-w32"\n')
    )
    words = [word for override in overrides for word in ("--set", override)]
    code, out, error = cli("run", "mine.toml", "-o", "run", *words)
    assert (code, out) == (2, "")
    assert message in error
    assert len(error.splitlines()) == 1
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "cache").exists()

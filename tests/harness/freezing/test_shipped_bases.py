"""The base models that ship: made by the configuration beside them, and made again with the same quality."""

from pathlib import Path

import pytest

from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.freezing.freezing import freeze_bases
from prunebench.harness.frozen.frozen_base import FrozenBase
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.frozen.installed_bases import SHIPPED
from prunebench.harness.plan.frozen_start import check_frozen_fits
from prunebench.harness.workspace.cache import Cache

PACKAGE = Path(__file__).parents[3] / "packages" / "bases"
FILES = [FrozenFile.named(path) for path in sorted(SHIPPED.glob("*.safetensors"))]
WITHIN = 0.01  # mAP


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.name)
def test_a_model_that_ships_is_of_the_configuration_beside_it(file):
    config = load_config(str(PACKAGE / f"{file.set_name}.toml"))
    words, dataset = file.metadata(), opened(config.data[0])
    check_frozen_fits(FrozenBase.installed(file.set_name, file.seed), config.model[0], dataset)
    assert words.recipe == config.base.recipe_keys()
    assert words.quality.bound_reached == 0
    assert file.load().n_classes == len(dataset.class_names)


@pytest.mark.slow  # ten minutes
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.name)
def test_a_model_that_ships_comes_out_as_good_when_it_is_trained_again(file, tmp_path):
    config = load_config(str(PACKAGE / f"{file.set_name}.toml"), [f"base.seeds=[{file.seed}]"])
    (again,) = freeze_bases(config, tmp_path / "set", Cache(tmp_path / "cache"), lambda *told: None)
    assert abs(again.metadata().quality.test_map - file.metadata().quality.test_map) < WITHIN

"""A file of one's own that imports another one of its folder."""

import pytest

from prunebench.eval import InputError
from prunebench.harness import resolve_network
from prunebench.harness.data.plugins.dataset_registry import resolve_builder
from prunebench.harness.pruning.sources import resolve


@pytest.mark.parametrize("take", [resolve, resolve_network, resolve_builder])
@pytest.mark.parametrize("beside", ["parts_of_mine.py", "parts_of_mine/__init__.py"])
def test_what_lies_beside_it_is_named_with_what_to_do(tmp_path, take, beside):
    (tmp_path / beside).parent.mkdir(exist_ok=True)
    (tmp_path / beside).write_text("NUMBER = 1\n")
    file = tmp_path / "mine.py"
    file.write_text("from parts_of_mine import NUMBER\n")
    name = beside.partition("/")[0]
    with pytest.raises(
        InputError, match=rf"`{name}` lies beside the file, but .*: copy the code into it, or install"
    ):
        take("mine", [file])
    file.write_text("import no_package_of_this_name\n")
    with pytest.raises(InputError, match=r"No module named 'no_package_of_this_name'\.$"):
        take("mine", [file])

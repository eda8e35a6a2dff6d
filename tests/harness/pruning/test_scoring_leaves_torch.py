import torch

from prunebench.harness.pruning.pruner_failure import asked_of
from prunebench.pruners import get


def test_what_a_pruner_sets_in_torch_does_not_outlast_it():
    with asked_of(get("l1"), "C7"):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()

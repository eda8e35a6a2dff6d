import torch
from torch import nn

from prunebench.eval.cost.entry import Entry


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(8, 8)

    def halves(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.dropout(self.linear(x)).chunk(2, dim=1))

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.linear(x))


def test_a_model_in_training_is_entered_in_eval_mode_and_stays_in_training() -> None:
    model = Model().train()
    entry = Entry(model, "whole")
    x = torch.ones(4, 8)
    assert torch.equal(entry(x)[0], model.linear(x))
    assert not entry.model.dropout.training
    assert model.training
    assert model.dropout.training


def test_outputs_are_a_tuple_and_parameters_are_shared() -> None:
    model = Model().eval()
    assert [tuple(part.shape) for part in Entry(model, "halves")(torch.ones(1, 8))] == [(1, 4), (1, 4)]
    assert Entry(model, "whole").model.linear.weight.data_ptr() == model.linear.weight.data_ptr()

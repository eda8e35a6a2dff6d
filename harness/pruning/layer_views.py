"""What a pruner is shown of a layer: detached copies, so that nothing it does is felt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Site, Tagger, sites_of
from prunebench.harness.networks.groups.filter_group import Cut, Group
from prunebench.harness.networks.groups.nonlinearities import RECTIFIERS
from prunebench.harness.pruning.folded_means import takes_constants
from prunebench.pruners.contract import BatchNorm, LayerView, ReaderWindow
from prunebench.pruners.group_member import GroupMember


def layer_view(tagger: Tagger, name: str, site: Site | None = None, *, whole: bool = False) -> LayerView:
    """One writer of a group.

    Args:
        tagger: left as it is.
        name: what the pruner is told.
        site: the writer and its group; those of this name by default.
        whole: show every parameter of the group, for a pruner with `whole_group`.
    """
    model = tagger.model
    group, writer = site or sites_of(tagger.groups, whole=whole)[name]
    weight = _copied(_weight(model, writer.module))
    members = [GroupMember(f"{name}.weight", weight, 0)]
    if isinstance(bias := getattr(model.get_submodule(writer.module), "bias", None), Tensor):
        members.append(GroupMember(f"{name}.bias", _copied(bias), 0))
    norm = None
    if writer.norm is not None:
        found = model.get_submodule(writer.norm)
        assert isinstance(found, nn.modules.batchnorm._BatchNorm)
        if found.running_mean is None or found.running_var is None:
            raise InputError(
                f"The batch norm of a layer must have running statistics. `{writer.norm}` has none: give the writer "
                f"`{writer.module}` no `norm` in the network's method `groups`."
            )
        scale, shift = (
            _copied(tensor) if tensor is not None else torch.full_like(found.running_mean, neutral)
            for tensor, neutral in ((found.weight, 1.0), (found.bias, 0.0))
        )
        norm = BatchNorm(scale, shift, _copied(found.running_mean), _copied(found.running_var), found.eps)
        parts = ("weight", found.weight, scale), ("bias", found.bias, shift)
        members += [
            GroupMember(f"{name}.bn.{part}", shown, 0) for part, own, shown in parts if own is not None
        ]
    reader = group.only_reader
    reads = None if reader is None else _copied(_weight(model, reader))
    window = None if reader is None else reader_window(model.get_submodule(reader))
    if reader is not None and reads is not None:
        called = tagger.written_by.get(reader, reader)
        members.append(GroupMember(f"{called}.weight", reads, 1))
    return LayerView(
        name,
        weight,
        norm,
        reads,
        _group_members(model, group) if whole else tuple(members),
        rectified=writer.activation in RECTIFIERS,
        consumer_window=window,
        foldable_reader=takes_constants(tagger, group),
    )


def parameters_of(model: nn.Module, group: Group) -> list[tuple[Cut, nn.Parameter]]:
    """The parameters of a group with what they lose; running statistics are none."""
    own = dict(model.named_parameters(remove_duplicate=False))
    return [(cut, own[cut.tensor]) for cut in group.cuts if cut.tensor in own]


def _group_members(model: nn.Module, group: Group) -> tuple[GroupMember, ...]:
    return tuple(
        GroupMember(
            cut.tensor,
            _copied(parameter),
            cut.axis,
            None if cut.filters is None else torch.tensor(cut.filters, device=parameter.device),
        )
        for cut, parameter in parameters_of(model, group)
    )


def reader_window(module: nn.Module) -> ReaderWindow | None:
    """How a convolution goes over its input, that over time with one mel; `None` of another layer."""
    if not isinstance(module, (nn.Conv1d, nn.Conv2d)):
        return None
    one = isinstance(module, nn.Conv1d)  # over time: one mel
    kernel, stride, dilation = (
        (sizes[0], 1 if one else sizes[1]) for sizes in (module.kernel_size, module.stride, module.dilation)
    )
    if module.padding == "same":  # an odd position more goes behind, as torch has it
        spans = [dilation[axis] * (kernel[axis] - 1) for axis in (0, 1)]
        (top, bottom), (left, right) = ((span // 2, span - span // 2) for span in spans)
    else:
        sizes = (0, 0) if isinstance(module.padding, str) else (*module.padding, 0)[:2]
        top = bottom = sizes[0]
        left = right = sizes[1]
    return ReaderWindow(stride, dilation, (top, bottom, left, right), module.padding_mode)


def _weight(model: nn.Module, module: str) -> Tensor:
    found = model.get_submodule(module).weight
    assert isinstance(found, Tensor)
    return found


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format)

"""What a pruner is shown of a layer: detached copies, so that nothing it does is felt."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Site, Tagger, sites_of
from prunebench.pruners.contract import BatchNorm, GroupMember, LayerView


def layer_view(tagger: Tagger, name: str, site: Site | None = None) -> LayerView:
    """One writer of a group.

    Args:
        tagger: left as it is.
        name: what the pruner is told.
        site: the writer and its group; those of this name by default.
    """
    model = tagger.model
    group, writer = site or sites_of(tagger.groups)[name]
    weight = _copied(_weight(model, writer.module))
    members = [GroupMember(f"{name}.weight", weight, 0)]
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
        members += [GroupMember(f"{name}.bn.weight", scale, 0), GroupMember(f"{name}.bn.bias", shift, 0)]
    reader = group.only_reader
    reads = None if reader is None else _copied(_weight(model, reader))
    if reader is not None and reads is not None:
        called = tagger.written_by.get(reader, reader)
        members.append(GroupMember(f"{called}.weight", reads, 1))
    return LayerView(
        name, weight, norm, reads, tuple(members), rectified=writer.activation in ("relu", "relu6")
    )


def _weight(model: nn.Module, module: str) -> Tensor:
    found = model.get_submodule(module).weight
    assert isinstance(found, Tensor)
    return found


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format)

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MOVES = {"_to_copy", "copy_", "_copy_from"}


class OneDevice(TorchDispatchMode):
    """Fails where an operation takes tensors of two devices; what leaves `meta` is made of zeros, a number is 1."""

    def __init__(self):
        super().__init__()
        self.on_device = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        name = function.__name__.partition(".")[0]
        if name == "_to_copy" and tensors[0].is_meta and str(kwargs.get("device")) == "cpu":
            return torch.zeros(tensors[0].shape, dtype=kwargs.get("dtype") or tensors[0].dtype)
        if name == "_local_scalar_dense" and tensors[0].is_meta:
            return 1
        devices = {tensor.device.type for tensor in tensors if tensor.ndim}  # numbers may come from anywhere
        if name not in MOVES:
            assert len(devices) < 2, f"{function} takes tensors of {devices}"
        self.on_device += devices == {"meta"}
        return function(*args, **kwargs)


@pytest.fixture
def one_device():
    with OneDevice() as mode:
        yield mode
    assert mode.on_device > 10, "what was tested must run on the device"

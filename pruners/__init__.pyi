from .contract import BatchNorm, Gradients, GroupMember, LayerView, Need, Pruner
from .registry import BUILTIN, get, names

__all__ = ["BUILTIN", "BatchNorm", "Gradients", "GroupMember", "LayerView", "Need", "Pruner", "get", "names"]

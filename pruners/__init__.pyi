from .contract import BatchNorm, Gradients, LayerView, Need, Pruner
from .group_member import GroupMember
from .registry import BUILTIN, get, names

__all__ = ["BUILTIN", "BatchNorm", "Gradients", "GroupMember", "LayerView", "Need", "Pruner", "get", "names"]

from .checkpoint import load_checkpoint, save_checkpoint
from .config import Config, load_config
from .model import Cnn14, Output
from .pruning import prune, score
from .resolve import resolve
from .surgery import remove_filters
from .sweep import run_sweep

__all__ = [
    "Cnn14",
    "Config",
    "Output",
    "load_checkpoint",
    "load_config",
    "prune",
    "remove_filters",
    "resolve",
    "run_sweep",
    "save_checkpoint",
    "score",
]

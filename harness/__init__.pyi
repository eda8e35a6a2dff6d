from .checkpoint import Checkpoint, load_checkpoint, read_checkpoint, save_checkpoint
from .config import Config, load_config
from .model import Cnn14, Output
from .provenance import Provenance
from .pruning import prune, score
from .resolve import resolve
from .surgery import remove_filters
from .sweep import run_sweep

__all__ = [
    "Checkpoint",
    "Cnn14",
    "Config",
    "Output",
    "Provenance",
    "load_checkpoint",
    "load_config",
    "prune",
    "read_checkpoint",
    "remove_filters",
    "resolve",
    "run_sweep",
    "save_checkpoint",
    "score",
]

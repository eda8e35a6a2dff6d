from .config.config import Config, load_config
from .networks.checkpoint import Checkpoint, load_checkpoint, read_checkpoint, save_checkpoint
from .networks.cnn14 import Cnn14, Output
from .networks.plugins.network_registry import resolve_network
from .networks.plugins.traced import traced
from .networks.provenance import Provenance
from .pruning.prune import prune, score
from .pruning.sources import resolve
from .pruning.surgery import remove_filters
from .sweep.run import run
from .sweep.sweep import run_sweep

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
    "resolve_network",
    "run",
    "run_sweep",
    "save_checkpoint",
    "score",
    "traced",
]

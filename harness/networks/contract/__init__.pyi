from .network import Network
from .waveforms import Waveforms

__all__ = ["Network", "Waveforms"]

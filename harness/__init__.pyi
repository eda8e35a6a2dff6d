from .model import Cnn14, Output

__all__ = ["Cnn14", "Output"]

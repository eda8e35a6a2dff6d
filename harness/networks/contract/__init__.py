"""What a network is to the harness: the contract of a plug-in class, and a model together with its network."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

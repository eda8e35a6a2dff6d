"""The test kits of networks and data sets: whether one keeps what the contract promises."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

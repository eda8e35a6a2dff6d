"""The shared Cnn14 experiment: model, front end, data, surgery, training, sweep."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

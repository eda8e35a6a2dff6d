"""EfficientAT's `mn`: MobileNetV3 at any width over 128 Kaldi mels, with the front end and the blocks it is made of."""

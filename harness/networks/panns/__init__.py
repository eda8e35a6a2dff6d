"""The other networks of PANNs at any width: plain CNNs, ResNets, MobileNets, with a Wavegram, framewise."""

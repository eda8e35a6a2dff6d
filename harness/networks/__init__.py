"""Cnn14: the network, its front end, its layers and scopes, and the files that hold its weights."""

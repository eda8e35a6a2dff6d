"""Base models that several users share: the format of their files, and the installed sets."""

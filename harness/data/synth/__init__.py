"""The synthetic data set: signal blocks, four families of sounds, clips."""

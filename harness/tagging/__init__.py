"""What a model hears: windows of sound, a microphone, the classes that score highest."""

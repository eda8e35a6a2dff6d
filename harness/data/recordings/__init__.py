"""Data sets made of sound files: ESC-50, FSD50K and recordings of your own."""

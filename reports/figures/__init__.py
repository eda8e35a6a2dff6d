"""The figures, one file each, with the style and the gallery; the only home of Matplotlib."""

"""Data sets that others wrote: installed, or in a file that the user names."""

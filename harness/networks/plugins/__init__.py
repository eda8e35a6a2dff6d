"""Networks by name: built in, installed, from a file, or any module that is traced."""

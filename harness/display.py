"""Where a sweep says how far it is."""

from typing import Protocol


class Display(Protocol):
    """What the command line or a notebook implements to follow a sweep."""

    def phase(self, name: str, total: int) -> None:
        """A phase of `total` pieces begins."""

    def step(self, key: str, done: int, total: int) -> None:
        """The piece `key` has done so much of itself."""

    def finished(self, key: str, note: str = "") -> None:
        """A piece is finished; `note` says in a few words what came out."""

    def failed(self, key: str, message: str) -> None:
        """A piece failed; the sweep goes on."""


class Silent:
    """A display that shows nothing."""

    def phase(self, name: str, total: int) -> None:
        """Nothing."""

    def step(self, key: str, done: int, total: int) -> None:
        """Nothing."""

    def finished(self, key: str, note: str = "") -> None:
        """Nothing."""

    def failed(self, key: str, message: str) -> None:
        """Nothing."""

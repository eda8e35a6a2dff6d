"""The presets: configurations that come with the package."""

from __future__ import annotations

from importlib import resources

PRESETS = ("quick", "sensitivity", "criteria", "standard", "claim", "networks", "panns", "epanns", "dcase")


def preset_text(name: str) -> str:
    """The TOML text of a preset."""
    return (
        resources.files("prunebench.harness.config")
        .joinpath("presets", f"{name}.toml")
        .read_text(encoding="utf-8")
    )

"""What `prunebench list networks` shows."""

from __future__ import annotations

import importlib.util
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prunebench.harness.networks.contract.network import Network

COLUMNS = ("name", "what", "parameters", "reference", "default scope", "sample rate", "note")


def listed_networks() -> list[dict[str, Any]]:
    """A row a network, built in and installed; one that cannot be used has the reason as its note."""
    from prunebench.eval.errors import InputError
    from prunebench.eval.text.foreign_code import foreign_code
    from prunebench.harness.networks.plugins.network_registry import (
        claimed_names,
        network_class,
        network_names,
        with_parameters,
    )

    rows = []
    for name in network_names():
        try:
            cls = network_class(name)
            network = with_parameters(cls, {})
            with foreign_code(f"Network `{name}` must state what it reads"):
                rows.append(_row(network))
        except InputError as error:
            rows.append(_missing(name, str(error)))
    return [*rows, _timm(), *(_missing(name, why) for name, why in claimed_names().items())]


def _timm() -> dict[str, Any]:
    """A row for all architectures of timm, which is not imported for it."""
    from prunebench.eval.text.install_advice import how_to_get
    from prunebench.harness.networks.plugins.timm_models import OPTIONAL
    from prunebench.harness.networks.plugins.timm_network import FRONTS, TimmNetwork
    from prunebench.harness.networks.plugins.timm_transformer import TimmTransformer

    gone = [package for package in OPTIONAL if importlib.util.find_spec(package) is None]
    return {
        "name": TimmNetwork.name,
        "what": (TimmNetwork.__doc__ or "").partition("\n")[0],
        "parameters": f"mels={TimmNetwork.mels}, of vit_…: frames={TimmTransformer.frames}",
        "reference": TimmNetwork.reference,
        "default scope": f"{TimmNetwork.default_scope}; vit_…: {TimmTransformer.default_scope}",
        "sample rate": FRONTS[TimmNetwork.mels].sample_rate,
        "note": f"missing: {how_to_get('timm')}" if gone else "",
    }


def _row(network: Network) -> dict[str, Any]:
    defaults = {field.name: field.default for field in fields(network) if field.default is not MISSING}
    return {
        "name": network.name,
        "what": (type(network).__doc__ or "").strip().partition("\n")[0],
        "parameters": ", ".join(f"{key}={value}" for key, value in defaults.items()),
        "reference": network.reference,
        "default scope": network.default_scope,
        "sample rate": network.frontend.sample_rate,
        "note": "",
    }


def _missing(name: str, why: str) -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS, ""), "name": name, "sample rate": None, "note": f"missing: {why}"}

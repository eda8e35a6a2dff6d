"""torch-pruning's own importances as ordinary pruners, so that a criterion runs head-to-head against them."""

from __future__ import annotations

from prunebench.baselines.peers.gradient import PeerHessian, PeerObdC, PeerTaylor
from prunebench.baselines.peers.magnitude import (
    PeerBatchNormScale,
    PeerFpgm,
    PeerLamp,
    PeerMagnitude,
    PeerMagnitudeSingle,
    PeerRandom,
)
from prunebench.pruners.contract import Pruner

PREFIX = "tp:"

PEERS: dict[str, type[Pruner]] = {
    cls.name: cls
    for cls in (
        PeerMagnitude,
        PeerMagnitudeSingle,
        PeerFpgm,
        PeerLamp,
        PeerBatchNormScale,
        PeerTaylor,
        PeerHessian,
        PeerObdC,
        PeerRandom,
    )
}

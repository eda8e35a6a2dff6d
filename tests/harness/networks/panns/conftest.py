"""Small networks of every family."""

import pytest

from prunebench.harness.networks.panns.decision_level import Cnn14DecisionLevelMax
from prunebench.harness.networks.panns.mobilenet_v1 import MobileNetV1
from prunebench.harness.networks.panns.mobilenet_v2 import MobileNetV2
from prunebench.harness.networks.panns.plain_cnn import Cnn6, Cnn10
from prunebench.harness.networks.panns.resnet import ResNet22, ResNet38
from prunebench.harness.networks.panns.wavegram import WavegramLogmelCnn14

NETWORKS = (
    Cnn6,
    Cnn10,
    ResNet22,
    ResNet38,
    MobileNetV1,
    MobileNetV2,
    WavegramLogmelCnn14,
    Cnn14DecisionLevelMax,
)


@pytest.fixture(params=NETWORKS, ids=lambda network: network.__name__)
def network(request):
    """The class of a network."""
    return request.param

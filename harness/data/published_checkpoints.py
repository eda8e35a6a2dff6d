"""Published checkpoints of the networks: the address of each file, and the checksum by which it is recognised.

Only checkpoints whose address and checksum can be read in a public source are listed. `Published.checksum_in` is that
source.
Zenodo gives MD5 for all files of a record and nothing else; a SHA-256 is of a file that somebody fetched and pinned.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from prunebench.harness.data.download import Source

PANNS_RECORD = "https://zenodo.org/records/3987831"  # lists size and MD5 of every file
EFFICIENTAT_RELEASE = "https://github.com/fschmid56/EfficientAT/releases/tag/v0.0.1"

_MD5_OF_PANNS = (
    "https://github.com/Labbeti/dcase2022task6a/blob/1edb000e67e68bf46615b253b3e9fe2945b178e7/"
    "dcase2022task6a/nn/urls.py"
)
_SHA256_OF_PANNS = (
    "https://github.com/TioSisai/timbral/blob/1048c7a979ac60b63f83b0f267cdee9883bd6c99/"
    "src/timbral/models/helpers/panns.py"
)


@dataclass(frozen=True)
class Published:
    """One checkpoint that others publish.

    Args:
        name: what users type after `prunebench data`.
        network: label of the network that reads the file.
        file: its name at the publisher's.
        source: address and checksum.
        checksum_in: address of a public text in which the checksum can be read.
        by: authors, year and licence.
    """

    name: str
    network: str
    file: str
    source: Source
    checksum_in: str
    by: str


def _panns(
    name: str,
    file: str,
    checksum_in: str,
    *,
    network: str = "",
    size: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
) -> Published:
    source = Source(f"{PANNS_RECORD}/files/{quote(file)}?download=1", size, sha256, md5)
    return Published(name, network or name, file, source, checksum_in, "Kong et al. 2020, CC BY 4.0")


def _efficientat(name: str, width: str, file: str, size: int, sha256: str, checksum_in: str) -> Published:
    source = Source(f"{EFFICIENTAT_RELEASE.replace('/tag/', '/download/')}/{file}", size, sha256)
    return Published(name, f"mn[width={width}]", file, source, checksum_in, "Schmid et al. 2023, MIT")


CNN14 = _panns(
    "cnn14",
    "Cnn14_mAP=0.431.pth",
    _SHA256_OF_PANNS,
    size=327_428_481,
    sha256="0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31",
    md5="541141fa2ee191a88f24a3219fff024e",
)

PUBLISHED: dict[str, Published] = {
    found.name: found
    for found in (
        CNN14,
        _panns(
            "cnn14_16k",
            "Cnn14_16k_mAP=0.438.pth",
            _SHA256_OF_PANNS,
            network="cnn14",
            size=358_668_570,
            sha256="e2ee543a27919542c2ea03eabaa70b24dcd4e6c8e05621de6b67a94e4c5058e6",
            md5="362fc5ff18f1d6ad2f6d464b45893f2c",
        ),
        _panns(
            "cnn14_decision_level_max",
            "Cnn14_DecisionLevelMax_mAP=0.385.pth",
            _SHA256_OF_PANNS,
            size=327_428_481,
            sha256="dd3b4043a87d4ec13df8082c0fcfee3fb5084151808e47e060987a95eabdd142",
            md5="70539c43c18b6a289b3199c503a82c5a",
        ),
        _panns("cnn6", "Cnn6_mAP=0.343.pth", _MD5_OF_PANNS, md5="e25e26b84585b14c7754c91e48efc9be"),
        _panns(
            "cnn10",
            "Cnn10_mAP=0.380.pth",
            _MD5_OF_PANNS,
            size=25_237_595,
            md5="bfb1f1f9968938fa8ef4012b8471f5f6",
        ),
        _panns("resnet22", "ResNet22_mAP=0.430.pth", _MD5_OF_PANNS, md5="cf36d413096793c4e15dc752a3abd599"),
        _panns(
            "resnet38",
            "ResNet38_mAP=0.434.pth",
            _MD5_OF_PANNS,
            size=299_615_982,
            md5="bf12f36aaabac4e0855e22d3c3239c1b",
        ),
        _panns(
            "mobilenet_v1",
            "MobileNetV1_mAP=0.389.pth",
            "https://github.com/mononoke441/music_data_pipeline/blob/88024df5aa05dfc339f0de576f9d399f91b44fac/"
            "scripts/download_gate_assets.sh",
            size=23_639_473,
            md5="a419303e1c88aa1b9d2ac3811563d371",
        ),
        _panns(
            "wavegram_logmel_cnn14",
            "Wavegram_Logmel_Cnn14_mAP=0.439.pth",
            _MD5_OF_PANNS,
            size=328_692_198,
            md5="17fa9ab65af3c0eb5ffbc5f65552c4e1",
        ),
        _efficientat(
            "mn04",
            "0.4",
            "mn04_as_mAP_432.pt",
            4_066_513,
            "899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c",
            "https://github.com/Psysia/PsyReaSFX/blob/e5066ad4f9a53b2d045d0fe6b110b60fddd62d44/"
            "tools/Export-NeuralSimilarityModel.ps1",
        ),
        _efficientat(
            "mn10",
            "1",
            "mn10_as_mAP_471.pt",
            19_708_753,
            "0bd7dc2443af498c289a2e739f02ebb515d6aa3fd3ab9db539c86123ae368a4e",
            "https://github.com/rjmendez/dama-hear/blob/5e5d2fd71c4b06f59365cd75f42009123b977eb1/"
            "tools/export_mn10_onnx.py",
        ),
    )
}

# Networks of the suite whose weights are published, and no checksum of the file was found: file, place, network.
UNVERIFIED: dict[str, tuple[str, str, str]] = {
    "mobilenet_v2": ("MobileNetV2_mAP=0.383.pth", PANNS_RECORD, "mobilenet_v2"),
    "cnn14_8k": ("Cnn14_8k_mAP=0.416.pth", PANNS_RECORD, "cnn14"),
    "mn05": ("mn05_as_mAP_443.pt", EFFICIENTAT_RELEASE, "mn[width=0.5]"),
    "mn20": ("mn20_as_mAP_478.pt", EFFICIENTAT_RELEASE, "mn[width=2]"),
    "mn30": ("mn30_as_mAP_482.pt", EFFICIENTAT_RELEASE, "mn[width=3]"),
    "mn40": ("mn40_as_mAP_484.pt", EFFICIENTAT_RELEASE, "mn[width=4]"),
}

import re

from prunebench.baselines.papers import epanns
from prunebench.baselines.papers.claim import Claim

CLAIMS = [value for value in vars(epanns).values() if isinstance(value, Claim)] + list(epanns.MAPS.values())


def test_a_claim_is_a_short_name_a_quotation_a_source_and_a_convention() -> None:
    assert len({claim.key for claim in CLAIMS}) == len(CLAIMS) == 18
    sources = {
        epanns.PAPER,
        epanns.CURVES,
        epanns.SIZES,
        epanns.README,
        f"{epanns.PAPER}, abstract",
        "poster",
    }
    sources |= {"released class Cnn14_pruned", "arXiv:2304.02319 and its released code", "arXiv:1912.10211"}
    assert {claim.source for claim in CLAIMS} == sources
    words = {"C7–C13", "not mentioned", "operator norm"}
    for claim in CLAIMS:
        assert re.search(r"\d", claim.paper) or claim.paper in words, claim
        assert claim.paper not in (claim.key, claim.convention)
        assert not re.search(r"\d (M|G|MB)\b", claim.key), claim


def test_figures_of_the_paper_are_quoted() -> None:
    quoted = {claim.key: claim.paper for claim in CLAIMS}
    assert quoted["parameters, unpruned"] == "81 M"
    assert quoted["parameters at 50 %"] == "24 M"
    assert quoted["computation, unpruned"] == "21 G MACs"
    assert quoted["mAP at 50 %"] == "0.440"
    assert quoted["size at 75 %"] == "22.0 % of 81 M"
    assert (epanns.COMPUTATION.source, epanns.COMPUTATION.convention) == (
        "arXiv:2305.18665, abstract",
        "MACs",
    )

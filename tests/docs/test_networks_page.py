"""The page on networks shows the sentences of the archived run."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_its_sentences_are_those_of_the_results():
    page = (DOCS / "howto" / "networks.md").read_text(encoding="utf-8")
    results = (DOCS / "results" / "networks.md").read_text(encoding="utf-8").replace("\\", "")
    shown = [line for line in page.splitlines() if line.startswith("cnn14 against ")]
    assert len(shown) == 2
    assert all(line in results.replace("\u00a0", " ") for line in shown)

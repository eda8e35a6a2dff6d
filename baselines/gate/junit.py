"""The gate's answer as JUnit XML, which CI systems show as tests: one case an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from prunebench.baselines.gate.change import COLUMNS, Change, Verdict, verdict_of
from prunebench.eval.text.written_labels import written

# What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(
    changes: Sequence[Change], baseline: str, entries: Iterable[str], notes: Sequence[str] = ()
) -> str:
    """A test suite with a case per entry: a failure where it regressed, an error where it cannot be told.

    Args:
        changes: of `check`.
        baseline: name of the file.
        entries: names that the baseline holds.
        notes: of `uncovered`, the suite's output.
    """
    names = sorted({*entries, *(change.entry for change in changes)})
    cases = {name: [change for change in changes if change.entry == name] for name in names}
    verdicts = [verdict_of(found) for found in cases.values()]
    suite = ElementTree.Element(
        "testsuite",
        name="prunebench check",
        tests=str(len(cases)),
        failures=str(verdicts.count(Verdict.REGRESSED)),
        errors=str(verdicts.count(Verdict.COULD_NOT_TELL)),
    )
    for name, found in cases.items():
        case = ElementTree.SubElement(
            suite, "testcase", classname=_legal(baseline), name=_legal(written(name))
        )
        for verdict, tag in ((Verdict.REGRESSED, "failure"), (Verdict.COULD_NOT_TELL, "error")):
            seen = [change for change in found if change.verdict == verdict]
            if seen:
                told = ElementTree.SubElement(case, tag, message=_legal("; ".join(map(_sentence, seen))))
                told.text = _legal("\n".join(" · ".join(change.as_row()) for change in seen))
        allowed = [change for change in found if change.verdict == Verdict.HOLDS]
        if allowed:
            told = ElementTree.SubElement(case, "system-out")
            told.text = _legal("\n".join(map(_sentence, allowed)))
    if notes:
        ElementTree.SubElement(suite, "system-out").text = _legal("\n".join(notes))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _sentence(change: Change) -> str:
    said = dict(zip(COLUMNS, change.as_row(), strict=True))
    moved = f" ({said['change']})" if said["change"] else ""
    return f"{change.figure}: {said['baseline']} → {said['found']}{moved}: {change.remark}"


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)

"""All checks of an archive, one after another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.contents import config_table
from prunebench.harness.config.config import load_config
from prunebench.harness.engine.progress import Display
from prunebench.harness.pruning.sources import file_pruners
from prunebench.harness.verification.archive_contents import Contents, read_contents
from prunebench.harness.verification.checked import Answer, Checked, answer_of
from prunebench.harness.verification.curves_agree import check_curves
from prunebench.harness.verification.files_agree import (
    check_environment,
    check_filters,
    check_scores,
)
from prunebench.harness.verification.own_files import check_own_files_alone, note_on_report
from prunebench.harness.verification.plan_again import (
    PlanAgain,
    check_cells,
    check_costs,
    check_identities,
    no_plan,
    notes_on,
    plan_again,
)
from prunebench.harness.verification.sample import (
    Repeated,
    candidates,
    check_sample,
    chosen,
    computes_alike,
    no_sample,
    repeat,
)


@dataclass(frozen=True)
class Verified:
    """What all checks found.

    Args:
        folder: that was checked.
        findings: one a check.
        sample: cells that were computed again.
        notes: what the folder leaves open, which no check refuses.
    """

    folder: Path
    findings: tuple[Checked, ...]
    sample: tuple[Repeated, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Answer:
        """The answer of all checks together."""
        return answer_of(self.findings)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; a difference that is not known is `None`."""
        sample = [
            {**asdict(cell), "difference": None if math.isnan(cell.difference) else cell.difference}
            for cell in self.sample
        ]
        checks = [
            {"check": f.check, "verdict": f.verdict.name.lower(), "said": f.said} for f in self.findings
        ]
        return {
            "schema_version": 1,
            "folder": str(self.folder),
            "verdict": self.verdict.name.lower(),
            "exit_code": int(self.verdict),
            "checks": checks,
            "sample": sample,
            "notes": list(self.notes),
        }


def verify_archive(
    folder: Path,
    *,
    sample: int = 3,
    seed: int = 0,
    overrides: Iterable[str] = (),
    pruner_files: Sequence[Path] = (),
    displays: Sequence[Display] = (),
) -> Verified:
    """Check an archive, or a run folder before it is archived.

    Code that the archive holds is never run: a criterion or a network from a file must be given again.

    Args:
        folder: the archive.
        sample: cells to compute again, 0 for none.
        seed: that chooses them.
        overrides: `KEY=VALUE`, for where data and checkpoints are on this machine.
        pruner_files: that define criteria of the archive.
        displays: told of the progress of these cells.

    Raises:
        InputError: for a folder that is no archive or run folder of this schema, or a file in it that cannot be read;
            for a file of a pruner that cannot be used.
    """
    file_pruners(pruner_files)  # a file that cannot be used is no finding about the archive
    found = read_contents(folder)
    own = [check_environment(found), check_scores(found), check_curves(found), check_filters(found)]
    if is_archive(folder):
        own = [check_own_files_alone(found), *own]
        notes = (*notes_on(found), *note_on_report(found.files))
    else:
        notes = (*notes_on(found), "A run folder, not an archive.")
    overrides = tuple(overrides)
    code = _named_code(config_table(found.files), overrides, pruner_files)
    if code:
        return Verified(folder, (*own, _not_run(code)), notes=notes)
    try:
        config = load_config(
            str(found.files.config), _here(overrides, pruner_files), pruner_files=pruner_files
        )
        again = plan_again(found, config)
    except InputError as error:
        return Verified(folder, (*own, no_plan(error)), notes=notes)
    findings = [*own, check_identities(found, again), check_cells(found, again), check_costs(found, again)]
    if (
        not sample or answer_of(findings) != Answer.HOLDS
    ):  # cells of another plan cannot be set beside the records
        return Verified(folder, tuple(findings), notes=notes)
    told, repeated = _sample(found, again, sample, seed, displays)
    return Verified(folder, (*findings, told), tuple(repeated), notes)


def _named_code(config: Mapping[str, Any], overrides: Sequence[str], pruner_files: Sequence[Path]) -> str:
    """The first Python file that a configuration names and the user does not; nothing of that name here may run."""
    given = {word.partition("=")[0].strip() for word in overrides} | (
        {"prune.files"} if pruner_files else set()
    )
    for name in ("prune", "model", "data"):
        tables = config.get(name, {})
        for table in tables if isinstance(tables, list) else [tables]:
            files = table.get("files") if isinstance(table, Mapping) else None
            if files and f"{name}.files" not in given:
                return f"`{files[0] if isinstance(files, list) else files!s:.60}` of `{name}.files`"
    return ""


def _not_run(code: str) -> Checked:
    key = code.rpartition(" of `")[2].rstrip("`")
    option = "`--pruner-file FILE.py`" if key == "prune.files" else f"`--set {key}=[...]`"
    said = (
        f"The archive needs {code}, and code that an archive names is never run: read your own copy, and give it with "
        f"{option}."
    )
    return Checked("identities", Answer.COULD_NOT_TELL, said)


def _here(overrides: Iterable[str], pruner_files: Sequence[Path]) -> tuple[str, ...]:
    """What differs on this machine; an archive names files without their folders, so that none of them is found."""
    return (*(("prune.files=[]",) if pruner_files else ()), *overrides)


def _sample(
    found: Contents, again: PlanAgain, count: int, seed: int, displays: Sequence[Display]
) -> tuple[Checked, list[Repeated]]:
    records = candidates(found, again)
    if not records:
        return no_sample(again), []
    alike = computes_alike(found.environment)
    repeated = repeat(chosen(records, count, seed), again, displays, alike=alike)
    return check_sample(repeated, alike=alike, of=len(records)), repeated

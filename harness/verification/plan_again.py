"""The plan of an archive made again from its configuration: identities, what cells are, what their shapes cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.eval.run.record import OWN, Record
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.data.features.splits import opened
from prunebench.harness.measuring.latency_store import read_tables
from prunebench.harness.networks.shape import COSTS
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.plan import Plan, make_plan
from prunebench.harness.sweep.ledger import Known
from prunebench.harness.verification.archive_contents import Contents
from prunebench.harness.verification.checked import Answer, Checked, of_differences
from prunebench.harness.verification.files_agree import named

# What a record says of its cell before anything is measured. `ratio` is left out where a criterion chose it.
OF_CELL = (
    *("criterion", "control", "released", "data", "base", "scope", "allocation", "ratio", "budget", "target"),
    *(
        "schedule",
        "finetune_scope",
        "rate_choice",
        "base_seed",
        "prune_seed",
        "finetune_seed",
        "network",
        "groups",
    ),
    *("front_end", "reduction", "divisor", "sparsify", "sparsify_steps", "sparsify_macs"),
)


@dataclass(frozen=True)
class PlanAgain:
    """The sweep that a configuration asks for.

    Args:
        config: of the archive, with what the user overrides.
        datasets: its data sets, opened here.
        plan: of them.
    """

    config: Config
    datasets: tuple[DataSet, ...]
    plan: Plan

    @property
    def cells(self) -> dict[str, Cell]:
        """The cells by identity."""
        return {cell.identity: cell for cell in self.plan.cells}


def plan_again(found: Contents, config: Config) -> PlanAgain:
    """Open the data sets and make the plan.

    Raises:
        InputError: where data, a checkpoint, a set of base models or a criterion is not here.
    """
    datasets = tuple(opened(options) for options in config.data_sets())
    return PlanAgain(config, datasets, make_plan(config, datasets, read_tables(found.files.latencies)))


def no_plan(error: InputError) -> Checked:
    """The finding where the plan cannot be made here."""
    lost = any(word in str(error) for word in ("`root`", "`model.checkpoint`", "data.root"))
    way = (
        " Name the place on this machine, with `--set data.root=FOLDER` or `--set model.checkpoint=FILE`."
        * lost
    )
    return Checked("identities", Answer.COULD_NOT_TELL, f"The plan cannot be made again here: {error}{way}")


def check_identities(found: Contents, again: PlanAgain) -> Checked:
    """The identities of the plan follow from the configuration, and every record is of a cell of the plan."""
    here = [cell.identity for cell in again.plan.cells]
    differences = []
    if list(found.planned) != here:
        other = len(set(found.planned) - set(here))
        made_by = (found.environment.get("packages") or {}).get("prunebench") or "an unknown version"
        identities = "identity" if len(found.planned) == 1 else "identities"
        plan, config = found.files.plan.name, found.files.config.name
        differences.append(
            f"{other} of {len(found.planned)} {identities} in `{plan}` {'does' if other == 1 else 'do'} not follow "
            f"from `{config}`: one of these files was changed, {_others_here(again.config)}or prunebench {made_by} "
            "computed these cells differently."
            if other
            else f"`{plan}` must contain the {_count(len(here), 'cell')} of the configuration, each once, in their "
            f"order. Found {_count(len(found.planned), 'cell')}"
            f"{' in another order' if sorted(found.planned) == sorted(here) else ''}."
        )
    stray = [record for record in found.records if record.cell not in set(found.planned)]
    differences += [f"{_begun(record)} is not in the plan." for record in stray]
    follow = "identity follows" if len(here) == 1 else "identities follow"
    holds = f"{len(here)} {follow} from the configuration."
    return of_differences("identities", holds, differences)


def _others_here(config: Config) -> str:
    """Files whose hashes identities contain: `the recordings here are not those of the run, `."""
    own = [
        *(
            ["the recordings here are not those of the run"]
            if any(o.root for o in config.data_sets())
            else []
        ),
        *(["the checkpoint here is not that of the run"] if any(m.checkpoint for m in config.model) else []),
    ]
    return "".join(f"{one}, " for one in own)


def check_cells(found: Contents, again: PlanAgain) -> Checked:
    """Each record describes the cell that its identity stands for."""
    cells, records = again.cells, [record for record in found.records if record.cell in again.cells]
    if found.records and not records:
        return _none_compared("cells", len(found.records))
    known = Known(again.config, again.plan, [dataset.label for dataset in again.datasets], {})
    differences = [
        said for record in records for said in _described(record, known.failed(cells[record.cell], ""))
    ]
    holds = f"{len(records)} records describe the cells of their identities."
    if len(records) == 1:
        holds = "1 record describes the cell of its identity."
    return of_differences("cells", holds, differences)


def check_costs(found: Contents, again: PlanAgain) -> Checked:
    """MACs and parameters of each record are those of its widths."""
    cells, known = again.cells, {}
    differences: list[str] = []
    records = [record for record in found.done if record.cell in cells]
    if found.done and not records:
        return _none_compared("costs", len(found.done))
    for record in records:
        shape = again.plan.subject(cells[record.cell]).shape
        if len(record.widths) != len(shape.widths):
            differences.append(
                f"{_begun(record)} has {_count(len(record.widths), 'width')} instead of {len(shape.widths)}."
            )
            continue
        key = (record.data, record.shape)
        if key not in known:
            known[key] = {kind: shape.cost(kind, record.widths) for kind in COSTS}
        differences += list(_costs(record, known[key]))
    holds = f"MACs and parameters of {_count(len(known), 'set')} of layer widths follow from these."
    return of_differences("costs", holds, differences)


def _none_compared(check: str, records: int) -> Checked:
    """The finding of a check that holds records against the plan, where no record belongs to it."""
    none = "The only record" if records == 1 else f"None of the {records} records"
    could = "could not" if records == 1 else "could"
    said = f"{none} {could} be compared with the configuration, because the identities differ."
    return Checked(check, Answer.COULD_NOT_TELL, said)


def notes_on(found: Contents) -> Sequence[str]:
    """What an archive lacks, or leaves open, which no check refuses."""
    failed = sum(record.status == "failed" for record in found.records)
    left = len(set(found.planned) - {record.cell for record in found.records})
    commit = str(found.environment.get("commit") or "")
    notes = [f"{_count(failed, 'cell')} failed."] if failed else []
    notes += [f"{_count(left, 'planned cell')} {'has' if left == 1 else 'have'} no record."] if left else []
    if not commit or commit.endswith("-dirty"):
        notes.append(
            "The run was made with uncommitted changes."
            if commit
            else "The environment names no commit: the run was made with an installed release."
        )
    return notes


def _described(record: Record, expected: Record) -> Iterator[str]:
    for name in OF_CELL:
        if name == "ratio" and OWN in (record.budget, expected.budget):
            continue
        said, wanted = getattr(record, name), getattr(expected, name)
        if said != wanted:
            yield f"The record of {named(record)} has {name} {said!s:.60}; its identity belongs to {wanted!s:.60}."
            return


def _costs(record: Record, here: dict[str, int]) -> Iterator[str]:
    for kind, value in here.items():
        said = record.measures.get(kind)
        if said is not None and said != value:
            yield f"The record of {named(record)} states {kind} {said:,.0f}; its widths give {value:,}."
            return


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _begun(record: Record) -> str:
    name = named(record)
    return name[0].upper() + name[1:]

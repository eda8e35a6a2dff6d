"""The run folder: complete in itself, one writer, nothing finished is ever lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import filelock
import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.files import (
    DISK_FULL,
    check_own_files,
    read_text,
    remove_leftovers,
    whole_file,
    write_text,
)
from prunebench.eval.logs import append_line, read_lines
from prunebench.eval.measures.measure_registry import installed_measures
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.forms import Environment
from prunebench.eval.run.latency_table import LatencyTables
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED, FINE_TUNED, QUANTISED, Record, read_records
from prunebench.eval.run.run_lines import run_lines
from prunebench.eval.run.schema import RUN_SCHEMA
from prunebench.eval.run.shape_line import ShapeKey, ShapeTimings, load_shapes
from prunebench.eval.text.strict import parsed
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.config.comparison import NO_KEY, difference
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.plan.plan import Plan
from prunebench.harness.workspace.environment import KINDS, describe_environment

PROBES = ".prunebench-" + "[0-9a-f]" * 32  # as `cluster` names them, and nothing else of someone's folder


class RunFolder:
    """A run folder, held by one process at a time; `RunFiles` says what lies in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = RunFiles(path)
        self._lock = filelock.FileLock(self.files.lock, timeout=0)

    def __enter__(self) -> RunFolder:
        if is_archive(self.path):
            raise InputError(
                f"`{self.path}` is an archive, and a run cannot add cells to it: give another folder with -o, and "
                "report both together."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            check_own_files(self.path)
            self._lock.acquire()
        except filelock.Timeout:
            raise InputError(
                f"Another `prunebench run` is working in `{self.path}`: wait until it ends, or give another folder "
                "with -o."
            ) from None
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            raise InputError(
                f"A run folder must be a folder that can be written. Found `{self.path}` ({error.strerror}): give "
                "another with -o."
            ) from error
        for probe in self.path.glob(PROBES):  # of a run on a cluster that was killed
            probe.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    @property
    def scores(self) -> Path:
        """The folder of test scores."""
        return self.files.scores

    def begin(
        self,
        config: Config,
        plan: Plan,
        datasets: Sequence[DataSet],
        latencies: LatencyTables | None = None,
    ) -> None:
        """Write what describes the run, or check that it fits what is there.

        Args:
            config: the sweep.
            plan: its cells.
            datasets: whose test targets are kept.
            latencies: tables that the plan rests on.

        Raises:
            InputError: if the folder holds finished cells that the configuration does not ask for, or was made
                with another torch.
        """
        self.check_free()
        self._check_cells(config, plan)
        environment = self._environment()
        if latencies is not None:
            write_text(self.files.latencies, latencies.to_json(), follow=False)
        write_text(self.files.plan, json.dumps([cell.identity for cell in plan.cells]), follow=False)
        write_text(self.files.environment, json.dumps(environment, indent=1, sort_keys=True), follow=False)
        for folder in (self.path, *(path for path in self.path.iterdir() if path.is_dir())):
            remove_leftovers(folder)
        write_text(self.files.config, config.to_toml(), follow=False)
        measures = [measure.description() for measure in installed_measures()[0]]
        write_text(self.files.measures, json.dumps(measures, indent=1), follow=False)
        for file in map(Path, (*config.prune.files, *(file for data in config.data for file in data.files))):
            # Two files of one name in different folders are both kept.
            kept = f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.py"
            write_text(self.files.pruners / kept, file.read_text(encoding="utf-8"), follow=False)
        for dataset in datasets:
            with whole_file(self.files.targets_of(dataset.label), follow=False) as stream:
                np.savez_compressed(
                    stream,
                    targets=dataset.test.targets,
                    class_names=np.array(dataset.class_names),
                    sources=np.array(["|".join(sources) for sources in dataset.test.sources]),
                    names=np.array(dataset.test.names),
                )

    def check_free(self) -> None:
        """Leave someone else's folder alone.

        Raises:
            InputError: if the folder holds files and is of no run.
        """
        own = {self.files.latencies.name}  # written first, so that a plan never lacks its tables
        foreign = {path.name for path in self.path.iterdir() if not path.name.startswith(".")} - own
        if foreign and not self.files.plan.exists():
            raise InputError(
                f"A run folder must be new, empty, or that of an earlier run. Found `{min(foreign)}` in "
                f"`{self.path}`: give another folder with -o."
            )

    def _check_cells(self, config: Config, plan: Plan) -> None:
        done = {cell for cell, record in self.records().items() if record.status == "done"}
        stray = done - {cell.identity for cell in plan.cells}
        if stray:
            why = difference(self.path, config)
            ways = "give" if why == NO_KEY else "extend the configuration in its `config.toml`, or give"
            raise InputError(
                f"A configuration must contain all finished cells of its run folder. `{self.path}` contains "
                f"{len(stray)} finished cell{'s' * (len(stray) != 1)} that this configuration does not contain{why}: "
                f"{ways} another folder with -o."
            )

    def _environment(self) -> dict[str, object]:
        """What the run is made with: of its first outcome, or of now."""
        file = self.files.environment
        now = {"run_schema_version": RUN_SCHEMA, **describe_environment()}
        if not file.exists() and not read_lines(self.files.outcomes):
            return now
        try:
            before = dict(parsed(read_text(file), Environment))
        except (OSError, ValueError) as error:
            raise InputError(
                f"A run folder with results must contain its `environment.json`. `{file}` cannot be read "
                f"({error}): give another folder with -o."
            ) from error
        if before.get("run_schema_version", RUN_SCHEMA) != RUN_SCHEMA:
            raise InputError(
                f"A run folder must have run_schema_version {RUN_SCHEMA}. Found {before['run_schema_version']!r} in "
                f"`{self.path}`: use the version of prunebench that made it, or give another folder with -o."
            )
        if not read_lines(self.files.outcomes):
            return now
        for key in ("torch", "processor"):
            if before.get(key) != now[key]:
                raise InputError(
                    f"All cells of a run must be computed with the same {KINDS.get(key, key)}. The cells in "
                    f"`{self.path}` have {before.get(key)!r}, this machine has {now[key]!r}: give another folder with "
                    "-o."
                )
        return before

    def records(self) -> dict[str, Record]:
        """The last record of each cell."""
        return {record.cell: record for record in read_records(self.files.records)}

    def add_record(self, record: Record) -> None:
        """Append a record, whole or not at all."""
        append_line(self.files.records, record.to_json())

    def outcomes(self) -> dict[str, Outcome]:
        """Finished outcomes whose test scores are there."""
        found = run_lines(self.files.outcomes, Outcome.from_json)
        return {o.identity: o for o in found if self._has_scores(o)}

    def _has_scores(self, outcome: Outcome) -> bool:
        two = {FINE_TUNED, CONVERGED} <= outcome.stages.keys()
        kept = {"": True, FINE_TUNED: two, QUANTISED: QUANTISED in outcome.stages}
        stages = [stage for stage, there in kept.items() if there]
        return all(self.files.scores_of(outcome.identity, stage).exists() for stage in stages)

    def add_outcome(self, outcome: Outcome, removed: Mapping[str, Sequence[int]]) -> None:
        """Append an outcome, and before it its curve and the filters that went, by layer.

        Args:
            outcome: that is finished; it says itself which filters went where it alone knows.
            removed: layer → filters, else.
        """
        removed = outcome.removed or removed
        if any(removed.values()):
            line = {"outcome": outcome.identity, "removed": {k: list(v) for k, v in removed.items()}}
            append_line(self.files.removed, json.dumps(line, separators=(",", ":")))
        if outcome.curve:
            curve = {"outcome": outcome.identity, "curve": outcome.curve}
            append_line(self.files.curves, json.dumps(curve, separators=(",", ":")))
        append_line(self.files.outcomes, outcome.to_json())

    def log_failure(self, key: str, details: str) -> None:
        """Keep the traceback of a task that failed; the records hold its last line."""
        append_line(self.files.failures, f"{key}\n{details}")

    def shapes(self, settings: Mapping[str, object]) -> set[ShapeKey]:
        """Shapes whose latency is measured with these settings."""
        return {
            shape.key
            for shape in load_shapes(self.path).values()
            if shape.settings == settings and "latency_backbone_ms" in shape.timings
        }

    def add_shape(
        self,
        of: ShapeKey,
        timings: Mapping[str, float],
        settings: Mapping[str, object],
        failed: Mapping[str, str],
    ) -> None:
        """Append what one shape was measured at, how, and what could not be measured and why."""
        shape = ShapeTimings(of.widths, dict(timings), dict(settings), dict(failed), of.network, of.n_classes)
        append_line(self.files.shapes, shape.to_json())

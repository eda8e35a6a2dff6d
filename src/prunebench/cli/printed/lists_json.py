"""What `prunebench list` prints: a row an item."""

from __future__ import annotations

from typing import Any

from prunebench.cli.printed.form import row

NOTE = (str, "further notes, the reason why it cannot be used, or nothing")

Kind: Any = row(
    "Kind",
    "A kind of things that can be listed.",
    {"command": (str, "command that lists them"), "what": (str, "description of them in a line")},
)
ListedPruner: Any = row(
    "ListedPruner",
    "A pruning criterion.",
    {
        "name": (str, "name as `--pruner` takes it"),
        "family": (str, "what a score is about: `one-layer`, `group`, `data` or `control`"),
        "looks at": (str, "what a score is made from: `weights`, `clips`, `clips, labels` or `nothing`"),
        "paper": (str, "authors and year, or nothing"),
        "needs": (str, "what it needs besides weights, separated by commas"),
        "criterion": (str, "definition in a line"),
        "reference": (str, "key of the paper in `references.bib`, or nothing"),
        "note": NOTE,
    },
)
ListedNetwork: Any = row(
    "ListedNetwork",
    "A network that can be pruned.",
    {
        "name": (str, "name as `--network` takes it"),
        "what": (str, "description of the network in a line"),
        "parameters": (str, "parameters that its label takes, with their defaults"),
        "reference": (str, "key of the paper in `references.bib`, or nothing"),
        "default scope": (str, "groups that are pruned if you name none"),
        "sample rate": (int | None, "sample rate in Hz; `null` if the network cannot be used"),
        "note": NOTE,
    },
)
ListedBases: Any = row(
    "ListedBases",
    "A set of frozen base models.",
    {
        "name": (str, "name of the set"),
        "seeds": (str, "seeds of its models, separated by commas"),
        "network": (str, "label of the network"),
        "classes": (int | str, "number of classes; nothing if the set cannot be used"),
        "test mAP": (str, "least and greatest test mAP of its models, in [0, 1]"),
        "bytes": (int | str, "bytes of all files together; nothing if the set cannot be used"),
        "from": (str, "distributions that contain it"),
        "note": NOTE,
    },
)
ListedMeasure: Any = row(
    "ListedMeasure",
    "A measure of quality or cost.",
    {
        "name": (str, "key in records"),
        "what": (str, "description of the measure, with its convention"),
        "unit": (str, "unit of its values; nothing for shares and counts"),
        "better": (str, "direction in which it is better, `higher` or `lower`"),
        "bounds": (str, "smallest and greatest value; … for an open end"),
        "cost": (str, "effort of measuring it, in words"),
        "note": NOTE,
    },
)
ListedDataset: Any = row(
    "ListedDataset",
    "A data set.",
    {"name": (str, "name as `data.name` takes it"), "what": (str, "description of it in a line")},
)
ListedPreset: Any = row(
    "ListedPreset",
    "A configuration that comes with prunebench.",
    {"name": (str, "name as `prunebench run` takes it"), "what": (str, "purpose of it in a line")},
)
ListedBaseline: Any = row(
    "ListedBaseline",
    "A baseline that comes with prunebench.",
    {"name": (str, "name as `prunebench check --baseline` takes it"), "file": (str, "path of its file")},
)
PublishedTagger: Any = row(
    "PublishedTagger",
    "A published tagger; a value that was not published is an empty string.",
    {
        "name": (str, "name of the model"),
        "mAP": (str, "mean average precision on AudioSet's evaluation set, in [0, 1]"),
        "parameters, M": (str, "number of parameters, in millions"),
        "MACs, backbone, G": (str, "multiply–accumulates for a 10 s clip, features in, in 10⁹"),
        "MACs, with front end, G": (str, "multiply–accumulates for a 10 s clip, waveform in, in 10⁹"),
        "digitised": (str, "whether figures were read off a plot: `yes`, or nothing"),
        "source of mAP": (str, "publication of the mAP"),
        "source of costs": (str, "publication of the costs, or how they were counted"),
    },
)

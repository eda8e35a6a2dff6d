"""What `prunebench list` prints: a row an item."""

from __future__ import annotations

from typing import Any

from prunebench.cli.printed.form import row

NOTE = (str, "what a reader must know besides, why it cannot be used, or nothing")

Kind: Any = row(
    "Kind",
    "A kind of things that can be listed.",
    {"command": (str, "that lists them"), "what": (str, "they are")},
)
ListedPruner: Any = row(
    "ListedPruner",
    "A pruning criterion.",
    {
        "name": (str, "as `--pruner` takes it"),
        "family": (str, "what a score is about: `one-layer`, `group`, `data` or `control`"),
        "looks at": (str, "what a score is made from: `weights`, `clips`, `clips, labels` or `nothing`"),
        "paper": (str, "authors and year, or nothing"),
        "needs": (str, "what it needs besides weights, separated by commas"),
        "criterion": (str, "its definition in a line"),
        "reference": (str, "key of the paper in `references.bib`, or nothing"),
        "note": NOTE,
    },
)
ListedNetwork: Any = row(
    "ListedNetwork",
    "A network that can be pruned.",
    {
        "name": (str, "as `--network` takes it"),
        "what": (str, "it is, in a line"),
        "parameters": (str, "that its label takes, with their defaults"),
        "reference": (str, "key of the paper in `references.bib`, or nothing"),
        "default scope": (str, "groups that are pruned where none are named"),
        "sample rate": (int | None, "in Hz; `null` where the network cannot be used"),
        "note": NOTE,
    },
)
ListedBases: Any = row(
    "ListedBases",
    "A set of frozen base models.",
    {
        "name": (str, "of the set"),
        "seeds": (str, "of its models, separated by commas"),
        "network": (str, "label of the network"),
        "classes": (int | str, "how many; nothing where the set cannot be used"),
        "test mAP": (str, "least and greatest of its models, in [0, 1]"),
        "bytes": (int | str, "of all files together; nothing where the set cannot be used"),
        "from": (str, "distributions that bring it"),
        "note": NOTE,
    },
)
ListedMeasure: Any = row(
    "ListedMeasure",
    "A measure of quality or cost.",
    {
        "name": (str, "key in records"),
        "what": (str, "it is, with its convention"),
        "unit": (str, "of its values; nothing for shares and counts"),
        "better": (str, "`higher` or `lower`"),
        "bounds": (str, "smallest and greatest value; … for an open end"),
        "cost": (str, "what taking it costs, in words"),
        "note": NOTE,
    },
)
ListedDataset: Any = row(
    "ListedDataset",
    "A data set.",
    {"name": (str, "as `data.name` takes it"), "what": (str, "it is, in a line")},
)
ListedPreset: Any = row(
    "ListedPreset",
    "A configuration that comes with prunebench.",
    {"name": (str, "as `prunebench run` takes it"), "what": (str, "it is for, in a line")},
)
ListedBaseline: Any = row(
    "ListedBaseline",
    "A baseline that comes with prunebench.",
    {"name": (str, "as `prunebench check --baseline` takes it"), "file": (str, "path of its file")},
)
PublishedTagger: Any = row(
    "PublishedTagger",
    "A published tagger; what was not published is an empty text.",
    {
        "name": (str, "of the model"),
        "mAP": (str, "mean average precision on AudioSet's evaluation set, in [0, 1]"),
        "parameters, M": (str, "in millions"),
        "MACs, backbone, G": (str, "multiply–accumulates for a 10 s clip, features in, in 10⁹"),
        "MACs, with front end, G": (str, "multiply–accumulates for a 10 s clip, waveform in, in 10⁹"),
        "digitised": (str, "`yes` where figures were read off a plot"),
        "source of mAP": (str, "where it was published"),
        "source of costs": (str, "where they were published, or how they were counted"),
    },
)

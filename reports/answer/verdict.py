"""The sentence on who beats random, or only looks better where no test corrects for the number of comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM
from prunebench.eval.run.record import CONVERGED
from prunebench.reports.answer.own import said_own
from prunebench.reports.answer.tried import Tried, joined, names_of
from prunebench.reports.content import numbers

NAMED = 3  # criteria, budgets or settings that a sentence names


def said_verdict(tried: Sequence[Tried], bases: Sequence[int]) -> str:
    """`On this base model, no criterion measurably beats random with 25 % or 50 % of the filters removed.`

    Args:
        tried: all of a report, at least one.
        bases: base models that the comparisons of each panel share.
    """
    tested = [t for t in tried if t.tested]
    if not tested:
        return _untested(tried)
    several = len({t.setting for t in tested}) > 1
    budgets = dict.fromkeys(t.budget for t in tested)
    told = (
        _by_setting(tested) if several else _by_budget(tested) if len(budgets) <= NAMED else _overall(tested)
    )
    whose = _models(
        bases, several=len({(t.setting.run, t.setting.data, t.setting.network) for t in tested}) > 1
    )
    if {t.setting.length for t in tested} == {CONVERGED}:
        whose = f"{whose.removesuffix(', ')}{' and ' * bool(whose)}after convergence, "
    said = f"{whose}{told}{_losers(tested)}"
    text = f"{said}{said_own(tested, said)}."
    starts_with_a_name = not whose and text.split(maxsplit=1)[0] not in ("no", "with", "at")
    return text if starts_with_a_name else text[0].upper() + text[1:]


def said_budgets(tried: Iterable[Tried], word: str = "and", *, of: str = "") -> str:
    """`at 25 % and 50 %`, `at 0.5 of MACs`; `with 25 % of … removed` where `of` says of what."""
    shown = {t.budget: t for t in tried}
    if of and all(t.is_ratio for t in shown.values()):
        return f"with {joined(shown, word)}{of} removed"
    return f"at {joined(shown, word)}"


def _models(bases: Sequence[int], *, several: bool) -> str:
    """`On these 3 base models, `; nothing where they are enough for a claim."""
    fewest, most = min(bases, default=0), max(bases, default=0)
    if fewest >= BASES_FOR_A_CLAIM:
        return ""
    if several:
        each = f"{fewest} base model{'s' * (fewest != 1)} each"
        return f"On {each if fewest == most else f'{fewest} to {most} base models'}, "
    if fewest < most:
        return f"On {fewest} to {most} base models, "
    return "On this base model, " if most == 1 else f"On these {most} base models, "


def _untested(tried: Sequence[Tried]) -> str:
    if all(t.by_chance for t in tried):
        return "There is no criterion to compare with random: only random itself has finished."
    if not any(t.by_chance for t in tried):
        return "There is no random control, so the report cannot tell whether a criterion beats chance."
    chance, ruled = ({(t.setting, t.budget) for t in tried if t.by_chance is by} for by in (True, False))
    if not chance & ruled:
        return "No budget has both a criterion and random, so no difference from random is known."
    return (
        "No difference from random is tested: a test needs the scores of each test clip, and several base models or "
        "repeats on one (draws of random, fine-tuning seeds)."
    )


def _noun(tested: Sequence[Tried], number: int = 1) -> str:
    if any(t.is_method for t in tested):
        return "method" if number == 1 else "methods"
    return "criterion" if number == 1 else "criteria"


def _is_corrected(tested: Sequence[Tried]) -> bool:
    return all(t.corrected for t in tested)


def _beats(tested: Sequence[Tried], *, one: bool) -> str:
    """`beats random`; `looks better than random` if 95 % intervals decided, each for itself."""
    verb, rest = ("beat", "random") if _is_corrected(tested) else ("look", "better than random")
    return f"{verb}{'s' * one} {rest}"


def _filters(tested: Sequence[Tried]) -> str:
    return f" of the filters of {tested[0].setting.filters_of}"


def _by_budget(tested: Sequence[Tried]) -> str:
    """Budget by budget, those with the same winners together."""
    groups: dict[tuple[str, ...], list[Tried]] = {}
    for budget in dict.fromkeys(t.budget for t in tested):
        own = [t for t in tested if t.budget == budget]
        won = sorted((t for t in own if t.wins), key=lambda t: -t.difference)
        groups.setdefault(tuple(t.label for t in won), []).extend(won or own)
    labels = dict.fromkeys(t.label for t in tested)
    if not any(groups):
        where = said_budgets(tested, "or", of=_filters(tested))
        if len(labels) == 1:
            return f"{tested[0].label} does not measurably beat random {where}"
        return f"no {_noun(tested)} measurably beats random {where}"
    parts: list[str] = []
    for winners, own in sorted(groups.items(), key=lambda group: not group[0]):
        where = said_budgets(own, of="" if parts else _filters(tested))
        one = len(winners) == 1
        beats = ("does" if one else "do") if parts else _beats(tested, one=one)
        if winners:
            parts.append(f"{where}, {_named(winners, own, len(labels))} {beats}")
        else:
            who = "it does not" if len(labels) == 1 else f"no {_noun(tested)} does"
            parts.append(f"{where} {who}{' measurably' * _is_corrected(tested)}")
    return "; ".join(parts)


def _named(winners: Sequence[str], own: Sequence[Tried], of: int) -> str:
    """`l1 (+0.020 mAP) and l2 (+0.010 mAP)`, `12 of 23 criteria (most of all obd, +0.030 mAP)`."""
    if len(winners) <= NAMED:
        return joined(f"{label} ({_lead(t for t in own if t.label == label)})" for label in winners)
    first = winners[0]
    lead = _lead(t for t in own if t.label == first)
    return f"{len(winners)} of {of} {_noun(own, of)} (most of all {first}, {lead})"


def _lead(tried: Iterable[Tried]) -> str:
    gaps = sorted(t.difference for t in tried)
    least, most = numbers.gap(gaps[0]), numbers.gap(gaps[-1])
    return f"{least} mAP" if least == most else f"{least} to {most} mAP"


def _overall(tested: Sequence[Tried]) -> str:
    """Over many budgets: who beats random at all of them, how many at some, how many at none."""
    budgets = list(dict.fromkeys(t.budget for t in tested))
    labels = dict.fromkeys(t.label for t in tested)
    where = f"the {len(budgets)} budgets ({budgets[0]} to {budgets[-1]})"
    won = {label: {t.budget for t in tested if t.label == label and t.wins} for label in labels}
    if not any(won.values()):
        return f"no {_noun(tested)} measurably beats random at any of {where}"
    always = [label for label in labels if len(won[label]) == len(budgets)]
    some = [label for label in labels if won[label] and label not in always]
    none = len(labels) - len(always) - len(some)
    parts: list[str] = []
    for names, how in ((always, "at all of"), (some, "at some of")):
        if names:
            most = max(names, key=lambda label: len(won[label]))
            often = f" (most often {most}, at {len(won[most])})" if names is some else ""
            who = f"{len(names)} of {len(labels)} {_noun(tested, 2)}{often}"
            who = joined(names) if len(names) <= NAMED else who
            beats = "" if parts else f" {_beats(tested, one=len(names) == 1)}"
            parts.append(f"{who}{beats} {how} {'them' if parts else where}")
    return ", ".join(parts) + (f", {none} of {len(labels)} at none" if none else "")


def _by_setting(tested: Sequence[Tried]) -> str:
    """Setting by setting where they are few: `l1 (at 2 of 4 budgets) beats random on resnet22; no criterion does …`."""
    settings = list(dict.fromkeys(t.setting for t in tested))
    names = names_of(settings)
    won = [setting for setting in settings if any(t.wins for t in tested if t.setting == setting)]
    if not won:
        few = len(settings) <= NAMED
        which = joined((names[s] for s in settings), "or") if few else f"any of {len(settings)} settings"
        return f"no {_noun(tested)} measurably beats random at any budget of {which}"
    if len(settings) > NAMED:
        where = f" ({joined(names[s] for s in won)})" if len(won) <= NAMED else ""
        beats = _beats(tested, one=True)
        return f"at least one {_noun(tested)} {beats} in {len(won)} of {len(settings)} settings{where}"
    told: dict[tuple[str, int], list[str]] = {}  # who and how many they are, and on what
    for setting in [*won, *(s for s in settings if s not in won)]:
        told.setdefault(_ahead([t for t in tested if t.setting == setting]), []).append(names[setting])
    said: list[str] = []
    for (who, number), on in told.items():
        one = number < 2
        beats = ("does" if one else "do") if said else _beats(tested, one=one)
        measurably = "" if number or not _is_corrected(tested) else " measurably"
        said.append(f"{who} {beats}{measurably} on {joined(on)}")
    return "; ".join(said)


def _ahead(tested: Sequence[Tried]) -> tuple[str, int]:
    """Who beats random in a setting, at how many budgets, and how many they are."""
    budgets = len({t.budget for t in tested})
    labels = dict.fromkeys(t.label for t in tested)
    wins = {label: sum(t.wins for t in tested if t.label == label) for label in labels}
    ahead = sorted((label for label in wins if wins[label]), key=lambda label: -wins[label])
    if not ahead:
        return f"no {_noun(tested)}", 0
    if len(ahead) > NAMED:
        most = f"most often {ahead[0]}, at {wins[ahead[0]]} of {budgets} budgets"
        return f"{len(ahead)} of the {len(wins)} {_noun(tested, 2)} ({most})", len(ahead)
    at = "budget" if budgets == 1 else "budgets"
    return joined(f"{label} (at {wins[label]} of {budgets} {at})" for label in ahead), len(ahead)


def _losers(tested: Sequence[Tried]) -> str:
    labels = dict.fromkeys(t.label for t in tested)
    lost = [t for t in tested if t.loses]
    losing = dict.fromkeys(t.label for t in lost)
    if not losing:
        return ""
    one, many = (
        ("scores measurably lower", "score measurably lower")
        if _is_corrected(tested)
        else ("looks worse", "look worse")
    )
    score = one if len(losing) == 1 else many
    if len(losing) < NAMED and len({t.setting for t in tested}) == 1:
        where = {label: said_budgets(t for t in lost if t.label == label) for label in losing}
        if len(set(where.values())) == 1:
            return f"; {joined(losing)} {score} {said_budgets(lost)}"
        (first, at), *others = where.items()
        also = joined(f"{label} {place}" for label, place in others)
        return f"; {first} {one} {at}, and {also}"
    several = len({(t.setting, t.budget) for t in tested}) > 1
    return f"; {len(losing)} of {len(labels)} {score}{' at one budget or more' * several}"

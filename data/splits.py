"""Train, dev and test, such that what belongs together stays together.

Copies, near copies and versions of one story are a group, and a group has one split. It is drawn from a hash of the
group's name, so that an article does not change sides when others are added.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from stancewire.data.duplicates import Place, find_duplicates
from stancewire.errors import DataError, found_expected
from stancewire.records import Article
from stancewire.stories import story_of

BY = ("story", "date", "outlet", "target", "lang")
SPLITS = ("train", "dev", "test")


def split_articles(
    articles: Sequence[Article], by: str, dev: float = 0.1, test: float = 0.2, held_out: Sequence[str] = ()
) -> list[str]:
    """Return the split of each article.

    Args:
        articles: to split.
        by: ``story`` keeps versions of a story together; ``outlet`` and ``lang`` keep all of an outlet or language
            together; ``date`` puts the newest into test and those before them into dev; ``target`` puts an article
            into test if it has a target that training shall not see.
        dev: share of dev.
        test: share of test.
        held_out: the outlets, languages or targets that go to test, in place of such that are drawn.

    Raises:
        DataError: the shares leave nothing to train on, an article has no date, or nothing is of ``held_out``.
    """
    if by not in BY:
        raise DataError(found_expected("by", by, f"one of {', '.join(BY)}"))
    if not 0 <= dev + test < 1 or min(dev, test) < 0:
        raise DataError(found_expected("shares of dev and test", (dev, test), "shares that leave some for training"))
    group = _groups(articles)
    names = [_names(article, by) for article in articles]
    if missing := sorted(set(held_out) - {name for found in names for name in found}):
        raise DataError(f"held out: found no article of {', '.join(missing)}")
    if by == "date":
        return _by_date(articles, group, dev, test)
    if by == "story":
        return [_drawn(name, dev, test) for name in group]
    wanted = _held_out(names, test, held_out)
    testing = {name for name, found in zip(group, names, strict=True) if wanted & set(found)}
    rest = dev / (1 - test)
    return ["test" if name in testing else _drawn(name, rest, 0.0) for name in group]


def _names(article: Article, by: str) -> list[str]:
    if by == "target":
        return sorted({target.target for target in article.targets})
    value = {"outlet": article.source, "lang": article.lang}.get(by)
    return [value] if value else []


def _held_out(names: Sequence[Sequence[str]], test: float, held_out: Sequence[str]) -> set[str]:
    """Return what goes to test: what was named, or names drawn in the order of their hashes until the share is full."""
    if held_out:
        return set(held_out)
    counts = Counter(name for found in names for name in found)
    chosen: set[str] = set()
    for name in sorted(counts, key=_percent):
        share = sum(bool(chosen & set(found)) for found in names) / max(1, len(names))
        if share >= test:
            break
        chosen.add(name)
    return chosen


def _by_date(articles: Sequence[Article], group: Sequence[str], dev: float, test: float) -> list[str]:
    latest: dict[str, str] = {}
    for article, name in zip(articles, group, strict=True):
        if not article.date:
            raise DataError(found_expected(f"article {article.id}: field date", article.date, "a date to split by"))
        # A story that is told before and after a cut belongs after it: training must not know it.
        latest[name] = max(latest.get(name, ""), article.date)
    dates = sorted(latest[name] for name in group)
    cuts = [dates[min(len(dates) - 1, round(len(dates) * share))] for share in (1 - dev - test, 1 - test)]
    return [
        "test" if test and latest[name] >= cuts[1] else "dev" if dev and latest[name] >= cuts[0] else "train"
        for name in group
    ]


def _groups(articles: Sequence[Article]) -> list[str]:
    """Return the name of each article's group: the first story of those that it is joined with."""
    stories = [story_of(article) for article in articles]
    parent = {story: story for story in stories}

    def root(story: str) -> str:
        while parent[story] != story:
            story = parent[story]
        return story

    # Each article is a file of its own here, since duplicates within a file are not looked for.
    places = ((Place(str(i), article.id, ""), article.text) for i, article in enumerate(articles))
    for pair in find_duplicates(places):
        one, other = sorted(root(stories[int(place.file)]) for place in (pair.first, pair.second))
        parent[other] = one
    return [root(story) for story in stories]


def _drawn(name: str, dev: float, test: float) -> str:
    at = _percent(name)
    return "test" if at < test else "dev" if at < test + dev else "train"


def _percent(name: str) -> float:
    return int(hashlib.sha256(name.encode()).hexdigest()[:15], 16) / 16**15

"""How far two or more annotators of the same articles agree: on quotes, on topics, on stances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from stancewire.errors import DataError, found_expected
from stancewire.evaluation.endtoend import Agreement, bare_spans, is_complete, match_quotes, same_speaker
from stancewire.evaluation.gold import MASKED, topic_labels
from stancewire.evaluation.intervals import SEED, Interval, percentile_interval, story_draws
from stancewire.evaluation.metrics import ALL, KINDS
from stancewire.records import STANCES, Article, Quote
from stancewire.stories import story_of

DRAWS = 400
TOPIC, STANCE = "topic", "stance"
"""What is agreed on: whether a topic is on, and the stance where those who say it is on name one."""


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Agreement on one question; what is undefined is ``None``.

    Attributes:
        kind: article or quote; quotes are those that annotators matched.
        what: topic or stance.
        topic: one, or ``all``, where their units are pooled.
        n: units that two annotators or more answered for.
        same: share of pairs of answers that are the same.
        kappa: Cohen's, the mean over pairs of annotators.
        alpha: Krippendorff's, nominal, of all annotators.
        kappa_interval: 95 %, from draws of whole stories.
        alpha_interval: the same of alpha.
    """

    kind: str
    what: str
    topic: str
    n: int
    same: float | None
    kappa: float | None
    alpha: float | None
    kappa_interval: Interval | None
    alpha_interval: Interval | None


@dataclass(frozen=True, slots=True)
class SpanAgreement:
    """Agreement of two annotators on where the quotes are and who speaks.

    Attributes:
        first: name of the one that is taken for gold; F1 is the same the other way round.
        second: name of the other.
        articles: whose quotes both annotated in full.
        loose: quotes that share half of their joint characters.
        exact: quotes that are the same but for white space and punctuation at their ends.
        speakers: loosely matched quotes with the same speaker, of all that are matched.
    """

    first: str
    second: str
    articles: int
    loose: Agreement
    exact: Agreement
    speakers: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Labels:
    """What A annotators say of U units on T topics.

    Attributes:
        article: id of the article (U,).
        story: index of the story (U,).
        kind: article or quote (U,).
        text: the quote, or nothing (U,).
        on: 1, 0 or -1 where it is not annotated (A, U, T).
        stance: index of the stance or -1 (A, U, T).
    """

    article: tuple[str, ...]
    story: np.ndarray
    kind: np.ndarray
    text: tuple[str, ...]
    on: np.ndarray
    stance: np.ndarray

    def answers(self, what: str) -> np.ndarray:
        """Return the answers to one question (A, U, T), -1 where there is none."""
        return self.on if what == TOPIC else self.stance

    def __repr__(self) -> str:
        return f"Labels({self.on.shape[0]} annotators, {len(self.article)} units)"


def match_annotations(files: Mapping[str, Sequence[Article]], topics: Sequence[str]) -> Labels:
    """Lay the labels of several annotators side by side.

    Quotes of one article are one unit where they overlap by half; an annotator who has none there has not answered.

    Args:
        files: the articles of each annotator.
        topics: the topics to compare.

    Raises:
        DataError: an article has another text in two files, or no article is in two.
    """
    by_id: dict[str, dict[int, Article]] = {}
    for number, articles in enumerate(files.values()):
        for article in articles:
            by_id.setdefault(article.id, {})[number] = article
    shared = {identifier: versions for identifier, versions in by_id.items() if len(versions) > 1}
    if not shared:
        raise DataError(f"{', '.join(files)}: found no article in two of the files, expected the same articles")
    units: list[tuple[Article, str, str, dict[int, Article | Quote]]] = []
    for identifier, versions in shared.items():
        _check_text(identifier, versions, list(files))
        first = next(iter(versions.values()))
        units.append((first, "article", "", dict(versions.items())))
        for group in _matched_quotes(versions, first.text):
            quote = next(iter(group.values()))
            units.append((first, "quote", quote.text_in(first.text), dict(group.items())))
    shape = (len(files), len(units), len(topics))
    on, stance = np.full(shape, MASKED), np.full(shape, MASKED)
    for u, (_, _, _, said) in enumerate(units):
        for annotator, unit in said.items():
            on[annotator, u], stance[annotator, u] = topic_labels(unit.topics, unit.unknown, topics)
    stories = np.unique([story_of(article) for article, *_ in units], return_inverse=True)[1]
    return Labels(
        article=tuple(article.id for article, *_ in units),
        story=stories,
        kind=np.array([kind for _, kind, _, _ in units]),
        text=tuple(text for *_, text, _ in units),
        on=on,
        stance=stance,
    )


def label_agreement(labels: Labels, topics: Sequence[str], draws: int = DRAWS) -> list[LabelAgreement]:
    """Return the agreement on topics and stances, of each kind of unit, for all topics and for each."""
    weights = story_draws(int(labels.story.max()) + 1, draws, SEED)
    found = []
    for kind in KINDS:
        for what in (TOPIC, STANCE):
            for topic in (ALL, *topics):
                columns = list(range(len(topics))) if topic == ALL else [topics.index(topic)]
                chosen = labels.kind == kind
                answers = labels.answers(what)[:, chosen][:, :, columns].reshape(len(labels.on), -1)
                story = np.repeat(labels.story[chosen], len(columns))
                answered = (answers != MASKED).sum(0) > 1
                found.append(_agreement((kind, what, topic), answers[:, answered], story[answered], weights))
    return found


def span_agreement(files: Mapping[str, Sequence[Article]]) -> list[SpanAgreement]:
    """Return the agreement of each pair of annotators on quotes, in articles that both annotated in full."""
    found = []
    for (name, one), (other_name, other) in combinations(files.items(), 2):
        theirs = {article.id: article for article in other if is_complete(article)}
        both = [(a, theirs[a.id]) for a in one if is_complete(a) and a.id in theirs]
        counts = np.zeros(5, dtype=int)
        exact = 0
        for mine, yours in both:
            spans = [bare_spans(quote.spans, mine.text) for quote in mine.quotes]
            their_spans = [bare_spans(quote.spans, mine.text) for quote in yours.quotes]
            pairs = match_quotes(spans, their_spans)
            same = sum(same_speaker(mine.quotes[i].speaker, yours.quotes[j].speaker) for i, j in pairs)
            counts += [len(spans), len(their_spans), len(pairs), same, len(pairs)]
            exact += len(set(spans) & set(their_spans))
        gold, said, hits, same, matched = counts.tolist()
        found.append(
            SpanAgreement(
                name,
                other_name,
                len(both),
                Agreement(gold, said, hits),
                Agreement(gold, said, exact),
                (same, matched),
            )
        )
    return found


def disagreements(labels: Labels, topics: Sequence[str]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return article, unit, topic and each annotator's answer, where two answers differ."""
    found = []
    for u, t in np.ndindex(labels.on.shape[1:]):
        said = tuple(_word(on, stance) for on, stance in zip(labels.on[:, u, t], labels.stance[:, u, t], strict=True))
        answered = set(said) - {"?"}
        if len(answered - {"on"}) > 1 or answered == {"on", "off"}:  # "on" names no stance to differ from
            found.append((labels.article[u], labels.text[u] or "article", topics[t], said))
    return found


def _word(on: int, stance: int) -> str:
    if on == MASKED:
        return "?"
    return "off" if on == 0 else (STANCES[stance] if stance != MASKED else "on")


def _agreement(
    names: tuple[str, str, str], answers: np.ndarray, story: np.ndarray, weights: np.ndarray
) -> LabelAgreement:
    """Return the agreement of answers (A, N), -1 where there is none."""
    kappa, alpha = _kappa(answers), _alpha(answers)
    return LabelAgreement(
        *names,
        n=answers.shape[1],
        same=_same(answers),
        kappa=kappa,
        alpha=alpha,
        kappa_interval=_interval(_kappa, answers, story, weights) if kappa is not None else None,
        alpha_interval=_interval(_alpha, answers, story, weights) if alpha is not None else None,
    )


def _interval(
    figure: Callable[[np.ndarray], float | None], answers: np.ndarray, story: np.ndarray, weights: np.ndarray
) -> Interval | None:
    values = []
    for drawn in weights:
        value = figure(np.repeat(answers, drawn[story].astype(int), axis=1))
        values.append(np.nan if value is None else value)
    return percentile_interval(np.array(values))


def _same(answers: np.ndarray) -> float | None:
    """Return the share of equal pairs of answers, over all pairs of annotators."""
    right = asked = 0
    for one, other in combinations(answers, 2):
        both = (one != MASKED) & (other != MASKED)
        right, asked = right + int((one == other)[both].sum()), asked + int(both.sum())
    return right / asked if asked else None


def _kappa(answers: np.ndarray) -> float | None:
    """Return the mean of Cohen's kappa over pairs of annotators; where only one answer occurs it is undefined."""
    values = []
    for one, other in combinations(answers, 2):
        both = (one != MASKED) & (other != MASKED)
        if len(np.unique(np.r_[one[both], other[both]])) > 1:
            values.append(float(cohen_kappa_score(one[both], other[both])))
    return float(np.mean(values)) if values else None


def _alpha(answers: np.ndarray) -> float | None:
    """Return Krippendorff's alpha; where only one answer occurs it is undefined."""
    values = np.unique(answers[answers != MASKED])
    if len(values) < 2:
        return None
    counts = np.stack([(answers == value).sum(0) for value in values], axis=1)
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _matched_quotes(versions: Mapping[int, Article], text: str) -> list[dict[int, Quote]]:
    """Return groups of quotes that are one, with at most one of each annotator, in the order of the text."""
    groups: list[dict[int, Quote]] = []
    for annotator, article in versions.items():
        spans = [bare_spans(next(iter(group.values())).spans, text) for group in groups]
        pairs = {j: i for i, j in match_quotes(spans, [bare_spans(q.spans, text) for q in article.quotes])}
        for j, quote in enumerate(article.quotes):
            if j in pairs:
                groups[pairs[j]][annotator] = quote
            else:
                groups.append({annotator: quote})
    return sorted(groups, key=lambda group: next(iter(group.values())).spans)


def _check_text(identifier: str, versions: Mapping[int, Article], names: Sequence[str]) -> None:
    (first, article), *others = versions.items()
    for other, version in others:
        if version.text != article.text:
            at = next((i for i, (a, b) in enumerate(zip(article.text, version.text, strict=False)) if a != b), 0)
            where = f"{names[other]}: article {identifier}"
            raise DataError(
                found_expected(where, version.text[at : at + 30], f"the text that it has in {names[first]}, from {at}")
            )

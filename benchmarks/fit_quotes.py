"""Fit the weights of the quote finder's evidence on labelled articles, and write inference/quotes/weights.yaml.

    python benchmarks/fit_quotes.py [articles.jsonl.xz ...]

Learns from the corpus's train and dev splits and from the files given. The shipped weights learn from the labelled
Wikinews articles too (CC BY 2.5; docs/data.md), and from nothing closed. Whether a stretch is a quote is a logistic
regression; who speaks is a choice among the mentions around it and "nobody" (conditional logit), where every span that
is annotated, or else overlaps most, is right. Both are convex, so the result depends on the data alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from stancewire.data import load_corpus, read_articles
from stancewire.evaluation.quotes import bare_spans, judge_speaker
from stancewire.inference.quotes.finder import evidence
from stancewire.inference.quotes.lexicon import language_of
from stancewire.inference.quotes.parts import Part, lay_out
from stancewire.inference.quotes.speakers import Candidate, candidates
from stancewire.inference.quotes.surroundings import Surroundings
from stancewire.records import Article, Quote, Span, Speaker

TARGET = Path(__file__).parents[1] / "inference" / "quotes" / "weights.yaml"
SMALLEST = 0.08
PENALTY = 4.0

Choice = tuple[list[Candidate], set[int], set[int]]
"""Candidates; those whose span is right, or nearest to right; those that name the right speaker, whatever the span."""


def quote_of(text: str, part: Part, quotes: Iterable[Quote], least: float) -> Quote | None:
    """Return the annotated quote that covers more than ``least`` of one of the part's spans."""
    for quote in quotes:
        for start, end in part.spans:
            for begin, stop in bare_spans(quote.spans, text):
                if min(end, stop) - max(start, begin) > least * (end - start):
                    return quote
    return None


def quote_examples(articles: Iterable[Article]) -> tuple[list[dict[str, float]], list[bool]]:
    """Return every stretch between marks, described, and whether it is a quote."""
    rows, labels = [], []
    for article in articles:
        language = language_of(article.text, article.lang)
        layout = lay_out(article.text, language)
        for index, part in enumerate(layout.parts):
            rows.append(evidence(article.text, layout, index, language))
            labels.append(quote_of(article.text, part, article.quotes, 0.3) is not None)
    return rows, labels


def speaker_choices(articles: Iterable[Article]) -> list[Choice]:
    """Return, for every annotated quote, its candidates and which of them are right (none: nobody speaks)."""
    choices = []
    for article in articles:
        text = article.text
        language = language_of(text, article.lang)
        layout = lay_out(text, language)
        gold = {i: quote_of(text, part, article.quotes, 0.5) for i, part in enumerate(layout.parts)}
        kept = [i for i, quote in gold.items() if quote is not None]
        surroundings = Surroundings(text, layout, kept, language)
        previous: Span | None = None
        for number, index in enumerate(kept):
            quote = gold[index]
            speaker = quote.speaker if quote else None
            found = candidates(surroundings, number, previous)
            if speaker is None:
                choices.append((found, set(), set()))
            elif speaker.span and (right := _right(found, speaker.span)):
                choices.append((found, right, _named_alike(text, found, speaker)))
            previous = speaker.span if speaker and speaker.span else previous
    return [choice for choice in choices if choice[0]]


def _right(found: list[Candidate], gold: Span) -> set[int]:
    shares = []
    for candidate in found:
        start, end = candidate.mention.span
        common = min(end, gold[1]) - max(start, gold[0])
        shares.append(max(0.0, common / (max(end, gold[1]) - min(start, gold[0]))))
    most = max(shares, default=0.0)
    return {i for i, share in enumerate(shares) if share == most} if most else set()


def _named_alike(text: str, found: list[Candidate], gold: Speaker) -> set[int]:
    """Return the candidates that share characters or words with the right mention, near it or elsewhere."""
    spans = [candidate.mention.span for candidate in found]
    judged = [judge_speaker(gold, Speaker(text[slice(*span)], span)) for span in spans]
    return {i for i, right in enumerate(judged) if right["speaker_overlap"]}


def fit_speakers(choices: list[Choice]) -> dict[str, float]:
    """Return the weights that make the right mentions likeliest."""
    rows: list[Mapping[str, float]] = []
    group: list[int] = []
    right: list[bool] = []
    same: list[bool] = []
    place: list[bool] = []
    for number, (found, correct, alike) in enumerate(choices):
        places = {found[i].mention.place for i in correct}
        rows += [candidate.features for candidate in found]
        rows.append({"nobody": 1.0})
        group += [number] * (len(found) + 1)
        right += [i in correct for i in range(len(found))] + [not correct]
        same += [i in alike for i in range(len(found))] + [not correct]
        place += [found[i].mention.place in places for i in range(len(found))] + [not correct]
    vectorizer = DictVectorizer()
    matrix: csr_matrix = vectorizer.fit_transform(rows)
    groups = np.array(group)
    starts = np.r_[0, np.flatnonzero(np.diff(groups)) + 1]
    # log P(speaker) + log P(span, given its place): who speaks matters wherever the name stands.
    signed = [(np.array(same), 1.0), (np.array(right), 1.0), (np.array(place), -1.0)]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = matrix @ weights
        mass = np.exp(scores - np.maximum.reduceat(scores, starts)[groups])
        total = np.add.reduceat(mass, starts)
        value = np.log(total).sum() + PENALTY / 2 * weights @ weights
        slope = mass / total[groups]
        for rows_of, sign in signed:
            part = np.add.reduceat(mass * rows_of, starts) + 1e-12
            value -= sign * np.log(part).sum()
            slope = slope - sign * mass * rows_of / part[groups]
        return float(value), matrix.T @ slope + PENALTY * weights

    result = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 250})
    return _named(vectorizer.get_feature_names_out(), result.x)


def fit_quotes(rows: list[dict[str, float]], labels: list[bool]) -> dict[str, float]:
    """Return the weights that tell quotes from titles, names and scare quotes."""
    vectorizer = DictVectorizer()
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=5000)
    model.fit(vectorizer.fit_transform(rows), labels)
    return _named(vectorizer.get_feature_names_out(), model.coef_[0])


def _named(names: Iterable[str], values: np.ndarray) -> dict[str, float]:
    named = ((str(name), round(float(value), 2)) for name, value in zip(names, values, strict=True))
    return {name: value for name, value in named if abs(value) >= SMALLEST}


def main() -> None:
    """Fit both and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="further records to learn from")
    options = parser.parse_args()
    given = [article for path in options.files for article in read_articles(path)]
    complete = [article for article in given if article.extra.get("quotes_complete", True)]
    articles = [*load_corpus("train"), *load_corpus("dev"), *complete]
    # A file that names no speaker at all in a language was not annotated for speakers.
    named = {(a.source, a.lang) for a in articles if any(quote.speaker for quote in a.quotes)}
    with_speakers = [a for a in articles if (a.source, a.lang) in named or a.extra.get("split")]
    weights = {
        "quotes": fit_quotes(*quote_examples(articles)),
        "speakers": fit_speakers(speaker_choices(with_speakers)),
    }
    head = "# Written by benchmarks/fit_quotes.py: what each piece of evidence weighs (log odds).\n"
    TARGET.write_text(head + yaml.safe_dump(weights, allow_unicode=True, width=200), encoding="utf-8")


if __name__ == "__main__":
    main()

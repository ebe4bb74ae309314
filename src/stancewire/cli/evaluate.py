"""``stancewire evaluate``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancewire.cli.progress import progress_bar, say
from stancewire.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from stancewire.evaluation.baselines import Baseline
    from stancewire.inference.predictor import Predictor
    from stancewire.predictions import Prediction
    from stancewire.records import Article

CORPUS = "corpus"
EMBEDDED_AT_ONCE, READ_AT_ONCE = 256, 16
"""Texts of the vectors' baseline, and articles of the checkpoint, that are read together."""


@click.command()
@click.argument("checkpoint", metavar="CHECKPOINT")
@click.argument("data", metavar="DATA")
@click.option(
    "--report",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.json, report.md, report.html, model-index.yaml and predictions.parquet.",
)
@click.option("--split", default=None, help="Take the records of this split only [of the corpus: test].")
@click.option("--lang", default=None, help="Take the records in this language only, such as fr.")
@click.option(
    "--train",
    default=CORPUS,
    show_default=True,
    metavar="DATA",
    help="What the baselines learn from: a file, or the corpus (its train split).",
)
@click.option(
    "--encoder",
    default=None,
    metavar="FOLDER|NAME",
    help="The encoder of the baseline [that of the checkpoint, tuned if the checkpoint's is].",
)
@click.option("--baselines/--no-baselines", default=True, help="Train and score the baselines.")
def evaluate(
    checkpoint: str,
    data: str,
    folder: Path,
    split: str | None,
    lang: str | None,
    train: str,
    encoder: str | None,
    baselines: bool,
) -> None:
    """Score CHECKPOINT on the labelled articles of DATA, beside baselines.

    CHECKPOINT is a folder, a name on the Hugging Face Hub, or "default" for the shipped one. DATA is a file of records
    or "corpus", the project's own. Topics and stances are scored by topic, kind of unit and language, with the
    record's quotes and from the bare text on. The baselines (the most frequent answer; n-grams; vectors of the bare
    encoder) are trained in the same run and answer for the same units.

    \b
    stancewire evaluate default corpus --report report
    stancewire evaluate runs/mine/checkpoint my.test.jsonl --train my.train.jsonl --report report
    """  # noqa: D301 - click wants the character itself
    from stancewire.evaluation.endtoend import is_complete, score_end_to_end
    from stancewire.evaluation.gold import gold_units
    from stancewire.evaluation.markdown import unit_table
    from stancewire.evaluation.pairs import topic_rows
    from stancewire.evaluation.report import System, make_report, write_report
    from stancewire.inference.predictor import Predictor

    split = split or ("test" if data == CORPUS else None)
    articles = _read(data, split, lang)
    predictor = Predictor.load(checkpoint)
    topics = [topic.name for topic in predictor.labels.topics]
    units = gold_units(articles, topics)
    if not (units.on >= 0).any():
        raise DataError(f"{data}: found no article or quote with annotated topics, expected at least one")
    say(f"{data}: {len(articles):,} articles, {len(units) - len(articles):,} quotes")
    if others := _other_topics(articles, topics):
        say(f"{data}: left out, as the checkpoint does not know them: {', '.join(others)}")
    learned = _training(train, articles, topics) if baselines else []

    complete = [article for article in articles if is_complete(article)]
    with progress_bar("labelling, with quotes given and found", len(articles) + len(complete)) as advance:
        given, found = _answers(predictor, articles, advance)
    pairs = _pairs(predictor, articles, given, topics, learned)
    systems = [System("checkpoint", "the network, with the probabilities and thresholds of its checkpoint", pairs)]
    windows = [prediction.windows for prediction in given]
    if learned:
        for baseline in _baselines(learned, articles, topics, predictor, encoder):
            rows = topic_rows(articles, topics, baseline.scores, baseline.name, windows)
            systems.append(System(baseline.name, baseline.description, rows))
    say("intervals and slices")
    report = make_report(
        checkpoint={"name": checkpoint, "sha256": _digest(predictor), "labels": predictor.labels.model_dump()},
        data=_source(data, split, lang, articles),
        train=_source(train, "train" if train == CORPUS else None, None, learned) if learned else None,
        topics=topics,
        systems=systems,
        end_to_end=score_end_to_end(complete, found, topics),
    )
    write_report(report, folder, systems, articles)
    click.echo(unit_table(report))
    say(f"report: {folder / 'report.html'}, {folder / 'report.md'}, {folder / 'report.json'}")


def _read(source: str, split: str | None, lang: str | None) -> list[Article]:
    """Read the corpus or a file, and keep what is of the split and in the language."""
    from stancewire.data import load_corpus, read_articles

    if source == CORPUS:
        return load_corpus(split, lang)
    articles = [
        article
        for article in read_articles(source)
        if split in (None, article.extra.get("split")) and lang in (None, article.lang)
    ]
    if not articles:
        wanted = [f"split {split}"] * bool(split) + [f"language {lang}"] * bool(lang)
        raise DataError(f"{source}: found no article of {' and '.join(wanted)}, expected at least one")
    return articles


def _answers(
    predictor: Predictor, articles: Sequence[Article], advance: Callable[[int], None]
) -> tuple[list[Prediction], list[Prediction]]:
    """Answer for the records' own quotes and open targets; and from the bare text on where all quotes are annotated.

    Both are asked for together, since the encoder reads the windows that they share once.
    """
    from dataclasses import replace

    from stancewire.evaluation.endtoend import is_complete
    from stancewire.inference.quotes import find_quotes

    given: list[Prediction] = []
    found: list[Prediction] = []
    for start in range(0, len(articles), READ_AT_ONCE):
        part = articles[start : start + READ_AT_ONCE]
        complete = [article for article in part if is_complete(article)]
        bare = [replace(a, quotes=tuple(find_quotes(a.text, a.lang)), targets=()) for a in complete]
        asked = [{target.target for target in article.targets} for article in part]
        targets = sorted(set().union(*asked))
        read = predictor.predict([*part, *bare], "given", targets, advance)
        for prediction, own in zip(read, asked, strict=False):
            given.append(replace(prediction, targets=tuple(t for t in prediction.targets if t.target in own)))
        found += (replace(prediction, targets=()) for prediction in read[len(part) :])
    return given, found


def _pairs(
    predictor: Predictor,
    articles: Sequence[Article],
    given: Sequence[Prediction],
    topics: Sequence[str],
    learned: Sequence[Article],
) -> pd.DataFrame:
    """Return the checkpoint's answers as a table."""
    import pandas as pd

    from stancewire.evaluation.gold import predicted_scores
    from stancewire.evaluation.pairs import CHECKPOINT, target_rows, topic_rows, with_taught

    windows = [prediction.windows for prediction in given]
    rows = [topic_rows(articles, topics, predicted_scores(articles, given, topics), CHECKPOINT, windows)]
    if any(article.targets for article in articles):
        seen = {target.target for article in learned for target in article.targets} if learned else None
        rows.append(target_rows(articles, given, CHECKPOINT, seen))
    return with_taught(pd.concat(rows, ignore_index=True), _taught(predictor))


def _taught(predictor: Predictor) -> set[str]:
    """Return the languages that the checkpoint was trained on; none where it does not say."""
    try:
        facts = json.loads((predictor.checkpoint.folder / "provenance.json").read_text("utf-8"))
        return {lang for source in facts["train"] for lang in source["languages"]} - {"?"}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _other_topics(articles: Sequence[Article], topics: Sequence[str]) -> list[str]:
    """Return the topics that are annotated and not in the label set."""
    annotated = [labels for article in articles for labels in (article.topics, *(q.topics for q in article.quotes))]
    return sorted({topic for labels in annotated for topic in labels or {}} - set(topics))


def _training(source: str, scored: Sequence[Article], topics: Sequence[str]) -> list[Article]:
    """Read what the baselines learn from, without the texts that are scored."""
    from stancewire.evaluation.baselines import without_examples
    from stancewire.evaluation.gold import gold_units

    articles = _read(source, "train" if source == CORPUS else None, None)
    texts = {article.text for article in scored}
    kept = [article for article in articles if article.text not in texts]
    if len(kept) < len(articles):
        say(f"{source}: {len(articles) - len(kept):,} articles are scored and not learned from")
    if missing := without_examples(gold_units(kept, topics), topics):
        raise DataError(
            f"{source}: found no example of {', '.join(missing)} for the baselines to learn from; name the records "
            "that the checkpoint was trained on with --train FILE, or leave them out with --no-baselines"
        )
    return kept


def _baselines(
    learned: Sequence[Article],
    scored: Sequence[Article],
    topics: Sequence[str],
    predictor: Predictor,
    encoder_name: str | None,
) -> Iterable[Baseline]:
    from stancewire.evaluation.baselines import encoder, majority, tfidf
    from stancewire.evaluation.gold import gold_units

    train, test = gold_units(learned, topics), gold_units(scored, topics)
    yield majority(train, test)
    say("baseline: n-grams")
    yield tfidf(train, test)
    say("baseline: vectors of the encoder")
    embed = _embedder(predictor, encoder_name)
    with progress_bar("texts read", len(train) + len(test)) as advance:
        what = f"the encoder {encoder_name}" if encoder_name else "the checkpoint's encoder, as the checkpoint has it"
        yield encoder(train, test, lambda texts: _embed(embed, texts, advance), what)


def _embedder(predictor: Predictor, name: str | None) -> Callable[[Sequence[str]], np.ndarray]:
    """Return what gives the vectors of texts: the checkpoint's encoder, or another one read in the same way."""
    if name is None:
        return predictor.embed
    from dataclasses import replace

    from stancewire.inference.predictor import Predictor
    from stancewire.models.checkpoint import load_encoder
    from stancewire.models.network import StanceConfig, StanceModel

    loaded, tokenizer = load_encoder(name)
    own = predictor.model.config
    config = StanceConfig(
        encoder=loaded.config.to_dict(), prefix=own.prefix, window_tokens=own.window_tokens, middle_layer=0
    )
    model = StanceModel(config, loaded).eval()
    return Predictor(replace(predictor.checkpoint, model=model, tokenizer=tokenizer)).embed


def _embed(
    embed: Callable[[Sequence[str]], np.ndarray], texts: Sequence[str], advance: Callable[[int], None]
) -> np.ndarray:
    """Embed part by part, so that a person sees how far it is."""
    import numpy as np

    vectors = []
    for start in range(0, len(texts), EMBEDDED_AT_ONCE):
        part = texts[start : start + EMBEDDED_AT_ONCE]
        vectors.append(embed(part))
        advance(len(part))
    return np.concatenate(vectors)


def _digest(predictor: Predictor) -> str:
    """Return the digest of the checkpoint's manifest, which holds those of all its files."""
    from stancewire.models.files import MANIFEST, sha256

    return sha256(predictor.checkpoint.folder / MANIFEST)


def _source(name: str, split: str | None, lang: str | None, articles: Sequence[Article]) -> dict[str, Any]:
    from stancewire.data import data_digest

    return {
        "name": name,
        "split": split,
        "lang": lang,
        "articles": len(articles),
        "quotes": sum(len(article.quotes) for article in articles),
        "languages": sorted({article.lang or "?" for article in articles}),
        "sha256": data_digest(articles),
    }

"""``stancewire annotate``: to Label Studio, back into records, and what to label next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from stancewire.cli.data import article_vectors
from stancewire.cli.progress import progress_bar, say
from stancewire.errors import DataError

if TYPE_CHECKING:
    from stancewire.data.label_studio_export import Annotated
    from stancewire.predictions import Prediction
    from stancewire.records import Article


@click.group()
def annotate() -> None:
    """Label by hand in Label Studio, and find out what to label next."""


@annotate.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for config.xml and tasks.json.",
)
@click.option(
    "--labels",
    default="labels/newswire.yaml",
    show_default=True,
    metavar="YAML",
    help="The label set, or a config that has one.",
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What stancewire label wrote of the same articles (jsonl): annotators start from it.",
)
@click.option("--doccano", is_flag=True, help="Write quotes and speakers for doccano (doccano.jsonl) instead.")
def export(file: Path, folder: Path, labels: str, predictions: Path | None, doccano: bool) -> None:
    """Make a Label Studio project of the articles in FILE.

    Paste config.xml into the project's labelling setup (Code) and import tasks.json. What is labelled in the records
    comes as annotations, the model's predictions as pre-annotations with scores.

    \b
    stancewire label news.jsonl -o labels.jsonl
    stancewire annotate export news.jsonl --predictions labels.jsonl -o project
    """  # noqa: D301 - click wants the character itself
    from stancewire.config_files import labels_of
    from stancewire.data import read_articles
    from stancewire.data.label_studio import labelling_config
    from stancewire.data.label_studio_tasks import doccano_record, task_of

    articles = list(read_articles(file))
    if doccano:
        _write(folder / "doccano.jsonl", "".join(_line(doccano_record(article)) for article in articles))
        return
    label_set = labels_of(labels)
    answers = _predictions(predictions) if predictions else {}
    missing = [article.id for article in articles if article.id not in answers]
    if predictions and len(missing) == len(articles):
        raise DataError(f"{predictions}: has none of the articles of {file}; they are matched by their id")
    tasks = [task_of(article, label_set, answers.get(article.id)) for article in articles]
    targets = any(task["data"]["targets"] for task in tasks)
    _write(folder / "config.xml", labelling_config(label_set, targets))
    _write(folder / "tasks.json", json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    if predictions and missing:
        say(f"{predictions}: has no answer for {len(missing)} of the {len(articles)} articles, such as {missing[0]}")


@annotate.command("import")
@click.argument("file", metavar="EXPORT.json", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for a file of records of each annotator.",
)
def import_(file: Path, folder: Path) -> None:
    """Read what Label Studio exported (format JSON) back into records, one file for each annotator.

    Where annotators labelled the same article, the labels on which they differ are listed on standard error; how far
    they agree in all is told by stancewire agreement. If an annotation cannot be read, all that are such are listed,
    and nothing is written.

    \b
    stancewire annotate import project-1.json -o labelled
    stancewire agreement labelled/*.jsonl
    """  # noqa: D301 - click wants the character itself
    from stancewire.data.label_studio_export import read_export

    faults: list[DataError] = []
    found: dict[str, dict[str, Annotated]] = {}
    for annotated in read_export(file):
        if isinstance(annotated, DataError):
            faults.append(annotated)
            continue
        mine = found.setdefault(annotated.annotator, {})
        before = mine.setdefault(annotated.article.id, annotated)
        if before is not annotated:
            say(f"{annotated.annotator} labelled {annotated.article.id} twice: the later one is taken")
            mine[annotated.article.id] = max(before, annotated, key=lambda one: one.when)
    for fault in faults:
        say(f"error: {fault}")
    if faults:
        raise DataError(f"{len(faults)} annotations cannot be read")
    if not found:
        raise DataError(f"{file}: found no annotation, expected tasks that somebody labelled")
    articles = {name: [one.article for one in mine.values()] for name, mine in sorted(found.items())}
    for name, theirs in articles.items():
        path = folder / f"{_file_name(name)}.jsonl"
        _write(path, "".join(_line(article.to_dict() | {"annotator": name}) for article in theirs))
    _tell_disagreements(articles)


@annotate.command("next")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-n", "number", default=50, show_default=True, type=click.IntRange(min=1), help="How many to choose.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the chosen records here (jsonl).  [default: list them]",
)
@click.option(
    "--labelled",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Records that are labelled already: they are not chosen, nor what is like them; may be repeated.",
)
@click.option("--model", help="A checkpoint folder, or a name on the Hugging Face Hub.  [default: the shipped one]")
def next_(file: Path, number: int, output: Path | None, labelled: tuple[Path, ...], model: str | None) -> None:
    """Choose from FILE the articles that are most worth labelling, the first one first.

    The model labels them all; chosen is that of which it is unsure and that is unlike what is chosen or labelled
    already, as evenly over languages and topics as there are articles. The list has the id, the language, the
    topic of which the model is least sure, and how unsure it is (0 to 1).

    \b
    stancewire annotate next news.jsonl -n 50 --labelled my.train.jsonl -o chosen.jsonl
    """  # noqa: D301 - click wants the character itself
    from stancewire.data import read_articles
    from stancewire.data.choosing import choose
    from stancewire.inference.predictor import Predictor

    done = {article.id: article for path in labelled for article in read_articles(path)}
    articles = [article for article in read_articles(file) if article.id not in done]
    if not articles:
        raise DataError(f"{file}: found no article that is not labelled")
    predictor = Predictor.load(model)
    with progress_bar("labelling", len(articles)) as advance:
        predictions = predictor.predict(articles, progress=advance)
    near = article_vectors(predictor, list(done.values())) if done else None
    choices = choose(predictions, article_vectors(predictor, articles), number, near)
    if output:
        _write(output, "".join(_line(articles[choice.index].to_dict()) for choice in choices))
        return
    for choice in choices:
        article = articles[choice.index]
        click.echo(f"{article.id}\t{article.lang or '?'}\t{choice.topic}\t{choice.uncertainty:.2f}")


def _predictions(path: Path) -> dict[str, Prediction]:
    """Read what ``stancewire label`` wrote, by the articles' ids."""
    from stancewire.data.files import rows_of
    from stancewire.predictions import Prediction

    found = {}
    for row in rows_of(path):
        if isinstance(row.content, DataError):
            raise row.content
        try:
            prediction = Prediction.from_dict(row.content)
        except DataError as error:
            raise DataError(f"{row.where}: {error}") from error
        found[prediction.id] = prediction
    return found


def _tell_disagreements(articles: dict[str, list[Article]]) -> None:
    """List the labels on which annotators differ."""
    from collections import Counter

    from stancewire.evaluation.agreement import disagreements, match_annotations

    several = [i for i, n in Counter(a.id for theirs in articles.values() for a in theirs).items() if n > 1]
    if not several:
        return
    every = [
        labels for theirs in articles.values() for a in theirs for labels in (a.topics, *(q.topics for q in a.quotes))
    ]
    topics = sorted({topic for labels in every for topic in labels or {}})
    differing = disagreements(match_annotations(articles, topics), topics)
    for article, unit, topic, said in differing:
        answers = ", ".join(f"{name} {word}" for name, word in zip(articles, said, strict=True) if word != "?")
        say(f"{article}: {_short(unit)}: {topic}: {answers}")
    say(f"{len(several)} articles have several annotators, who differ in {len(differing)} labels")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else words[:59] + "…"


def _file_name(annotator: str) -> str:
    """Return a name for a file, another one for each annotator, whose address may hold anything."""
    return quote(annotator, safe="@+ ")


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all, and say so."""
    from stancewire.files import whole_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            partial.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})") from error
    say(str(path))

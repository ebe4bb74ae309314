"""Label Studio: record → task → export → the same record; what is broken is one sentence."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancewire.config import LabelSet
from stancewire.config_files import load_labels
from stancewire.data import load_corpus
from stancewire.data.label_studio import labelling_config
from stancewire.data.label_studio_export import Annotated, read_export
from stancewire.data.label_studio_tasks import doccano_record, is_labelled, task_of
from stancewire.errors import DataError
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import STANCES, TARGET_STANCES, TOPIC_VALUES, Article, Speaker

LABELS = LabelSet.model_validate(
    {
        "topics": [
            {"name": "arms", "description": "arms & armies"},
            {"name": 'Énergie, "prix" <1>', "description": "what power costs"},
            {"name": "topics", "description": "a name that the tags use too"},
        ]
    }
)
TOPICS = [topic.name for topic in LABELS.topics]

NAMES = st.text(st.sampled_from(list("Aéب東😀 '&<")), min_size=1, max_size=8).filter(lambda name: bool(name.strip()))
TEXTS = st.text(st.sampled_from(list("ab é\n\t“”«»東😀👩\u200d🚒ب<&\\n")), min_size=8, max_size=60).filter(
    lambda text: bool(text.strip())
)


@st.composite
def labelled_units(draw: st.DrawFn) -> dict[str, Any]:
    """Return topics and what is unknown; a unit that is not annotated has neither."""
    if draw(st.booleans()):
        return {}
    topics = draw(st.dictionaries(st.sampled_from(TOPICS), st.sampled_from(TOPIC_VALUES)))
    return {"topics": topics, "unknown": draw(st.sets(st.sampled_from(TOPICS)).map(lambda s: sorted(s - set(topics))))}


@st.composite
def speakers(draw: st.DrawFn, text: str) -> dict[str, Any] | None:
    if draw(st.booleans()):
        return draw(st.none() | st.fixed_dictionaries({"text": NAMES}))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    return {"text": text[start:end], "span": [start, end]}


@st.composite
def labelled_articles(draw: st.DrawFn) -> Article:
    text = unicodedata.normalize("NFC", draw(TEXTS))
    cuts = draw(st.lists(st.integers(0, len(text)), unique=True, max_size=10).map(sorted))
    spans = [list(span) for span in list(pairwise(cuts))[::2]]
    quotes = []
    while spans:
        parts = [spans.pop(0) for _ in range(draw(st.integers(1, min(2, len(spans)))))]
        quotes.append({"spans": parts, "speaker": draw(speakers(text))} | draw(labelled_units()))
    units = ["article", *range(len(quotes))]
    asked = draw(st.lists(NAMES.map(lambda n: unicodedata.normalize("NFC", n)), unique=True, max_size=2))
    targets = [
        {"unit": unit, "target": target, "stance": draw(st.sampled_from(TARGET_STANCES))}
        for unit in units
        for target in asked
        if draw(st.booleans())
    ]
    record = {"id": "a-1", "text": text, "quotes": quotes, "targets": targets, "split": "train", "n": [1, {"x": None}]}
    record |= {name: draw(st.none() | NAMES) for name in ("lang", "date", "source", "title")}
    return Article.from_dict(record | draw(labelled_units()))


def through_label_studio(
    path: Path, tasks: list[dict[str, Any]], change: Callable[[list[Any]], None] | None = None
) -> Path:
    """Write tasks as Label Studio exports them: with ids and who labelled, in an order of its own."""
    tasks = json.loads(json.dumps(tasks))
    for number, task in enumerate(tasks, 1):
        task["id"] = number
        for annotation in task.setdefault("annotations", []):
            annotation |= {"id": 10 * number, "completed_by": 1, "was_cancelled": False, "updated_at": "2026-01-01"}
            annotation["result"] = annotation["result"][::-1]
    if change:
        change(tasks)
    path.write_text(json.dumps(tasks), "utf-8")
    return path


@settings(deadline=None)
@given(labelled_articles().filter(is_labelled))
def test_an_article_comes_back_as_it_went(tmp_path_factory: pytest.TempPathFactory, article: Article) -> None:
    path = through_label_studio(tmp_path_factory.getbasetemp() / "export.json", [task_of(article, LABELS)])
    (back,) = read_export(path)
    assert isinstance(back, Annotated), str(back)
    assert back.annotator == "annotator-1"
    assert back.article == article
    assert back.article.to_dict() == article.to_dict()


@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_corpus_comes_back_as_it_went(tmp_path: Path, split: str) -> None:
    articles, labels = load_corpus(split), load_labels("labels/newswire.yaml")
    path = through_label_studio(tmp_path / "export.json", [task_of(article, labels) for article in articles])
    back = [one.article for one in read_export(path) if isinstance(one, Annotated)]
    assert [article.to_dict() for article in back] == [_in_order(article) for article in articles]


def _in_order(article: Article) -> dict[str, Any]:
    """Return the record with its targets in the order of its units."""
    record = article.to_dict()
    record["targets"].sort(key=lambda target: -1 if target["unit"] == "article" else target["unit"])
    return record


RECORD = {
    "id": "a",
    "lang": "en",
    "text": "😀 “We stay,” said Laine, “and fight.” “No,” she said.",
    "topics": {},
    "quotes": [
        {"spans": [[3, 10], [26, 35]], "speaker": {"text": "Laine", "span": [18, 23]}, "topics": {"arms": "support"}},
        {"spans": [[39, 42]], "speaker": {"text": "Laine", "span": [18, 23]}, "topics": {"arms": "on"}},
    ],
    "targets": [{"unit": 1, "target": "peace", "stance": "oppose"}],
}


def test_quotes_and_speakers_are_regions_in_code_points_and_relations_join_them() -> None:
    task = task_of(Article.from_dict(RECORD), LABELS)
    results = task["annotations"][0]["result"]
    regions = {r["id"]: (r["value"]["labels"][0], r["value"]["text"]) for r in results if r["type"] == "labels"}
    assert regions == {
        "q0": ("quote", "We stay"),
        "q0.1": ("quote", "and fight"),
        "s18-23": ("speaker", "Laine"),
        "q1": ("quote", "No,"),
    }
    assert results[0]["value"]["start"] == 3
    relations = [(r["from_id"], r["labels"][0], r["to_id"]) for r in results if r["type"] == "relation"]
    assert relations == [("q0", "goes on", "q0.1"), ("s18-23", "says", "q0"), ("s18-23", "says", "q1")]
    choices = {(r["id"], r["from_name"]): r["value"]["choices"] for r in results if r["type"] == "choices"}
    assert choices == {
        ("q0", "quote.topic.arms"): ["support"],
        ("q1", "quote.topic.arms"): ["on"],
        ("q1", "quote.targets"): ["oppose: peace"],
    }
    assert not any("score" in result for result in results)


def test_doccano_takes_the_same_regions() -> None:
    record = doccano_record(Article.from_dict(RECORD))
    words = [record["text"][e["start_offset"] : e["end_offset"]] for e in record["entities"]]
    assert words == ["We stay", "and fight", "Laine", "No,"]
    assert [(r["from_id"], r["type"], r["to_id"]) for r in record["relations"]] == [
        (0, "goes on", 1),
        (2, "says", 0),
        (2, "says", 3),
    ]


def test_a_prediction_is_a_pre_annotation_with_scores_in_the_record_s_nfc() -> None:
    text = "E\u0301té: “Oui”, dit Zoe\u0301."
    article = Article.from_dict({"id": "a", "text": text})
    on = TopicPrediction(True, 0.9, "oppose", {"support": 0.1, "oppose": 0.8, "neutral": 0.1})
    off = TopicPrediction(False, 0.2, "neutral", dict.fromkeys(STANCES, 1 / 3))
    quote = QuotePrediction(((7, 10),), "Oui", {"arms": on}, Speaker("Zoé", (17, 21), 0.7), 0.95)
    target = TargetPrediction("article", "la paix", 0.4, "unrelated", {"support": 1.0, "oppose": 0.0, "neutral": 0.0})
    task = task_of(article, LABELS, Prediction("a", None, 1, {"arms": off}, (quote,), (target,)))
    assert "annotations" not in task
    (made,) = task["predictions"]
    found = {r.get("from_name", r["type"]): (r["value"], r.get("score")) for r in made["result"] if "value" in r}
    assert found["quote.topic.arms"] == ({"start": 6, "end": 9, "text": "Oui", "choices": ["oppose"]}, 0.72)
    assert found["article.targets"] == ({"choices": ["unrelated: la paix"]}, 0.6)
    regions = [(r["value"]["text"], r["score"]) for r in made["result"] if r.get("from_name") == "span"]
    assert regions == [("Oui", 0.95), ("Zoé", 0.7)]
    assert 0 < made["score"] < 1
    with pytest.raises(DataError, match=r"quotes\[0\].text: found 'Oui', expected the text at its spans in the record"):
        task_of(Article.from_dict({"id": "a", "text": "Another text."}), LABELS, Prediction("a", None, 1, {}, (quote,)))


def test_the_config_has_each_name_once_and_every_topic_for_both_kinds() -> None:
    root = ElementTree.fromstring(labelling_config(LABELS))  # noqa: S314 - our own
    names = [tag.get("name") for tag in root.iter() if tag.get("name")]
    assert len(set(names)) == len(names)
    assert {f"{kind}.topic.{topic}" for kind in ("article", "quote") for topic in TOPICS} < set(names)
    assert "quote.targets" in names
    assert "targets" not in labelling_config(LABELS, targets=False)


def test_a_topic_that_the_label_set_has_not_is_told() -> None:
    article = Article.from_dict({"id": "a", "text": "T", "topics": {"peace": "on"}})
    with pytest.raises(
        DataError, match=r"article a: topics of the article: found 'peace', expected one of the label set"
    ):
        task_of(article, LABELS)


def _result(tasks: list[Any], tag: str) -> dict[str, Any]:
    return next(r for r in tasks[0]["annotations"][0]["result"] if r.get("from_name", r["type"]) == tag)


def _set(tag: str, **value: object) -> Callable[[list[Any]], None]:
    def change(tasks: list[Any]) -> None:
        result = _result(tasks, tag)
        (result if tag == "relation" else result["value"]).update(value)

    return change


def _add(**result: object) -> Callable[[list[Any]], None]:
    return lambda tasks: tasks[0]["annotations"][0]["result"].append(result)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tasks: tasks[0].pop("annotations"), "task 1: found {'data': "),
        (
            lambda tasks: tasks[0]["data"].pop("text"),
            "task 1, annotation 10: field data.text: found None, expected the te",
        ),
        (
            lambda tasks: tasks[0]["data"].pop("id"),
            "task 1, annotation 10: field id: found None, expected a string that",
        ),
        (
            lambda tasks: tasks[0]["annotations"].insert(0, 5),
            "task 1: field annotations: found 5, expected objects with",
        ),
        (
            _add(type="relation", from_id="q0", to_id="gone"),
            "field result[10]: found ['q0', 'gone'], expected a quote and",
        ),
        (
            lambda tasks: tasks[0]["annotations"][0]["result"].append(7),
            "field result[10]: found 7, expected an object with",
        ),
        (_set("span", start=-1), ".value: found [-1, 42], expected 0 <= start < end <= 53, the length of the text"),
        (_set("span", end=40.0), ".value: found [39, 40.0], expected 0 <= start"),
        (_set("span", start=38), ".value.text: found 'No,', expected the text from 38 to 42, '“No,'"),
        (
            _set("span", labels=["quote", "speaker"]),
            ".value.labels: found ['quote', 'speaker'], expected ['quote'] or [",
        ),
        (
            _set("quote.topic.arms", choices=["against"]),
            "(quote.topic.arms): found 'against', expected one of support, o",
        ),
        (_set("quote.topic.arms", choices="on"), ".value.choices: found 'on', expected a list"),
        (
            _set("quote.targets", choices=["peace"]),
            ".value.choices: found 'peace', expected one of support, oppose, neutral, unrelated, a colon",
        ),
        (
            _set("quote.targets", choices=["oppose: peace", "support: peace"]),
            "found 'support: peace', expected one stance, but oppose is chosen too",
        ),
        (
            _add(id="q1", from_name="quote.topics", type="choices", value={"choices": ["not annotated"]}),
            "found 'not annotated', expected no topics beside it, but arms is answered",
        ),
        (
            _add(id="q0.1", from_name="quote.topic.arms", type="choices", value={"choices": ["oppose"]}),
            "(quote.topic.arms): found 'oppose', expected one answer, but support is given too",
        ),
        (
            _add(id="s18-23", from_name="quote.topic.arms", type="choices", value={"choices": ["on"]}),
            "found 'quote.topic.arms', expected an answer for a region that is a quote",
        ),
    ],
)
def test_a_broken_export_is_one_sentence(tmp_path: Path, change: Callable[[list[Any]], None], says: str) -> None:
    path = through_label_studio(tmp_path / "export.json", [task_of(Article.from_dict(RECORD), LABELS)], change)
    faults = [str(one) for one in read_export(path) if isinstance(one, DataError)]
    assert len(faults) == 1
    assert faults[0].startswith(f"{path}: task 1")
    assert "\n" not in faults[0]
    assert says in faults[0]


def test_two_speakers_of_one_quote_are_told(tmp_path: Path) -> None:
    def add(tasks: list[Any]) -> None:
        region = {"start": 44, "end": 47, "text": "she", "labels": ["speaker"]}
        _add(id="new", from_name="span", to_name="text", type="labels", value=region)(tasks)
        _add(type="relation", from_id="q1", to_id="new")(tasks)

    path = through_label_studio(tmp_path / "export.json", [task_of(Article.from_dict(RECORD), LABELS)], add)
    (fault,) = read_export(path)
    assert "field result[11]: found ['Laine', 'she'], expected one speaker of a quote" in str(fault)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON (Expecting value"),
        (b'{"a": 1}', "found {'a': 1}, expected a list of tasks; export in the format JSON"),
        (b"\xff\xfe", "not JSON ('utf-8' codec"),
        (b"[" * 100_000, "not JSON ("),
    ],
)
def test_what_is_no_export_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "export.json").write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read_export(tmp_path / "export.json"))
    assert str(caught.value).startswith(f"{tmp_path / 'export.json'}: ")
    assert says in str(caught.value)


def test_what_nobody_labelled_or_somebody_skipped_is_passed_over_and_so_are_tags_of_others(tmp_path: Path) -> None:
    def change(tasks: list[Any]) -> None:
        tasks[0]["annotations"].append({"result": [], "was_cancelled": True})
        _add(id="n", from_name="remark", to_name="text", type="textarea", value={"text": ["hm"]})(tasks)

    tasks = [task_of(Article.from_dict(RECORD), LABELS), task_of(Article.from_dict({"id": "b", "text": "T"}), LABELS)]
    (only,) = read_export(through_label_studio(tmp_path / "export.json", tasks, change))
    assert isinstance(only, Annotated)
    assert only.article == Article.from_dict(RECORD)


def test_relations_may_be_drawn_either_way_and_bare_of_labels(tmp_path: Path) -> None:
    def turn(tasks: list[Any]) -> None:
        for result in tasks[0]["annotations"][0]["result"]:
            if result["type"] == "relation":
                result["from_id"], result["to_id"] = result["to_id"], result["from_id"]
                del result["labels"]

    path = through_label_studio(tmp_path / "export.json", [task_of(Article.from_dict(RECORD), LABELS)], turn)
    (back,) = read_export(path)
    assert isinstance(back, Annotated)
    assert back.article == Article.from_dict(RECORD)

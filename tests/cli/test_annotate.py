"""``stancewire annotate``, run as a user runs it, from texts to what two annotators say of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancewire import Predictor
from stancewire.cli import main
from stancewire.data import read_articles
from stancewire.records import Article

Run = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def annotate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return a function that runs ``stancewire annotate`` and gives exit code, output and lines of complaint."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> tuple[int, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["stancewire", "annotate", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err.splitlines()

    return run


@pytest.fixture
def news(articles: list[Article], tmp_path: Path) -> Path:
    """Return a file of labelled records, four in each of two languages."""
    path = tmp_path / "news.jsonl"
    chosen = [*articles[:4], *articles[-4:]]
    path.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in chosen), "utf-8")
    return path


def labelled_by(names: dict[int, str], tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tasks as Label Studio exports them after these people have agreed with all that stands there."""
    for number, task in enumerate(tasks, 1):
        (there,) = task["annotations"]
        accounts = ({"id": i, "email": name} for i, name in names.items())
        copies = [json.loads(json.dumps(there)) | {"completed_by": account, "id": number} for account in accounts]
        task |= {"id": number, "annotations": copies}
    return tasks


def test_two_annotators_have_a_file_each_and_where_they_differ_is_told(annotate: Run, news: Path) -> None:
    assert annotate("export", news, "-o", "project") == (0, "", ["project/config.xml", "project/tasks.json"])
    tasks = labelled_by({1: "anna@x.org", 2: "ben@x.org"}, json.loads(Path("project/tasks.json").read_text("utf-8")))
    for annotation, choice in zip(tasks[0]["annotations"], ("support", "oppose"), strict=True):
        others = [r for r in annotation["result"] if r.get("from_name") != "article.topic.sanctions"]
        answer = {"id": "x", "from_name": "article.topic.sanctions", "type": "choices", "value": {"choices": [choice]}}
        annotation["result"] = [*others, answer]
    Path("export.json").write_text(json.dumps(tasks), "utf-8")
    assert annotate("import", "export.json", "-o", "labelled") == (
        0,
        "",
        [
            "labelled/anna@x.org.jsonl",
            "labelled/ben@x.org.jsonl",
            f"{tasks[0]['data']['id']}: article: sanctions: anna@x.org support, ben@x.org oppose",
            "8 articles have several annotators, who differ in 1 labels",
        ],
    )
    anna = list(read_articles("labelled/anna@x.org.jsonl"))
    given = list(read_articles(news))
    assert {article.extra["annotator"] for article in anna} == {"anna@x.org"}
    assert [a.quotes for a in anna] == [a.quotes for a in given]
    assert [set(a.targets) for a in anna] == [set(a.targets) for a in given]
    assert [a.topics for a in anna[1:]] == [a.topics for a in given[1:]]


def test_agreement_takes_what_import_writes(
    annotate: Run, news: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    annotate("export", news, "-o", "project")
    tasks = labelled_by({1: "anna@x.org", 2: "ben@x.org"}, json.loads(Path("project/tasks.json").read_text("utf-8")))
    Path("export.json").write_text(json.dumps(tasks), "utf-8")
    annotate("import", "export.json", "-o", "labelled")
    files = sorted(map(str, Path("labelled").iterdir()))
    monkeypatch.setattr(sys, "argv", ["stancewire", "agreement", *files])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "anna@x.org" in capsys.readouterr().out


def test_predictions_become_pre_annotations(annotate: Run, checkpoint_folder: Path, news: Path) -> None:
    texts = [Article(a.id, a.text, a.lang, title=a.title) for a in read_articles(news)]
    Path("texts.jsonl").write_text("".join(json.dumps(a.to_dict()) + "\n" for a in texts), "utf-8")
    found = Predictor.load(checkpoint_folder).predict(texts[:6], targets=["la paix"])
    Path("labels.jsonl").write_text("".join(json.dumps(p.to_dict()) + "\n" for p in found), "utf-8")
    code, _, err = annotate("export", "texts.jsonl", "--predictions", "labels.jsonl", "-o", "project")
    assert code == 0
    assert err[-1] == f"labels.jsonl: has no answer for 2 of the 8 articles, such as {texts[6].id}"
    tasks = json.loads(Path("project/tasks.json").read_text("utf-8"))
    assert [len(task.get("predictions", [])) for task in tasks] == [1] * 6 + [0] * 2
    assert not any("annotations" in task for task in tasks)
    marked = [r["value"]["text"] for r in tasks[0]["predictions"][0]["result"] if r.get("value", {}).get("labels")]
    assert next(quote.text for quote in found[0].quotes if len(quote.spans) == 1) in marked


def test_next_takes_both_languages_and_nothing_that_is_labelled(
    annotate: Run, checkpoint_folder: Path, news: Path
) -> None:
    records = list(read_articles(news))
    Path("done.jsonl").write_text(json.dumps(records[0].to_dict()) + "\n", "utf-8")
    words = ("next", news, "-n", "4", "--labelled", "done.jsonl", "--model", checkpoint_folder)
    code, out, _ = annotate(*words)
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert sorted(row[1] for row in rows) == ["ar", "ar", "fr", "fr"]
    assert records[0].id not in {row[0] for row in rows}
    assert all(0 <= float(row[3]) <= 1 for row in rows)
    code, out, err = annotate(*words, "-o", "chosen.jsonl")
    assert (code, out, err) == (0, "", ["chosen.jsonl"])
    assert [article.id for article in read_articles("chosen.jsonl")] == [row[0] for row in rows]


def test_what_can_be_mended_is_a_sentence_and_code_2(annotate: Run, news: Path, tmp_path: Path) -> None:
    annotate("export", news, "-o", "project")
    tasks = json.loads(Path("project/tasks.json").read_text("utf-8"))
    assert annotate("import", "nowhere.json", "-o", "x") == (
        2,
        "",
        ["stancewire: nowhere.json: No such file or directory"],
    )
    bare = [{"data": task["data"], "annotations": []} for task in tasks]
    Path("bare.json").write_text(json.dumps(bare), "utf-8")
    says = "stancewire: bare.json: found no annotation, expected tasks that somebody labelled"
    assert annotate("import", "bare.json", "-o", "x") == (2, "", [says])
    tasks[1]["annotations"][0]["result"][0]["value"]["end"] = 10**6
    del tasks[2]["annotations"][0]["result"]
    Path("broken.json").write_text(json.dumps(tasks), "utf-8")
    code, _, err = annotate("import", "broken.json", "-o", "x")
    assert code == 2
    assert err[0].startswith("error: broken.json: task 2: field result[0].value: found [")
    assert err[1].startswith("error: broken.json: task 3: field annotations: found {}, expected objects with a result")
    assert err[2:] == ["stancewire: 2 annotations cannot be read"]
    assert not Path("x").exists()


def test_predictions_of_other_articles_are_told(annotate: Run, news: Path) -> None:
    Path("labels.jsonl").write_text(
        '{"id": "x", "lang": null, "windows": 1, "topics": {}, "quotes": [], "targets": []}\n'
    )
    code, _, err = annotate("export", news, "--predictions", "labels.jsonl", "-o", "project")
    assert (code, err) == (
        2,
        [f"stancewire: labels.jsonl: has none of the articles of {news}; they are matched by their id"],
    )
    Path("labels.jsonl").write_text('{"id": "x"}\n')
    code, _, err = annotate("export", news, "--predictions", "labels.jsonl", "-o", "project")
    assert code == 2
    assert err == [
        "stancewire: labels.jsonl:1: prediction: found KeyError('lang'), expected what stancewire label writes"
    ]


def test_doccano_gets_a_line_an_article(annotate: Run, news: Path) -> None:
    assert annotate("export", news, "--doccano", "-o", "project") == (0, "", ["project/doccano.jsonl"])
    records = [json.loads(line) for line in Path("project/doccano.jsonl").read_text("utf-8").splitlines()]
    assert [record["article"] for record in records] == [article.id for article in read_articles(news)]

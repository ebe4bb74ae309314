"""Reports: what they say, how they are written, that they appear whole, and that the page loads nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from synthetic import pairs_of

from stancewire.errors import DataError
from stancewire.evaluation.card import card_with_results
from stancewire.evaluation.endtoend import Agreement, EndToEndRow
from stancewire.evaluation.markdown import markdown, unit_table
from stancewire.evaluation.metrics import UnitScores
from stancewire.evaluation.model_index import model_index
from stancewire.evaluation.pairs import read_pairs
from stancewire.evaluation.report import METRICS, SCHEMA, System, make_report, read_report, write_report
from stancewire.evaluation.slices import Scorer
from stancewire.records import Article

TOPICS = ("arms", "talks")
SOURCE = {"name": "my.jsonl", "split": None, "articles": 1200, "quotes": 2, "sha256": "0123456789abcdef" * 4}
ARTICLES = [
    Article.from_dict(
        {"id": f"a{i}", "lang": "fr", "text": "Er sagt: „</script> 😀 Ja“.", "quotes": [{"spans": [[10, 24]]}]}
    )
    for i in range(3)
]


@pytest.fixture
def systems() -> list[System]:
    """Return two systems' answers on three units: one that is right and one that is not."""
    gold_on = np.array([[1, 0], [1, 0], [0, 0]])
    scores = UnitScores(
        probability=gold_on.astype(float),
        on=gold_on == 1,
        stance=np.array([[2, 0], [0, 0], [0, 0]]),
        gold_on=gold_on,
        gold_stance=np.array([[2, -1], [0, -1], [-1, -1]]),
        kind=np.array(["article", "quote", "quote"]),
        lang=np.array(["fr", "fr", "de"]),
        stance_probability=np.full((3, 2, 3), 1 / 3),
    )
    off = replace(scores, on=np.zeros_like(scores.on), probability=np.zeros((3, 2)), stance=np.ones((3, 2), dtype=int))
    off = replace(off, stance_probability=None)
    return [
        System("checkpoint", "the network", pairs_of(scores, TOPICS)),
        System("majority", "a constant", pairs_of(off, TOPICS, "majority")),
    ]


@pytest.fixture
def report(systems: list[System]) -> dict[str, Any]:
    row = EndToEndRow("all", "all", 2, Agreement(4, 5, 3), Agreement(2, 2, 1), Agreement(0, 0, 0), 3, 2)
    return make_report(
        checkpoint={"name": "default", "sha256": "f" * 64},
        data=SOURCE,
        train=SOURCE,
        topics=TOPICS,
        systems=systems,
        end_to_end=[row, *(replace(row, topic=topic) for topic in TOPICS)],
        draws=50,
    )


def tables(page: str) -> list[list[list[str]]]:
    """Return the cells of each Markdown table, without the rule under its head."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", page, re.M)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for i, line in enumerate(block.splitlines()) if i != 1]
        for block in blocks
    ]


def test_the_report_says_what_was_measured_on_what_with_which_code(report: dict[str, Any]) -> None:
    assert report["schema"] == SCHEMA == "stancewire-report/2"
    assert report["data"]["sha256"] == SOURCE["sha256"]
    assert report["checkpoint"]["sha256"] == "f" * 64
    assert report["topics"] == list(TOPICS)
    assert "stancewire" in report["versions"]
    row = report["systems"][0]["rows"][0]
    assert (row["kind"], row["topic"], row["lang"], row["n"], row["positives"]) == ("article", "all", "all", 2, 1)
    assert (row["average_precision"], row["f1"], row["stance_f1"]) == (1, 1, 1)
    assert row["stance_counts"] == {"support": 0, "oppose": 0, "neutral": 1}
    assert report["data"]["stories"] == 3
    assert report["confusion"]["quote"] == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert all(name in row for name in METRICS if name != "end_to_end")
    assert {name for name, told in report["metrics"].items() if told["better"] == "less"} == {
        "brier",
        "calibration_error",
        "stance_brier",
        "stance_calibration_error",
    }
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_page_begins_with_all_systems_by_unit(report: dict[str, Any]) -> None:
    (first, *_, by_topic, by_language, quotes, topics) = tables(markdown(report))
    assert [row[:2] for row in first[1:]] == [
        ["article", "checkpoint"],
        ["article", "majority"],
        ["quote", "checkpoint"],
        ["quote", "majority"],
    ]
    bare = [[cell.split(" (")[0] for cell in row] for row in first]
    assert bare[3] == ["quote", "checkpoint", "4", "1", "100.0", "100.0", "100.0", "100.0", "1", "100.0"]
    assert bare[4] == ["quote", "majority", "4", "1", "50.0", "0.0", "–", "0.0", "1", "0.0"]
    assert len(by_topic) == 1 + 2 * 2 * 2
    assert [row[:3] for row in by_language[1:]] == [["article", "fr", "2"], ["quote", "de", "2"], ["quote", "fr", "2"]]
    assert quotes[1] == ["all", "2", "4", "5", "60.0", "75.0", "66.7", "3", "66.7", "2", "50.0", "–"]
    assert [row[0] for row in topics[1:]] == ["all", "arms", "talks"]
    assert unit_table(report) in markdown(report)


def test_every_row_of_a_table_has_as_many_cells_as_its_head(report: dict[str, Any]) -> None:
    for table in tables(markdown(report)):
        assert len({len(row) for row in table}) == 1


def test_a_report_without_baselines_or_complete_records_says_so(report: dict[str, Any]) -> None:
    bare = report | {"train": None, "systems": report["systems"][:1], "end_to_end": []}
    page = markdown(bare)
    assert "No record says of all its quotes where they are." in page
    assert "majority" not in page


def test_a_report_of_the_first_schema_is_still_a_page(report: dict[str, Any]) -> None:
    new = ("abstention", "bootstrap", "targets", "slices", "worst", "reliability", "confusion", "risk_coverage")
    old = {name: value for name, value in report.items() if name not in new} | {"schema": "stancewire-report/1"}
    for system in old["systems"]:
        for row in system["rows"]:
            row.pop("intervals", None)
    assert "| quote | checkpoint | 4 | 1 | 100.0 | 100.0 |" in markdown(old)


def test_every_file_is_written_and_nothing_else(report: dict[str, Any], systems: list[System], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    write_report(report, folder, systems, ARTICLES)
    write_report(report, folder, systems, ARTICLES)
    assert sorted(file.name for file in folder.iterdir()) == [
        "abstention.json",
        "model-index.yaml",
        "predictions.parquet",
        "report.html",
        "report.json",
        "report.md",
    ]
    assert json.loads((folder / "report.json").read_text("utf-8")) == report
    assert (folder / "report.md").read_text("utf-8") == markdown(report)


def test_every_figure_can_be_computed_again_from_the_table(
    report: dict[str, Any], systems: list[System], tmp_path: Path
) -> None:
    write_report(report, tmp_path, systems, ARTICLES)
    for system in report["systems"]:
        again = Scorer(read_pairs(tmp_path, system["name"]), draws=50)
        assert again.rows(TOPICS) == system["rows"]


def test_the_page_loads_nothing_and_holds_each_example_with_its_article(
    report: dict[str, Any], systems: list[System], tmp_path: Path
) -> None:
    # The constant misses an article and a quote.
    write_report(report, tmp_path, systems[1:], ARTICLES)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"'](?!#)|@import|url\(|fetch\(", page)
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    data = json.loads(found[1])
    assert [(e["kind"], e["gold"], e["said"], e["right"]) for e in data["examples"]] == [
        ("article", "neutral", "off", False),
        ("quote", "support", "off", False),
    ]
    quote = data["examples"][1]
    text, ((start, end),) = data["articles"][quote["article"]]["text"], quote["spans"]
    assert text[start:end] == "</script> 😀 Ja"


def test_a_page_has_balanced_tags_and_a_plot_for_each_curve(
    report: dict[str, Any], systems: list[System], tmp_path: Path
) -> None:
    write_report(report, tmp_path, systems, ARTICLES)
    page = re.sub(r"<(script|style).*?</\1>", "", (tmp_path / "report.html").read_text("utf-8"), flags=re.S)
    for tag in ("div", "table", "tr", "td", "svg", "span", "details", "p", "ul", "select", "label", "form"):
        assert len(re.findall(rf"<{tag}[\s>]", page)) == page.count(f"</{tag}>"), tag
    curves = [
        curve for found in report["reliability"].values() for curve in (found["relevance"], found["stance"]) if curve
    ]
    assert page.count('class="curve"') == len(curves) + len(report["risk_coverage"])


def test_the_model_index_is_what_the_hub_reads(report: dict[str, Any]) -> None:
    from huggingface_hub.repocard_data import model_index_to_eval_results

    index = model_index([report])["model-index"]
    name, results = model_index_to_eval_results(index)
    assert name == "default"
    figures = {(result.dataset_config, result.metric_type): result.metric_value for result in results}
    assert figures["quotes", "average_precision"] == 1.0
    assert all(result.dataset_name == "my.jsonl" for result in results)


def test_a_card_takes_results_once_and_keeps_the_rest(report: dict[str, Any]) -> None:
    card = "---\nlicense: mit\n---\n\n# mine\n\n## Results\n\nold\n\n## Limits\n\n- some\n"
    once = card_with_results(card, [report], "card")
    assert card_with_results(once, [report], "card") == once
    front = yaml.safe_load(once.split("---\n")[1])
    assert front["license"] == "mit"
    assert front["model-index"] == model_index([report])["model-index"]
    assert "old" not in once
    assert unit_table(report) in once
    assert once.index("## Results") < once.index("By language:") < once.index("## Limits\n\n- some\n")


def test_a_card_without_front_matter_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"README\.md: found no front matter; expected a model card"):
        card_with_results("# mine\n", [report], "README.md")


def test_a_report_is_read_again_and_one_of_another_version_is_refused(report: dict[str, Any], tmp_path: Path) -> None:
    write_report(report, tmp_path)
    assert read_report(tmp_path) == json.loads(json.dumps(report))
    (tmp_path / "report.json").write_text('{"schema": "stancewire-report/1"}', "utf-8")
    with pytest.raises(DataError, match=r"report\.json: schema: found 'stancewire-report/1', expected"):
        read_report(tmp_path)
    with pytest.raises(DataError, match="not a report of stancewire evaluate that can be read"):
        read_report(tmp_path / "nowhere")


def test_a_number_that_json_does_not_know_leaves_no_file(report: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(report | {"bad": float("nan")}, tmp_path)
    assert list(tmp_path.iterdir()) == []

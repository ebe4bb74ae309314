"""A frame of articles becomes a frame of labels: the columns of the command's tables, the index of the input."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stancewire import DataError, Predictor, label_frame
from stancewire.cli.rendering import print_results
from stancewire.records import Article

TARGET = "l'adhésion"


@pytest.fixture(scope="module")
def predictor(checkpoint_folder: Path) -> Predictor:
    return Predictor.load(checkpoint_folder)


@pytest.fixture
def frame(articles: list[Article]) -> pd.DataFrame:
    """Return four articles with their quotes, in four languages, as an analyst might hold them."""
    chosen = articles[::10]
    columns = {
        "text": [article.text for article in chosen],
        "title": [article.title for article in chosen],
        "lang": [article.lang for article in chosen],
        "quotes": [[{"spans": [list(span) for span in quote.spans]} for quote in article.quotes] for article in chosen],
        "outlet": [f"paper {number}" for number in range(4)],
    }
    return pd.DataFrame(columns, index=pd.Index([30, 10, 40, 20], name="story"))


def test_it_has_the_rows_and_columns_of_the_commands_csv(predictor: Predictor, articles: list[Article]) -> None:
    records = [{"id": article.id, "lang": article.lang, "text": article.text} for article in articles[:3]]
    labels = label_frame(pd.DataFrame(records), predictor=predictor, targets=TARGET)
    stream = io.StringIO(newline="")
    print_results(predictor.predict(records, targets=[TARGET]), [], "csv", stream)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert list(labels.columns) == list(rows[0])
    assert labels.astype(object).where(labels.notna(), "").astype(str).to_dict("records") == rows
    assert (labels["unit"] == "article").sum() == 3


def test_it_joins_with_the_frame_that_was_given(predictor: Predictor, frame: pd.DataFrame) -> None:
    labels = label_frame(frame, predictor=predictor)
    assert labels.index.name == "story"
    assert labels.index.unique().tolist() == [30, 10, 40, 20]
    assert labels["id"].tolist() == [str(label) for label in labels.index]
    joined = labels.join(frame["outlet"])
    assert joined.groupby("outlet").size().to_dict() == {
        outlet: int((labels.index == story).sum()) for story, outlet in frame["outlet"].items()
    }
    pd.testing.assert_frame_equal(frame[["outlet"]].join(labels, how="right")[labels.columns], labels)
    for row in labels[labels["unit"] != "article"].join(frame["text"].rename("whole")).itertuples():
        assert str(row.text).startswith(str(row.whole)[row.start : row.end].split(" ")[0])  # type: ignore[misc]


def test_given_quotes_are_those_of_the_column_also_out_of_parquet(
    predictor: Predictor, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame.to_parquet(tmp_path / "news.parquet")
    labels = label_frame(frame, predictor=predictor, quotes="given")
    quotes = labels[labels["unit"] != "article"]
    assert quotes.groupby("story", sort=False).size().to_dict() == frame["quotes"].map(len).to_dict()
    read = label_frame(pd.read_parquet(tmp_path / "news.parquet"), predictor=predictor, quotes="given")
    pd.testing.assert_frame_equal(read, labels)


def test_a_column_that_is_empty_in_a_row_is_not_given_there(predictor: Predictor, frame: pd.DataFrame) -> None:
    frame = frame.assign(lang=["fr", None, float("nan"), "ar"], title=pd.NA)
    labels = label_frame(frame.drop(columns="quotes").rename(columns={"text": "body"}), "body", predictor=predictor)
    assert labels.groupby("story", sort=False)["lang"].first().tolist()[::3] == ["fr", "ar"]
    assert labels.loc[[10, 40], "lang"].isna().all()


def test_columns_have_the_same_kinds_whatever_stands_in_them(predictor: Predictor, frame: pd.DataFrame) -> None:
    labels = label_frame(frame, predictor=predictor, targets=[TARGET])
    nothing = label_frame(frame.iloc[:0], predictor=predictor, targets=[TARGET])
    assert len(nothing) == 0
    assert nothing.dtypes.to_dict() == labels.dtypes.to_dict()
    assert (labels["start"].dtype, labels["defense_on"].dtype) == (pd.Int64Dtype(), bool)


def test_what_cannot_be_labelled_is_one_sentence(predictor: Predictor, frame: pd.DataFrame) -> None:
    text = frame["text"].tolist()
    cases = [
        (frame[["lang"]], "frame: found ['lang'], expected a column text"),
        (frame.set_axis([1, 2, 2, 3]), "frame: index: found 2, expected each label once; frame.reset_index()"),
        (frame.assign(text=[*text[:3], None]), "row 20 (id 20): field text: found None, expected a string that is not"),
        (frame.assign(text=[float("nan"), *text[1:]]), "row 30 (id 30): field text: found None, expected a string"),
        (frame.assign(text=[7, *text[1:]]), "column text with type object; each column needs"),
        (frame.assign(quotes=[[{"spans": [[0, 10**7]]}]] * 4), "row 30 (id 30): field quotes[0].spans[0]: found"),
        (frame.assign(quotes="[{"), "row 30: field quotes: found '[{', expected JSON"),
        (pd.concat([frame, frame[["text"]]], axis=1), "Duplicate column names"),
    ]
    for bad, sentence in cases:
        with pytest.raises(DataError) as error:
            label_frame(bad, predictor=predictor)
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="expected a column quotes, or quotes='find'"):
        label_frame(frame[["text"]], predictor=predictor, quotes="given")
    with pytest.raises(DataError, match="no-report"):
        label_frame(frame, predictor=predictor, max_error=0.1, held_out="no-report")


def test_vectors_feed_a_classifier_of_scikit_learn(predictor: Predictor, articles: list[Article]) -> None:
    texts, langs = [article.text[:300] for article in articles], [str(article.lang) for article in articles]
    model = make_pipeline(FunctionTransformer(predictor.embed), LogisticRegression(max_iter=1000))
    assert model.fit(texts, langs).score(texts, langs) > 0.9

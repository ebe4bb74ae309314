"""A report as one HTML file that loads nothing: scores with intervals, curves, confusion, and an error browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import pandas as pd

from stancewire.evaluation.compare import answers, confidence, gold_answers, is_right
from stancewire.evaluation.markdown import NAMES, share, with_interval
from stancewire.evaluation.metrics import ALL, KINDS
from stancewire.evaluation.slices import OPEN, WORDS
from stancewire.evaluation.svg import errors_plot, reliability_plot
from stancewire.records import STANCES, Article

MOST_EXAMPLES = 3000
"""Examples in the page: mistakes first, the surest of them first; the rest is in predictions.parquet."""

_FILTERS = (("lang", "language"), ("kind", "unit"), ("target", "topic"), ("gold", "gold label"), ("said", "predicted"))


def html(report: Mapping[str, Any], pairs: pd.DataFrame | None, articles: Sequence[Article]) -> str:
    """Return the page.

    Args:
        report: as ``report.json`` has it.
        pairs: the checkpoint's answers; no error browser without them.
        articles: the records that they are of.
    """
    parts = files("stancewire.evaluation")
    style, script = (parts.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    title = escape(f"{report['checkpoint']['name']} on {report['data']['name']}")
    browser = _browser(pairs, articles) if pairs is not None else ""
    body = [
        f"<h1>{title}</h1>",
        _facts(report),
        _navigation(browser),
        _scores(report),
        _slices(report),
        _curves(report),
        _confusions(report),
        browser,
    ]
    # The policy lets the page load nothing, from anywhere.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + f"\n</main>\n{f'<script>{script}</script>' if browser else ''}\n</body>\n</html>\n"
    )


def _facts(report: Mapping[str, Any]) -> str:
    data, checkpoint, bootstrap = report["data"], report["checkpoint"], report["bootstrap"]
    split = f" ({data['split']})" if data["split"] else ""
    counts = f"{data['articles']:,} articles of {data['stories']:,} stories, {data['quotes']:,} quotes"
    facts = {
        "data": f"{data['name']}{split}: {counts}, sha256 {data['sha256'][:16]}",
        "checkpoint": f"sha256 {checkpoint['sha256'][:16]}",
        "made": f"{report['date'][:10]} with stancewire {report['versions']['stancewire']}",
        "intervals": f"95 %, {bootstrap['draws']:,} draws of whole stories, seed {bootstrap['seed']}",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    return f'<dl class="facts">{rows}</dl>'


def _navigation(browser: str) -> str:
    links = {"scores": "Scores", "slices": "Slices", "curves": "Curves", "confusion": "Confusion"}
    if browser:
        links["errors"] = "Errors"
    return "<nav>" + "".join(f'<a href="#{name}">{text}</a>' for name, text in links.items()) + "</nav>"


def _scores(report: Mapping[str, Any]) -> str:
    rows = [
        [row["kind"], system["name"], *_numbers(row)]
        for kind in KINDS
        for system in report["systems"]
        for row in system["rows"]
        if row["kind"] == kind and row["topic"] == row["lang"] == ALL
    ]
    rows += [[f"{OPEN} {row['value']}".strip(), "checkpoint", *_numbers(row)] for row in report["targets"]]
    head = ["unit", "system", "n", "AP", "F1", "stance n", "stance F1"]
    note = (
        "In hundredths, with 95 % intervals. AP and F1 are of topics that are on, the mean over topics; stance F1 is "
        "the mean over stances, where the gold topic is on."
    )
    return f'<h2 id="scores">Scores</h2><p class="soft">{note}</p>{_table(head, rows, left=2)}'


def _numbers(row: Mapping[str, Any]) -> list[str]:
    scores = [with_interval(row, name) for name in ("average_precision", "f1", "stance_f1")]
    return [f"{row['n']:,}", *scores[:2], f"{row['stance_n']:,}", scores[2]]


def _slices(report: Mapping[str, Any]) -> str:
    parts = ['<h2 id="slices">Slices</h2>', _worst(report)]
    for kind in (*KINDS, OPEN):
        of_kind = [part for part in report["slices"] if part["kind"] == kind]
        whole = _whole(report, kind)
        for by in dict.fromkeys(part["by"] for part in of_kind):
            group = [part for part in of_kind if part["by"] == by]
            plots = "".join(
                f"<div><h3>{NAMES[name]}</h3>{_forest(group, name, whole)}</div>"
                for name in ("average_precision", "stance_f1")
            )
            opened = " open" if by == "lang" and kind != OPEN else ""
            parts.append(
                f'<details{opened}><summary>{kind}, by {_words(by)}</summary><div class="plots">{plots}</div></details>'
            )
    note = "A dot is the figure, the bar its interval, the dashed line the whole; pale: too small to be judged."
    return "\n".join([*parts, f'<p class="soft">{note}</p>'])


def _worst(report: Mapping[str, Any]) -> str:
    lines = [
        f"<li>{found['kind']}, {NAMES[found['figure']]}: <strong>{_words(found['by'])} {escape(found['value'])}"
        f"</strong> {share(found['score'])}, {share(-found['difference'])} below the whole (p {found['p_holm']:.3f}, "
        f"for the {found['of']} slices that were looked at)</li>"
        for found in report["worst"]
    ]
    weaker = any(found["p_holm"] < 0.05 for found in report["worst"])
    head = "The weakest:" if weaker else "The weakest, though none is weaker beyond chance:"
    return f"<p>{head}</p><ul>{''.join(lines)}</ul>" if lines else ""


def _words(by: str) -> str:
    return WORDS.get(by, by)


def _whole(report: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    if kind == OPEN:
        return next((row for row in report["targets"] if not row["value"]), {})
    rows = report["systems"][0]["rows"]
    return next((row for row in rows if row["kind"] == kind and row["topic"] == row["lang"] == ALL), {})


def _forest(parts: Sequence[Mapping[str, Any]], name: str, whole: Mapping[str, Any]) -> str:
    """Return rows of figures with their intervals, as wide as the page is."""
    line = f'<s style="left:{100 * whole[name]:.1f}%"></s>' if whole.get(name) is not None else ""
    rows = []
    for part in sorted(parts, key=lambda part: -(part[name] or 0)):
        low, high = part["intervals"].get(name, (None, None))
        bar = f'<i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></i>' if low is not None else ""
        dot = f'<b style="left:{100 * part[name]:.1f}%"></b>' if part[name] is not None else ""
        pale = f' class="small" title="too small: {escape(part["too_small"])}"' if part["too_small"] else ""
        count = part["stance_n"] if name.startswith("stance") else part["n"]
        rows.append(
            f'<div{pale}><span dir="auto">{escape(part["value"])}</span>'
            f'<span class="track">{line}{bar}{dot}</span><span>{share(part[name])} · n {count:,}</span></div>'
        )
    scale = (
        '<div class="scale"><span></span><span class="track"><span>0</span><span>50</span><span>100</span></span></div>'
    )
    return f'<div class="forest">{"".join(rows)}{scale}</div>'


def _curves(report: Mapping[str, Any]) -> str:
    plots = []
    for kind, found in report["reliability"].items():
        whole = _whole(report, kind)
        for name, what in (("relevance", "topic is on"), ("stance", "stance is right")):
            error = "calibration_error" if name == "relevance" else "stance_calibration_error"
            if found[name] and whole[error] is not None:
                noise = share(found["noise"][error])
                said = f"calibration error {with_interval(whole, error)}; honest probabilities show {noise}"
                plots.append(
                    f"<div><h3>{kind}: {what}</h3>{reliability_plot(found[name], f'Reliability, {kind}, {what}')}"
                    f'<p class="soft">{said}</p></div>'
                )
    plots += [
        f"<div><h3>{kind}: errors among the surest</h3>{errors_plot(points, f'Errors by share answered, {kind}')}</div>"
        for kind, points in report["risk_coverage"].items()
        if points
    ]
    note = "Left axis: how often it came true; the band is 95 %. Bars: how many pairs were given such a probability."
    return f'<h2 id="curves">Curves</h2><p class="soft">{note}</p><div class="plots">{"".join(plots)}</div>'


def _confusions(report: Mapping[str, Any]) -> str:
    tables = []
    for kind, cells in report["confusion"].items():
        if not sum(map(sum, cells)):
            continue
        lines = []
        for gold, counts in zip(STANCES, cells, strict=True):
            total = max(1, sum(counts))
            tinted = "".join(
                f'<td class="cell" style="--share:{60 * n // total}%">{n:,}<br>{100 * n / total:.0f} %</td>'
                for n in counts
            )
            lines.append(f'<tr><th class="word" scope="row">{gold}</th>{tinted}</tr>')
        head = "".join(f'<th scope="col">said {stance}</th>' for stance in STANCES)
        tables.append(
            f'<div class="scroll"><table><caption>{kind}: gold by said, where the gold topic is on</caption>'
            f"<tr><th></th>{head}</tr>{''.join(lines)}</table></div>"
        )
    return f'<h2 id="confusion">Confusion of stances</h2><div class="plots">{"".join(tables)}</div>'


def _browser(pairs: pd.DataFrame, articles: Sequence[Article]) -> str:
    examples, texts = _examples(pairs, articles)
    data = json.dumps({"articles": texts, "examples": examples}, ensure_ascii=False).replace("<", "\\u003c")
    selects = "".join(
        f'<label>{text}<select name="{name}"><option value="">all</option></select></label>' for name, text in _FILTERS
    )
    numbers = "".join(
        f"<label>confidence, {text}"
        f'<input name="{name}" type="number" min="0" max="1" step="0.05" value="{value}"></label>'
        for name, text, value in (("least", "at least", 0), ("most", "at most", 1))
    )
    left_out = (
        f" The page holds {MOST_EXAMPLES:,}, the surest mistakes first." if len(examples) == MOST_EXAMPLES else ""
    )
    show = (
        '<label>show<select name="show"><option value="errors">errors</option><option value="all">all</option>'
        "</select></label>"
    )
    words = '<label>words in the article<input name="words" type="search"></label>'
    return (
        '<h2 id="errors">Error browser</h2><p class="soft">Each example stands in its article, the quote marked. Pairs '
        f"that are off, and were said to be off, are left out.{left_out}</p>"
        f'<div id="browser"><form id="filters" class="filters">{show}{selects}{numbers}{words}</form>'
        '<p id="count" aria-live="polite"></p><div id="examples"></div>'
        '<button id="more" type="button">20 more</button></div>'
        f'<script type="application/json" id="data">{data}</script>'
    )


def _examples(pairs: pd.DataFrame, articles: Sequence[Article]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the examples, the surest mistakes first, and the articles that they stand in."""
    table = pairs.assign(
        gold=gold_answers(pairs), said=answers(pairs), right=is_right(pairs), confidence=confidence(pairs)
    )
    table = table[(table["gold"] != "off") | (table["said"] != "off")]
    table = table.sort_values(["right", "confidence"], ascending=[True, False], kind="stable").head(MOST_EXAMPLES)
    by_id = {article.id: article for article in articles}
    places: dict[str, int] = {}
    examples = []
    for row in table.to_dict("records"):
        article = by_id[row["id"]]
        quote = None if row["unit"] == "article" else article.quotes[int(row["unit"])]
        stances = {name: row[f"stance_{name}"] for name in STANCES}
        examples.append(
            {
                "article": places.setdefault(article.id, len(places)),
                "kind": row["kind"],
                "target": row["target"],
                "spans": [list(span) for span in quote.spans] if quote else [],
                "speaker": quote.speaker.text if quote and quote.speaker else "",
                "gold": row["gold"],
                "said": row["said"],
                "right": bool(row["right"]),
                "confidence": round(row["confidence"], 3),
                "probability": round(row["probability"], 3),
                "stances": {name: round(value, 3) for name, value in stances.items()}
                if all(value == value for value in stances.values())
                else None,
            }
        )
    return examples, [_article(by_id[identifier]) for identifier in places]


def _article(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "lang": article.lang or "",
        "title": article.title or "",
        "outlet": article.source or "",
        "date": article.date or "",
        "text": article.text,
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        marked = (' class="word"' if i < left else "" for i in range(len(cells)))
        return "".join(f"<{tag}{m}>{escape(c)}</{tag}>" for m, c in zip(marked, cells, strict=True))

    lines = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{line(head, "th")}</tr>{lines}</table></div>'

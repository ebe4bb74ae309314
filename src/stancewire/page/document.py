"""The whole page: overview, list to browse, articles, downloads, and in the service the form to paste into."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from stancewire.page.article import article_key, fragment
from stancewire.page.charts import speaker_map, timeline
from stancewire.page.stands import NOBODY, OUTLET, SIGNS, all_stands, aspects
from stancewire.page.table import stand_table
from stancewire.page.typesetting import attributes, headline
from stancewire.predictions import Prediction
from stancewire.records import STANCES, Article

LEGEND = {
    "support": "supports",
    "oppose": "opposes",
    "neutral": "takes no side",
    "mixed": "both",
    "unsure": "unsure",
    "off": "other topics",
}


def page(results: Sequence[tuple[Article, Prediction]], service: bool = False) -> str:
    """Return the page, with its style and script in it; it loads nothing, and asks only its own service.

    Args:
        results: what was labelled, with the answers.
        service: whether it has a form that asks ``/v1/label`` of the server that it comes from.
    """
    style, script = (files("stancewire.page").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    title = "stancewire" if service or not results else _title(results)
    data = json.dumps([prediction.to_dict() for _, prediction in results], ensure_ascii=False)
    data = data.replace("<", "\\u003c")  # it would end the element in the midst of the data
    body = [
        f"<h1>{title}</h1>",
        _form() if service else "",
        _overview(results) if len(results) > 1 else "",
        _tools(),
        _browser(results),
        '<div id="tip" role="status" hidden></div>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, service)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<style id="style">\n{style}</style>\n</head>\n<body>\n<main>\n'
        + "\n".join(part for part in body if part)
        + f'\n</main>\n<script type="application/json" id="data">{data}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _policy(script: str, service: bool) -> str:
    """Let the page run its own script, draw pictures of itself, and ask its own service: no more."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; base-uri 'none'"
    )
    return policy + "; form-action 'none'" + "; connect-src 'self'" * service


def _title(results: Sequence[tuple[Article, Prediction]]) -> str:
    if len(results) == 1:
        return escape(results[0][0].id)
    return f"Who stands where in {len(results):,} articles"


def _form() -> str:
    return """<form id="ask" class="ask">
<label for="text">Article</label>
<textarea id="text" name="text" rows="8" dir="auto" required
 placeholder="Paste an article, or drop a text or HTML file here"></textarea>
<div class="fields">
<label>file<input type="file" name="file" accept=".txt,.html,.htm,text/plain,text/html"></label>
<label>language, if you know it<input name="lang" placeholder="fr" pattern="[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"></label>
<label>token, if the service asks for one<input name="token" type="password" autocomplete="off"></label>
</div>
<label for="targets">Targets of your own, one a line, in any language</label>
<textarea id="targets" name="targets" rows="2" dir="auto" placeholder="closer ties with Japan"></textarea>
<button type="submit" class="main">Label</button> <span id="status" role="status"></span>
</form>"""


def _overview(results: Sequence[tuple[Article, Prediction]]) -> str:
    stood, asked = all_stands(results), aspects(results)
    figures = [
        ("map", "Map", "Each dot is a speaker, with the number of quotes and how sure; a line leads from the first day "
         "to the mean.", speaker_map(stood, asked)),
        ("timeline", "Timeline", "Quotes by date; a dot on the line: some take no side.", timeline(stood, asked)),
    ]  # fmt: skip
    drawn = "".join(
        f'<section><h2>{name}</h2>{_png(f"#{key}", name.lower())}<figure id="{key}" class="scroll">{svg}'
        f'<figcaption class="soft">{note}</figcaption></figure></section>\n'
        for key, name, note, svg in figures
        if svg
    )
    table = stand_table(stood, asked, "Over all articles")
    return (
        f'<div class="overview">{drawn}<section><h2>Who stands where on what</h2>{_png("#where", "table")}'
        f'<div id="where">{table}</div></section></div>'
    )


def _png(selector: str, name: str) -> str:
    return f'<button type="button" class="small" data-png="{selector}" data-name="{name}">PNG</button>'


def _tools() -> str:
    legend = " ".join(
        f'<span class="key" data-stance="{side}"><b aria-hidden="true">{SIGNS[side]}</b> {words}</span>'
        for side, words in LEGEND.items()
    )
    return (
        '<div id="tools"><fieldset id="aspects"><legend>Colour the quotes by</legend></fieldset>'
        f'<p class="legend">{legend}</p>'
        '<p class="downloads">Download <button type="button" class="small" data-save="json">JSON</button> '
        '<button type="button" class="small" data-save="csv">CSV</button> '
        f"{_png('#stories .story:not([hidden])', 'article')}</p></div>"
    )


def _browser(results: Sequence[tuple[Article, Prediction]]) -> str:
    stories = "\n".join(fragment(article, prediction) for article, prediction in results)
    if len(results) < 2:
        return f'<div id="stories">{stories}</div>'
    items = "\n".join(_item(article, prediction) for article, prediction in results)
    return (
        f'<div class="browser"><nav aria-label="Articles">{_filters(results)}<p id="count" aria-live="polite"></p>'
        f'<ol id="list">\n{items}\n</ol></nav>\n<div id="stories">{stories}</div></div>'
    )


def _item(article: Article, prediction: Prediction) -> str:
    lang = article.lang or prediction.lang
    facts = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in (lang, article.date, article.source) if fact)
    count = len(prediction.quotes)
    title = headline(article)
    return (
        f'<li data-lang="{escape(lang or "")}"><a href="#{article_key(article)}">'
        f"<span {attributes(title, lang)}>{escape(title)}</span>"
        f'<small class="soft">{facts}{" · " * bool(facts)}{count} quote{"s" * (count != 1)}</small></a></li>'
    )


def _filters(results: Sequence[tuple[Article, Prediction]]) -> str:
    stood = all_stands(results)
    choices = {
        "lang": ("language", {lang: lang for a, p in results if (lang := a.lang or p.lang)}),
        "key": ("topic", aspects(results)),
        "side": ("stance", {side: f"{SIGNS[side]} {side}" for side in STANCES}),
        "speaker": (
            "speaker",
            {"@outlet": OUTLET, "@nobody": NOBODY}
            | {name: name for name in sorted({s.speaker for s in stood if s.speaker})},
        ),
    }
    selects = "".join(
        f'<label>{text}<select name="{name}"><option value="">all</option>'
        + "".join(f'<option value="{escape(value)}">{escape(shown)}</option>' for value, shown in options.items())
        + "</select></label>"
        for name, (text, options) in choices.items()
        if options
    )
    return f'<form id="filters" class="fields">{selects}</form>'

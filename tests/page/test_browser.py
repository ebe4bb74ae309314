"""The page in Chromium: topics, cards by pointer, key and tap, the list, the downloads, the form of the service."""

from __future__ import annotations

import csv
import io
import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stancewire.cli.rendering import print_results
from stancewire.inference.quotes import find_quotes
from stancewire.page import fragment, page
from stancewire.predictions import Prediction, QuotePrediction, TargetPrediction, TopicPrediction
from stancewire.records import STANCES, Article, Unit

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no Chromium here"),
]
Result = tuple[Article, Prediction]
TARGETS = ("la paix", "un rapprochement avec le Japon")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """Return a browser; a page that complains in it, or is refused something by its policy, is a fault."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    messages = [entry["message"] for entry in driver.get_log("browser") if "favicon" not in entry["message"]]
    driver.quit()
    assert messages == []


def answered(article: Article, targets: Sequence[str] = ()) -> Prediction:
    """Return an answer that takes the quotes and stances of the record, and supports every open target."""

    def topics(gold: Mapping[str, str] | None) -> dict[str, TopicPrediction]:
        sides = {name: (gold or {}).get(name, "off") for name in ("defense", "sanctions", "diplomacy")}
        return {name: TopicPrediction(side in STANCES, 0.75, *_stance(side)) for name, side in sides.items()}

    quotes = tuple(
        QuotePrediction(quote.spans, quote.text_in(article.text), topics(quote.topics), quote.speaker, 0.9)
        for quote in article.quotes
    )
    units: list[Unit] = ["article", *range(len(quotes))]
    asked = tuple(TargetPrediction(unit, target, 0.8, *_stance("support")) for target in targets for unit in units)
    return Prediction(article.id, article.lang, 1, topics(article.topics), quotes, asked)


def _stance(side: str) -> tuple[str, dict[str, float]]:
    stance = side if side in STANCES else "neutral"
    return stance, {name: 0.9 if name == stance else 0.05 for name in STANCES}


@pytest.fixture(scope="module")
def results(articles: list[Article]) -> list[Result]:
    """Return articles in four languages with their answers."""
    return [(article, answered(article, TARGETS)) for article in articles[::8]]


@pytest.fixture
def opened(browser: Chrome, results: list[Result], tmp_path: Path) -> Chrome:
    """Return the browser with the page of the folder open; its downloads go to ``tmp_path``."""
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    path = tmp_path / "page.html"
    path.write_text(page(results), "utf-8")
    browser.get(path.as_uri())
    return browser


def find(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element("css selector", selector)


def downloaded(folder: Path, name: str) -> bytes:
    for _ in range(200):
        if (folder / name).exists():
            return (folder / name).read_bytes()
        time.sleep(0.05)
    raise AssertionError(f"{name} was not downloaded; there is {sorted(path.name for path in folder.iterdir())}")


def test_a_topic_that_is_chosen_colours_the_quotes_and_their_signs(opened: Chrome, results: list[Result]) -> None:
    keys = opened.execute_script("return [...document.querySelectorAll('#aspects input')].map(i => i.value)")
    assert keys == [
        "all",
        "topic:defense",
        "topic:sanctions",
        "topic:diplomacy",
        *(f"target:{asked}" for asked in TARGETS),
    ]
    for key in keys:
        find(opened, f"#aspects label:has([value='{key}'])").click()
        marks = "return [...document.querySelectorAll('mark')].map(m => [m.dataset.stance, JSON.parse(m.dataset.sides)"
        sides = opened.execute_script(f"{marks}['{key}'], m.querySelector('.sign').textContent])")
        signs = {"support": "+", "oppose": "−", "neutral": "○", "mixed": "±", "unsure": "?", "off": "·"}
        assert sides
        assert all(shown == meant and sign == signs[meant] for shown, meant, sign in sides)


def test_a_card_comes_by_pointer_by_key_and_by_tap_and_goes_with_escape(opened: Chrome) -> None:
    tip, mark = find(opened, "#tip"), find(opened, ".story:not([hidden]) mark")
    label = find(opened, ".story:not([hidden]) .who")
    assert not tip.is_displayed()
    webdriver.ActionChains(opened).scroll_to_element(mark).move_to_element(mark).perform()
    assert tip.is_displayed()
    assert "on the topic" in tip.text
    webdriver.ActionChains(opened).send_keys(webdriver.Keys.ESCAPE).perform()
    assert not tip.is_displayed()
    opened.execute_script("arguments[0].focus()", label)
    assert tip.is_displayed()
    opened.execute_script("arguments[0].blur()", label)
    find(opened, "h1").click()
    assert not tip.is_displayed()
    mark.click()
    assert tip.is_displayed()


def test_the_list_is_narrowed_by_language(opened: Chrome, results: list[Result]) -> None:
    for lang in ("ar", "ja"):
        opened.execute_script(
            "const s = document.querySelector('[name=lang]'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input', { bubbles: true }))",
            lang,
        )
        shown = [item for item in opened.find_elements("css selector", "#list li") if item.is_displayed()]
        assert len(shown) == sum(article.lang == lang for article, _ in results) > 0
        assert find(opened, ".story:not([hidden]) .text").get_attribute("lang") == lang


def test_downloads_are_what_the_command_writes_and_a_picture(
    opened: Chrome, results: list[Result], tmp_path: Path
) -> None:
    for selector in ("[data-save=json]", "[data-save=csv]", "[data-name=article]", "[data-name=map]"):
        for element in opened.find_elements("css selector", selector):
            opened.execute_script("arguments[0].click()", element)
    answers = [prediction for _, prediction in results]
    assert json.loads(downloaded(tmp_path, "stancewire.json")) == [answer.to_dict() for answer in answers]
    expected = io.StringIO(newline="")
    print_results(answers, [article for article, _ in results], "csv", expected)
    said = csv.DictReader(io.StringIO(downloaded(tmp_path, "stancewire.csv").decode(), newline=""))
    for row, wanted in zip(said, csv.DictReader(io.StringIO(expected.getvalue(), newline="")), strict=True):
        assert {name: _number(value) for name, value in row.items()} == {n: _number(v) for n, v in wanted.items()}
    picture = downloaded(tmp_path, "stancewire-article.png")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000  # an empty picture of that size has a few thousand


def _number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(opened: Chrome, width: int) -> None:
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    )
    assert opened.execute_script("return document.documentElement.scrollWidth") == width


def test_the_form_shows_what_the_service_answers(browser: Chrome) -> None:
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, kind: str, body: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self._answer("text/html", page([], service=True))

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, request))
            article = Article.from_dict({"id": "0", **request["articles"][0]})
            article = replace(article, quotes=tuple(find_quotes(article.text, article.lang)))
            answer = answered(article, request["targets"])
            html = [fragment(article, answer)]
            self._answer("application/json", json.dumps({"results": [answer.to_dict()], "html": html}))

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.get(f"http://127.0.0.1:{server.server_port}/")
        find(browser, "#text").send_keys("Un accord.\n\n« Nous refusons <b> », a déclaré Anna Morel.")
        find(browser, "[name=lang]").send_keys("fr")
        find(browser, "#targets").send_keys("la paix\n平和")
        find(browser, "[type=submit]").click()
        for _ in range(200):
            if browser.find_elements("css selector", "mark"):
                break
            time.sleep(0.05)
        assert find(browser, "mark").text.endswith("Nous refusons <b>")
        assert "Anna Morel" in find(browser, ".who").text
        assert [label.text for label in browser.find_elements("css selector", "#aspects label")][-2:] == [
            "la paix",
            "平和",
        ]
        server.shutdown()
    path, request = asked[0]
    assert path == "/v1/label"
    assert request["targets"] == ["la paix", "平和"]
    assert request["articles"][0]["lang"] == "fr"

"""Single units as records: one sentence, tweet, comment, post or claim a line, with the targets it was labelled for.

Stance sets with targets of their own and topic sets are converted to this shape, and then train the same network::

    {"id": "...", "lang": "en", "source": "...", "unit": "sentence", "text": "...", "context": "... […] ...",
     "topics": {"defense": "support"}, "targets": [{"target": "...", "stance": "support"}]}

``topics: null`` is "not annotated" and masked in the loss; ``unknown`` lists topics whose absence means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stancewire.errors import DataError, found_expected
from stancewire.records import Article

UNITS = ("sentence", "tweet", "comment", "post", "claim", "article")
PLACE = "[…]"
"""Marks the unit's place in its context."""


def is_unit_record(record: object) -> bool:
    """Whether ``record`` is a single unit; a record of the codebook that kept such a ``unit`` has quotes beside it."""
    return isinstance(record, Mapping) and record.get("unit") in UNITS and "quotes" not in record


def article_of_unit(record: Mapping[str, Any], where: str) -> Article:
    """Read a single unit as an article.

    A whole article keeps its labels. Any other unit becomes the one quote of an article whose text is the context
    with the unit in its place; topics and targets are the quote's, and the article's own are not annotated.

    Raises:
        DataError: a field is missing or is not what the format says.
    """
    rest = {name: value for name, value in record.items() if name != "context"}
    if record["unit"] == "article":
        return Article.from_dict(rest, where)
    text, context = record.get("text"), record.get("context")
    if not isinstance(text, str) or not text.strip():
        raise DataError(found_expected(f"{where}: field text", text, "a string that is not empty"))
    if context is not None and (not isinstance(context, str) or context.count(PLACE) != 1):
        raise DataError(found_expected(f"{where}: field context", context, f"null or a text with one {PLACE}"))
    before, _, after = (context or PLACE).partition(PLACE)
    quote = {
        "spans": [[len(before), len(before) + len(text)]],
        "topics": rest.pop("topics", None),
        "unknown": rest.pop("unknown", None),
    }
    targets = rest.get("targets")
    if isinstance(targets, list):
        rest["targets"] = [{**target, "unit": 0} if isinstance(target, Mapping) else target for target in targets]
    return Article.from_dict(rest | {"text": before + text + after, "quotes": [quote]}, where)

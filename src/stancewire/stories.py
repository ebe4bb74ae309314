"""What belongs together: versions of one story are one, for splits, for draws, and for leaks."""

from __future__ import annotations

import re

from stancewire.records import Article

_PARALLEL_ID = re.compile(r"[a-z]{2}-(p\d+)")


def story_of(article: Article) -> str:
    """Return the name of what an article is a version of: its own id if the record does not say.

    A record says so in its field ``story`` or ``parallel``, or, in the project's corpus, by an id such as ``fr-p07``.
    """
    for name in ("story", "parallel"):
        if isinstance(value := article.extra.get(name), str | int) and value != "":
            return str(value)
    parallel = _PARALLEL_ID.fullmatch(article.id)
    return parallel[1] if parallel else article.id

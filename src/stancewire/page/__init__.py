"""Labelled articles as newspaper pages: one HTML file with its style and script, which loads nothing."""

from __future__ import annotations

from stancewire.page.article import fragment
from stancewire.page.document import page

__all__ = ["fragment", "page"]

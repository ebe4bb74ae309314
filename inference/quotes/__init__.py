"""Quotes and speakers: who said what, where, in sixteen languages."""

from stancewire.inference.quotes.finder import find_quotes

__all__ = ["find_quotes"]

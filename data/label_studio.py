"""The labelling config of a Label Studio project, made from a label set, and the names that tasks and exports share.

A quote is a region; a relation joins each further part of a broken quote to it, and its speaker, which is a region too.
The topics are choices, of the article and of each quote: nothing chosen is off. Tasks are written by
:mod:`stancewire.data.label_studio_tasks`, exports read by :mod:`stancewire.data.label_studio_export`.
"""

from __future__ import annotations

from xml.etree import ElementTree

from stancewire.config import LabelSet
from stancewire.records import TOPIC_VALUES

ARTICLE, QUOTE, SPEAKER = "article", "quote", "speaker"
SPANS, TEXT = "span", "text"
"""Names of the tags that hold the regions and the text."""

UNSURE, LEFT_OUT, ANNOTATED = "unsure", "not annotated", "annotated"
"""Choices beside the stances: a topic whose absence means nothing, a unit that has no topics to learn from, and one
that has, which is so where nothing is chosen."""

TOPIC_CHOICES = (*TOPIC_VALUES, UNSURE)
SPEAKER_TAG = "quote.speaker"
SAYS, GOES_ON = "says", "goes on"
FIELDS = ("lang", "date", "source", "title")

_COLOURS = {QUOTE: "#0072b2", SPEAKER: "#e69f00"}  # told apart by colour-blind eyes too (Okabe and Ito)
_COLUMNS = "display: flex; gap: 2em; align-items: flex-start"
_READING = "flex: 3; unicode-bidi: plaintext"  # each paragraph in the direction of its own script
_ANSWERS = "flex: 2; position: sticky; top: 0; max-height: 90vh; overflow: auto"


def topic_tag(kind: str, topic: str) -> str:
    """Return the name of the tag that holds a topic of ``article`` or ``quote``."""
    return f"{kind}.topic.{topic}"


def left_out_tag(kind: str) -> str:
    """Return the name of the tag that says that a unit is not annotated."""
    return f"{kind}.topics"


def targets_tag(kind: str) -> str:
    """Return the name of the tag that holds the open targets of ``article`` or ``quote``."""
    return f"{kind}.targets"


def target_choice(target: str, stance: str) -> str:
    """Return the choice that gives a target a stance; each task brings its own."""
    return f"{stance}: {target}"


def labelling_config(labels: LabelSet, targets: bool = True) -> str:
    """Return the XML of a project.

    Args:
        labels: the topics to label.
        targets: ask about open targets too, those that each task brings.
    """
    root = ElementTree.Element("View", style=_COLUMNS)
    reading = ElementTree.SubElement(root, "View", style=_READING)
    spans = ElementTree.SubElement(reading, "Labels", name=SPANS, toName=TEXT)
    for name, colour in _COLOURS.items():
        ElementTree.SubElement(spans, "Label", value=name, background=colour)
    ElementTree.SubElement(reading, "Header", value="$title")
    ElementTree.SubElement(reading, "Text", name=TEXT, value="$text")
    answers = ElementTree.SubElement(root, "View", style=_ANSWERS)
    _meaning(answers, labels)
    ElementTree.SubElement(answers, "Header", value="The article: the outlet's own voice")
    _add_choices(answers, ARTICLE, labels, targets)
    chosen = {"visibleWhen": "region-selected", "whenTagName": SPANS, "whenLabelValue": QUOTE}
    quote = ElementTree.SubElement(answers, "View", chosen)
    ElementTree.SubElement(quote, "Header", value="The chosen quote: its speaker's voice")
    _add_choices(quote, QUOTE, labels, targets)
    written = {"name": SPEAKER_TAG, "toName": TEXT, "perRegion": "true", "maxSubmissions": "1", "editable": "true"}
    ElementTree.SubElement(quote, "TextArea", written, placeholder="Speaker, if the text has no mention to join")
    relations = ElementTree.SubElement(root, "Relations")
    for value in (SAYS, GOES_ON):
        ElementTree.SubElement(relations, "Relation", value=value)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _meaning(parent: ElementTree.Element, labels: LabelSet) -> None:
    folded = ElementTree.SubElement(parent, "Collapse")
    panel = ElementTree.SubElement(folded, "Panel", value="What the topics mean")
    for topic in labels.topics:
        ElementTree.SubElement(panel, "Header", size="6", value=f"{topic.name}: {topic.description}")


def _add_choices(parent: ElementTree.Element, kind: str, labels: LabelSet, targets: bool) -> None:
    region = {"perRegion": "true"} if kind == QUOTE else {}
    one = {"toName": TEXT, "choice": "single", "showInline": "true"} | region
    for topic in labels.topics:
        ElementTree.SubElement(parent, "Header", size="5", value=topic.name)
        tag = ElementTree.SubElement(parent, "Choices", {"name": topic_tag(kind, topic.name)} | one)
        for value in TOPIC_CHOICES:
            ElementTree.SubElement(tag, "Choice", value=value)
    if targets:
        ElementTree.SubElement(parent, "Header", size="5", value="Open targets")
        several = {"toName": TEXT, "value": "$targets", "choice": "multiple"} | region
        ElementTree.SubElement(parent, "Choices", {"name": targets_tag(kind)} | several)
    ElementTree.SubElement(parent, "Header", size="5", value="All of them")
    tag = ElementTree.SubElement(parent, "Choices", {"name": left_out_tag(kind)} | one)
    for value in (ANNOTATED, LEFT_OUT):  # Label Studio takes no tag with a single choice
        ElementTree.SubElement(tag, "Choice", value=value)

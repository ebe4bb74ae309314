"""What a training run is made of: the schema of its YAML.

YAML is checked here, at the edge; library classes take plain values. Loading, ``extends`` and overrides are in
:mod:`stancewire.config_files`, what a fault is called in :mod:`stancewire.config_faults`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DEFAULT_LABELS = "labels/newswire.yaml"

# Numbers are strict, so that `yes` is not 1 and a quoted word is not a number; 1 is still a float.
Whole = Annotated[int, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Width = Annotated[int, Field(ge=8, strict=True)]
Amount = Annotated[float, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]
Rate = Annotated[float, Field(gt=0, le=1, strict=True)]


class _Part(BaseModel):
    """Base of all parts: frozen, and a key that is not known is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Topic(_Part):
    """A topic of the label set."""

    name: str = Field(min_length=1)
    """Short name, used in results."""
    description: str = Field(min_length=1)
    """What the topic is about; the encoder reads it, so it matters for the scores."""
    aliases: tuple[str, ...] = ()
    """Other names of the topic."""


class LabelSet(_Part):
    """The topics and stances that a model answers for."""

    topics: tuple[Topic, ...] = Field(min_length=1)
    """The topics, in the order of results."""
    stances: tuple[Literal["support", "oppose", "neutral"], ...] = ("support", "oppose", "neutral")
    """The stances of the codebook."""

    @field_validator("topics")
    @classmethod
    def _unique(cls, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
        names = [topic.name for topic in topics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"topic names must differ; found twice: {', '.join(twice)}")
        return topics

    @field_validator("stances")
    @classmethod
    def _stances(cls, stances: tuple[str, ...]) -> tuple[str, ...]:
        if stances != ("support", "oppose", "neutral"):
            raise ValueError(f"found [{', '.join(stances)}], expected [support, oppose, neutral], in this order")
        return stances


class EncoderConfig(_Part):
    """The encoder and how texts are cut for it."""

    name: str = "default"
    """`default` for the encoder of the shipped model, a folder, or a name on the Hugging Face Hub."""
    prefix: str = "query: "
    """Text before each window, as the encoder was trained with (e5: `query: `); empty for none."""
    window_tokens: Annotated[int, Field(ge=16, le=8192, strict=True)] = 96
    """The longest window in tokens, special tokens and prefix included."""
    middle_layer: Whole = 8
    """Hidden state whose means join those of the last layer; 0 for none."""
    quote_apart: Literal["sentence", "words", "none"] = "sentence"
    """What of each quote is read once more apart from its article: its `sentence`, its own `words`, or `none`."""


class ModelConfig(_Part):
    """The heads."""

    mode: Literal["single_pass", "pair"] = "single_pass"
    """`single_pass` reads an article once; `pair` reads `target [SEP] text` for each unit and target."""
    projection: Width = 256
    """Width of the vectors of units and targets."""
    hidden: Width = 256
    """Width of the scorer's hidden layer."""
    dropout: Share = 0.1
    """Dropout of the heads."""


class DataSource(_Part):
    """One set of labelled records."""

    path: str = Field(min_length=1)
    """`corpus` for the project's own, or a file or folder of records."""
    split: str | None = None
    """Keep only the records of this split."""
    weight: Positive = 1.0
    """How often an epoch reads the set; 0.1 reads a tenth of it, another one in each epoch."""
    limit: Count | None = None
    """Keep only so many records, chosen by a hash of their ids."""
    license: str | None = None
    """Licence for the model card, where the records do not say theirs."""
    langs: tuple[str, ...] = ()
    """Keep only these languages; empty for all."""


class DataConfig(_Part):
    """What is trained on, and what decides."""

    train: tuple[DataSource, ...] = Field(min_length=1)
    """Sets to train on."""
    dev: tuple[DataSource, ...] = Field(min_length=1)
    """Sets that choose the weights, and fit calibration and thresholds."""


class LossConfig(_Part):
    """The loss and how rare classes are weighed."""

    relevance: Positive = 1.0
    """Weight of the head of relevance."""
    stance: Positive = 1.0
    """Weight of the head of stance."""
    targets: Positive = 1.0
    """Weight of pairs with an open target beside those with a topic."""
    balance: Literal["none", "sqrt", "inverse"] = "sqrt"
    """Weigh classes by nothing, the root of their inverse frequency, or the inverse."""
    label_smoothing: Share = 0.0
    """Share of a stance label that is spread over all stances."""


class HeadsConfig(_Part):
    """Training of the heads on the frozen encoder."""

    epochs: Count = 40
    """Epochs at most."""
    lr: Rate = 1e-3
    """Learning rate."""
    weight_decay: Amount = 0.01
    """Weight decay."""
    batch: Count = 768
    """Pairs of unit and target in a batch."""
    patience: Whole = 8
    """Epochs without a better dev score before it stops."""


class TrainingConfig(_Part):
    """Fine-tuning of the encoder."""

    epochs: Whole = 2
    """Epochs; 0 trains the heads alone."""
    lr: Rate = 3e-5
    """Learning rate of the encoder's highest layer."""
    heads_lr: Rate = 1e-4
    """Learning rate of the heads."""
    layer_decay: Rate = 0.9
    """Each layer below learns at this share of the rate of the one above."""
    freeze_layers: Whole = 0
    """Freeze so many of the lowest layers, with the embeddings; the word table is always frozen."""
    warmup: Share = 0.1
    """Share of the steps in which the rate rises."""
    weight_decay: Amount = 0.01
    """Weight decay."""
    tokens_per_batch: Annotated[int, Field(ge=16, strict=True)] = 4096
    """Tokens of one batch on one device."""
    accumulation: Count = 1
    """Batches of one optimizer step."""
    clip: Amount = 1.0
    """Largest norm of the gradient; 0 for no limit."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`auto` takes bf16 only where the hardware multiplies it itself."""
    save_steps: Count = 100
    """Optimizer steps between snapshots that a stopped run goes on from."""
    evaluate_steps: Count = 100
    """Optimizer steps between dev scores."""
    patience: Count = 3
    """Dev scores without a better one before it stops."""
    report_to: tuple[str, ...] = ()
    """Trackers that transformers knows, such as tensorboard or wandb; a JSON Lines log is always written."""


class RunConfig(_Part):
    """One training run."""

    name: str = Field(pattern=r"^\w[\w.-]*$")
    """Name of the model: letters, digits, `_`, `.` and `-`."""
    seed: Annotated[int, Field(ge=0, lt=2**32, strict=True)] = 13
    """Seed of everything that is drawn."""
    output: str = "runs/{name}"
    """Folder of the run; `{name}` stands for the name."""
    labels: LabelSet
    """The label set: a shipped name, a path, or the mapping itself; `labels/newswire.yaml` if not given."""
    encoder: EncoderConfig = EncoderConfig()
    """The encoder."""
    model: ModelConfig = ModelConfig()
    """The heads."""
    data: DataConfig
    """What is trained on."""
    loss: LossConfig = LossConfig()
    """The loss."""
    heads: HeadsConfig = HeadsConfig()
    """First stage."""
    training: TrainingConfig = TrainingConfig()
    """Second stage."""

    @field_validator("output")
    @classmethod
    def _output(cls, output: str) -> str:
        try:
            filled = output.format(name="name")
        except (LookupError, ValueError, AttributeError):
            filled = ""
        if not filled:
            raise ValueError(f"found {output!r}, expected a folder, in which only {{name}} may stand in braces")
        return output


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of a config file, for editors; a file that extends another needs no key of its own."""
    schema = RunConfig.model_json_schema()
    keys, parts = schema["properties"], schema["$defs"]
    keys["labels"] = {
        "anyOf": [{"type": "string"}, {"$ref": "#/$defs/LabelSet"}],
        "default": DEFAULT_LABELS,
        "description": keys["labels"]["description"],
    }
    extends = {
        "type": "string",
        "description": "The config that this one is laid over: a path beside it, or a shipped name.",
    }
    whole = {"required": ["name", "data"], "properties": {"data": {"required": parts["DataConfig"]["required"]}}}
    for mergeable in (schema, parts["DataConfig"]):
        del mergeable["required"]
    return schema | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"extends": extends, **keys},
        "anyOf": [{"required": ["extends"]}, whole],
    }

"""What a training run is made of: the schema of its YAML.

YAML is checked here, at the edge; library classes take plain values. Loading, ``extends`` and overrides are in
:mod:`stancewire.config_files`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    """Base of all parts: frozen, and a key that is not known is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


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
            raise ValueError("expected [support, oppose, neutral], in this order")
        return stances


class EncoderConfig(_Part):
    """The encoder and how texts are cut for it."""

    name: str = "default"
    """`default` for the encoder of the shipped model, a folder, or a name on the Hugging Face Hub."""
    prefix: str = "query: "
    """Text before each window, as the encoder was trained with (e5: `query: `); empty for none."""
    window_tokens: int = Field(default=96, ge=16, le=8192)
    """The longest window in tokens, special tokens and prefix included."""
    middle_layer: int = Field(default=8, ge=0)
    """Hidden state whose means join those of the last layer; 0 for none."""
    quote_alone: bool = True
    """Read each quote once more without its article."""


class ModelConfig(_Part):
    """The heads."""

    mode: Literal["single_pass", "pair"] = "single_pass"
    """`single_pass` reads an article once; `pair` reads `target [SEP] text` for each unit and target."""
    projection: int = Field(default=256, ge=8)
    """Width of the vectors of units and targets."""
    hidden: int = Field(default=256, ge=8)
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
    limit: Annotated[int, Field(gt=0)] | None = None
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
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of a stance label that is spread over all stances."""


class HeadsConfig(_Part):
    """Training of the heads on the frozen encoder."""

    epochs: int = Field(default=40, ge=1)
    """Epochs at most."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Weight decay."""
    batch: int = Field(default=768, ge=1)
    """Pairs of unit and target in a batch."""
    patience: int = Field(default=8, ge=0)
    """Epochs without a better dev score before it stops."""


class TrainingConfig(_Part):
    """Fine-tuning of the encoder."""

    epochs: int = Field(default=2, ge=0)
    """Epochs; 0 trains the heads alone."""
    lr: Positive = 3e-5
    """Learning rate of the encoder's highest layer."""
    heads_lr: Positive = 1e-4
    """Learning rate of the heads."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Each layer below learns at this share of the rate of the one above."""
    freeze_layers: int = Field(default=0, ge=0)
    """Freeze so many of the lowest layers, with the embeddings; the word table is always frozen."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps in which the rate rises."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Weight decay."""
    tokens_per_batch: int = Field(default=4096, ge=16)
    """Tokens of one batch on one device."""
    accumulation: int = Field(default=1, ge=1)
    """Batches of one optimizer step."""
    clip: float = Field(default=1.0, ge=0)
    """Largest norm of the gradient; 0 for no limit."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`auto` takes bf16 only where the hardware multiplies it itself."""
    save_steps: int = Field(default=100, ge=1)
    """Optimizer steps between snapshots that a stopped run goes on from."""
    evaluate_steps: int = Field(default=100, ge=1)
    """Optimizer steps between dev scores."""
    patience: int = Field(default=3, ge=1)
    """Dev scores without a better one before it stops."""
    report_to: tuple[str, ...] = ()
    """Trackers that transformers knows, such as tensorboard or wandb; a JSON Lines log is always written."""


class RunConfig(_Part):
    """One training run."""

    name: str = Field(pattern=r"^[\w.-]+$")
    """Name of the model; letters, digits, dot, dash."""
    seed: int = Field(default=13, ge=0)
    """Seed of everything that is drawn."""
    output: str = "runs/{name}"
    """Folder of the run."""
    labels: LabelSet
    """The label set: a shipped name, a path, or the mapping itself."""
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

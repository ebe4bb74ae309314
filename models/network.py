"""The network: one encoder, vectors of units and targets, and the scores of each unit for each target.

``single_pass`` reads an article once and scores every unit against every target. ``pair`` reads ``target [SEP] text``
for each of them, as most stance papers do (for example Allaway and McKeown 2020, https://aclanthology.org/2020.emnlp-main.717);
it is the reference that the single pass is compared with.

Letters in shape comments: W windows, L tokens of a window, H width of the encoder, G pools (means over tokens),
U units, T targets, P pairs of a unit and a target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput

from stancewire.records import STANCES

UNIT_KINDS = ("article", "quote")
"""The kinds of units, in the order of their learned vectors."""

IGNORED = -100
"""The label of what a record does not annotate; the loss leaves it out."""


class StanceConfig(PretrainedConfig):
    """What the network is made of; it is saved as ``config.json``.

    Args:
        encoder: the encoder's own config, as ``to_dict`` gives it.
        mode: ``single_pass`` or ``pair``.
        prefix: text before each window and target (e5: ``"query: "``).
        window_tokens: the longest window, special tokens included.
        middle_layer: hidden state whose pools join those of the last layer; 0 for none.
        quote_apart: what of each quote is read once more apart from its article: ``sentence``, ``words`` or ``none``.
        projection: width D of unit and target vectors.
        hidden: width of the scorer.
        dropout: of the heads, in training.
    """

    model_type = "stancewire"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        mode: Literal["single_pass", "pair"] = "single_pass",
        prefix: str = "query: ",
        window_tokens: int = 96,
        middle_layer: int = 8,
        quote_apart: Literal["sentence", "words", "none"] = "sentence",
        projection: int = 256,
        hidden: int = 256,
        dropout: float = 0.1,
        **kwargs: Any,  # noqa: ANN401 - PretrainedConfig's own fields
    ) -> None:
        self.encoder = encoder or {}
        self.mode = mode
        self.prefix = prefix
        self.window_tokens = window_tokens
        self.middle_layer = middle_layer
        self.quote_apart = quote_apart
        self.projection = projection
        self.hidden = hidden
        self.dropout = dropout
        super().__init__(**kwargs)

    def encoder_config(self) -> PretrainedConfig:
        """Return the encoder's config as its own class."""
        fields = dict(self.encoder)
        return AutoConfig.for_model(fields.pop("model_type"), **fields)


@dataclass
class StanceOutput(ModelOutput):
    """Scores of P pairs.

    Attributes:
        loss: weighted sum of both heads' losses, if labels were given.
        relevance: logits (P,).
        stance: logits (P, 3), in the order of :data:`stancewire.records.STANCES`.
    """

    loss: Tensor | None = None
    relevance: Tensor | None = None
    stance: Tensor | None = None


class Heads(nn.Module):
    """From the features of units and targets to logits: projections and one small MLP."""

    def __init__(self, parts: int, part_width: int, config: StanceConfig) -> None:
        """Build the heads for units of ``parts`` vectors and targets of one, all of width ``part_width``."""
        super().__init__()
        self.pair = config.mode == "pair"
        self.part_width = part_width
        width = config.projection
        self.unit_projection = nn.Linear(parts * part_width, width)
        self.unit_kind = nn.Embedding(len(UNIT_KINDS), width)
        if not self.pair:
            self.target_projection = nn.Linear(part_width, width)
        self.scorer = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(width if self.pair else 4 * width, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1 + len(STANCES)),
        )

    def forward(
        self, units: Tensor, kinds: Tensor, targets: Tensor | None, pair_unit: Tensor, pair_target: Tensor
    ) -> Tensor:
        """Return logits (P, 4): relevance, then the stances.

        Args:
            units: features (U, parts x part_width).
            kinds: index of each unit's kind (U,).
            targets: features (T, part_width); not read in pair mode, whose units have read their target.
            pair_unit: the unit of each pair (P,).
            pair_target: the target of each pair (P,).
        """
        # Each part on a scale of its own: the states of an encoder differ in length more than in what they say.
        units = F.layer_norm(units.unflatten(-1, (-1, self.part_width)), (self.part_width,)).flatten(-2)
        u = self.unit_projection(units) + self.unit_kind(kinds)  # (U, D)
        u = F.layer_norm(u, u.shape[-1:])[pair_unit]  # (P, D)
        if self.pair or targets is None:
            alone: Tensor = self.scorer(u)
            return alone
        t = self.target_projection(F.layer_norm(targets, (self.part_width,)))  # (T, D)
        t = F.layer_norm(t, t.shape[-1:])[pair_target]  # (P, D)
        logits: Tensor = self.scorer(torch.cat([u, t, u * t, (u - t).abs()], dim=-1))
        return logits


class StanceModel(PreTrainedModel):
    """Encoder and heads; see the module's text for what it computes."""

    config_class = StanceConfig
    config: StanceConfig
    base_model_prefix = "encoder"
    supports_gradient_checkpointing = True

    def __init__(self, config: StanceConfig, encoder: PreTrainedModel | None = None) -> None:
        """Build the network with random heads.

        Args:
            config: what it is made of.
            encoder: an encoder that is loaded already; a random one is made from ``config.encoder`` otherwise.
        """
        super().__init__(config)
        self.encoder = AutoModel.from_config(config.encoder_config()) if encoder is None else encoder
        if getattr(self.encoder, "pooler", None) is not None:
            # BERT's and RoBERTa's own pooler reads the first token; it is not used and would train to no end.
            self.encoder.pooler = None
        self.heads = Heads(self.parts(), self.encoder.config.hidden_size, config)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave the heads as torch makes them; an encoder of its own class brings its own way."""
        if not any(module is part for part in self.heads.modules()):
            super()._init_weights(module)  # type: ignore[no-untyped-call]

    def parts(self) -> int:
        """Return how many vectors of width H make the feature of a unit."""
        own = 2 if self.config.middle_layer else 1
        if self.config.mode == "pair":
            return own
        return own * (1 if self.config.quote_apart == "none" else 2) + 1

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the states of each token, last layer and then the middle one: (W, L, H) or (W, L, 2H)."""
        middle = self.config.middle_layer
        out = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=bool(middle))
        if not middle:
            last: Tensor = out.last_hidden_state
            return last
        return torch.cat([out.last_hidden_state, out.hidden_states[middle]], dim=-1)

    def unit_features(self, pools: Tensor, own: Tensor, apart: Tensor, context: Tensor) -> Tensor:
        """Return the features of units (U, parts x H) from the pools (G, H or 2H) that each is made of (U,)."""
        width = self.encoder.config.hidden_size
        features = [pools[own]]
        if self.config.mode == "single_pass":
            if self.config.quote_apart != "none":
                features.append(pools[apart])
            features.append(pools[context, :width])
        return torch.cat(features, dim=-1)

    def forward(
        self,
        input_ids: Sequence[Tensor],
        attention_mask: Sequence[Tensor],
        pool_token: Tensor,
        pool_id: Tensor,
        unit_own: Tensor,
        unit_apart: Tensor,
        unit_context: Tensor,
        unit_kind: Tensor,
        target_pool: Tensor,
        pair_unit: Tensor,
        pair_target: Tensor,
        relevance_labels: Tensor | None = None,
        stance_labels: Tensor | None = None,
        relevance_weights: Tensor | None = None,
        stance_weights: Tensor | None = None,
        label_smoothing: float = 0.0,
    ) -> StanceOutput:
        """Score P pairs of one batch; :func:`stancewire.models.layout.collate` makes the arguments.

        Args:
            input_ids: windows of articles, quotes and targets, in groups of like length (W, L) each.
            attention_mask: 1 for tokens, 0 for padding, in the same groups.
            pool_token: index of each member of a pool (M,) into the tokens of all groups, padding included.
            pool_id: the pool of each member (M,).
            unit_own: pool of the unit's own tokens in the article (U,).
            unit_apart: pool of the unit read apart from its article (U,).
            unit_context: pool of the whole article (U,).
            unit_kind: index into :data:`UNIT_KINDS` (U,).
            target_pool: pool of each target (T,).
            pair_unit: unit of each pair (P,).
            pair_target: target of each pair (P,).
            relevance_labels: 1, 0 or :data:`IGNORED` (P,).
            stance_labels: index of the stance or :data:`IGNORED` (P,).
            relevance_weights: weight of each pair in the loss of relevance (P,).
            stance_weights: weight of each pair in the loss of stance (P,).
            label_smoothing: share of the stance label that is spread over all stances.
        """
        groups = [self.encode(ids, mask).flatten(0, 1) for ids, mask in zip(input_ids, attention_mask, strict=True)]
        pools = mean_pools(torch.cat(groups), pool_token, pool_id)
        units = self.unit_features(pools, unit_own, unit_apart, unit_context)
        targets = pools[target_pool, : self.encoder.config.hidden_size]
        logits = self.heads(units, unit_kind, targets, pair_unit, pair_target).float()
        relevance, stance = logits[:, 0], logits[:, 1:]
        loss = None
        if relevance_labels is not None and stance_labels is not None:
            loss = pair_loss(
                relevance, stance, relevance_labels, stance_labels, relevance_weights, stance_weights, label_smoothing
            )
        return StanceOutput(loss=loss, relevance=relevance, stance=stance)


def mean_pools(states: Tensor, token: Tensor, pool: Tensor) -> Tensor:
    """Return the mean of each pool's tokens, in fp32: (G, width) from states (N, width) and members (M,), (M,)."""
    count = int(pool.max()) + 1 if len(pool) else 0
    sums = torch.zeros(count, states.shape[-1], dtype=torch.float32, device=states.device)
    sums = sums.index_add(0, pool, states[token].float())
    sizes = torch.bincount(pool, minlength=count).clamp(min=1)
    return sums / sizes[:, None]


def pair_loss(
    relevance: Tensor,
    stance: Tensor,
    relevance_labels: Tensor,
    stance_labels: Tensor,
    relevance_weights: Tensor | None,
    stance_weights: Tensor | None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the loss of P pairs: each head's weighted mean over the pairs that are annotated for it, summed.

    Pairs labelled :data:`IGNORED` add nothing, so that a set with topics and a set with stances train one network.
    """
    known = (relevance_labels != IGNORED).float()
    each = F.binary_cross_entropy_with_logits(relevance, relevance_labels.clamp(min=0).float(), reduction="none")
    weights = known if relevance_weights is None else known * relevance_weights
    loss = (each * weights).sum() / known.sum().clamp(min=1)
    sided = (stance_labels != IGNORED).float()
    each = F.cross_entropy(
        stance, stance_labels, reduction="none", ignore_index=IGNORED, label_smoothing=label_smoothing
    )
    weights = sided if stance_weights is None else sided * stance_weights
    return loss + (each * weights).sum() / sided.sum().clamp(min=1)


AutoConfig.register(StanceConfig.model_type, StanceConfig)
AutoModel.register(StanceConfig, StanceModel)

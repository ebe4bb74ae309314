"""Fine-tune encoder and heads with transformers' Trainer, from whole snapshots that resume exactly.

The Trainer of transformers writes straight into its checkpoint folder and resumes from the highest number, whole or
not. Here a snapshot takes its name when all of it is on disk, and a run goes on from the newest that verifies. The
order of batches is a list that the seed fixes, the collator draws nothing and no worker prefetches, so that the
random state of a snapshot is that of its step.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from stancewire.config import TrainingConfig
from stancewire.errors import CheckpointError
from stancewire.files import whole_file
from stancewire.inference.encoding import bf16_is_fast
from stancewire.models.files import commit_folder, verify_folder
from stancewire.models.network import StanceModel

WEIGHTS = "trained.safetensors"
_LAYER = re.compile(r"\.layers?\.(\d+)\.")


class BatchList(Dataset[dict[str, Any]]):
    """The batches of a whole run in their order; item i is batch i, made when it is asked for."""

    def __init__(self, batches: Sequence[Sequence[int]], make: Callable[[Sequence[int]], dict[str, Any]]) -> None:
        """Take the examples of each batch and what makes tensors of them."""
        self.batches = batches
        self.make = make

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.make(self.batches[index])


def parameter_groups(model: StanceModel, config: TrainingConfig) -> list[dict[str, Any]]:
    """Return the optimizer's groups: heads at their own rate, lower layers of the encoder at lower ones.

    The rate of a layer is ``lr * layer_decay ** (layers above it)`` (Howard and Ruder 2018,
    https://aclanthology.org/P18-1031); biases and norms do not decay.
    """
    layers = model.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((_rate(name, layers, config), decay), []).append(parameter)
    return [{"params": group, "lr": lr, "weight_decay": decay} for (lr, decay), group in groups.items()]


def freeze(model: StanceModel, layers: int) -> None:
    """Freeze the word table always, and the embeddings and the lowest ``layers`` layers where asked.

    The word table holds four fifths of the parameters of a small multilingual encoder, most of them for words that
    the training set never shows.
    """
    for name, parameter in model.encoder.named_parameters():
        depth = _depth(f".{name}")
        parameter.requires_grad = layers == 0 or (depth is not None and depth >= layers)
    for parameter in model.encoder.get_input_embeddings().parameters():
        parameter.requires_grad = False


def steady(model: StanceModel) -> None:
    """Take the dropout out of the encoder, and the attention that CPUs are slow at.

    The heads were trained on features without dropout; at a low rate for an epoch or two the encoder needs none.
    On CPUs torch's fused attention has no fast backward for padded batches: the plain one trains six times as fast
    (12 layers of width 384 in bf16: 2,043 tokens a second against 359).
    """
    for module in model.encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    if model.device.type == "cpu":
        model.encoder.set_attn_implementation("eager")


def _depth(name: str) -> int | None:
    found = _LAYER.search(name)
    return int(found[1]) if found else None


def _rate(name: str, layers: int, config: TrainingConfig) -> float:
    if not name.startswith("encoder."):
        return config.heads_lr
    depth = _depth(name)
    if depth is None:
        # What is not in a layer is below them all (embeddings) or above (a final norm).
        depth = -1 if "embed" in name else layers - 1
    return config.lr * float(config.layer_decay ** (layers - 1 - depth))


def trained_state(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that training changes, by name."""
    return {
        name: parameter.detach().contiguous() for name, parameter in model.named_parameters() if parameter.requires_grad
    }


def load_trained(model: nn.Module, path: Path) -> None:
    """Put the parameters that :func:`trained_state` gave back into a model.

    Raises:
        CheckpointError: the file's parameters are not the model's.
    """
    state = load_file(path)
    expected = trained_state(model)
    if state.keys() != expected.keys():
        odd = sorted(state.keys() ^ expected.keys())[:3]
        raise CheckpointError(f"{path}: its parameters are of another model (for example {', '.join(odd)})")
    model.load_state_dict(state, strict=False)


class Tuner(Trainer):
    """Trainer with whole snapshots, our optimizer groups, and a dev score in place of a dev loss."""

    def __init__(
        self,
        model: StanceModel,
        args: TrainingArguments,
        batches: BatchList,
        folder: Path,
        config: TrainingConfig,
        score: Callable[[], float],
        callbacks: list[TrainerCallback],
    ) -> None:
        """Prepare a run.

        Args:
            model: with trained heads.
            args: as :func:`arguments` makes them.
            batches: of the whole run.
            folder: holds the snapshots and the best weights.
            config: rates and patience.
            score: dev score of the model as it is.
            callbacks: told what happens.
        """
        self.network = model
        self.folder = folder
        self.tuning = config
        self.score = score
        super().__init__(
            model=model,
            args=args,
            train_dataset=batches,
            # The Trainer insists on a dev set; `evaluate` scores ours by itself.
            eval_dataset=batches,
            data_collator=_only,
            callbacks=callbacks,
        )
        self.remove_callback(PrinterCallback)

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Make AdamW over :func:`parameter_groups`."""
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(parameter_groups(self.network, self.tuning), lr=self.tuning.lr)
        return self.optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:  # noqa: ANN401 - Trainer's signature
        """Score the dev set; keep the weights if they are the best so far, and stop when patience is at its end."""
        earlier = [entry["eval_score"] for entry in self.state.log_history if "eval_score" in entry]
        self.network.eval()
        # One process scores and the others hear it, so that all of them stop at the same step.
        found = [self.score() if self.is_world_process_zero() else 0.0]
        broadcast_object_list(found)
        self.network.train()
        metrics = {"eval_score": found[0]}
        self.log(dict(metrics))
        if self.is_world_process_zero() and found[0] > max(earlier, default=float("-inf")):
            with whole_file(self.folder / f"best-{WEIGHTS}") as partial:
                save_file(trained_state(self.network), partial)
        history = [*earlier, found[0]]
        if len(history) - 1 - history.index(max(history)) >= self.tuning.patience:
            self.control.should_training_stop = True
        return metrics

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Count nothing: the Trainer's estimate is for one tensor of token ids, and nobody reads it."""
        return 0

    def finish(self) -> float:
        """Score the last weights if that was not done, and return the best score of the run."""
        evaluated = [entry["step"] for entry in self.state.log_history if "eval_score" in entry]
        if not evaluated or evaluated[-1] < self.state.global_step:
            self.evaluate()
        return max(entry["eval_score"] for entry in self.state.log_history if "eval_score" in entry)

    def _get_output_dir(self, trial: object) -> str:
        """Let the Trainer write a snapshot where it is not yet one."""
        return str(self.folder / ".partial")

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Tensor] | None = None) -> None:
        """Write what training changes; the rest is in the encoder that the run began with."""
        target = Path(output_dir or self.folder)
        target.mkdir(parents=True, exist_ok=True)
        save_file(trained_state(self.network), target / WEIGHTS)

    def _save_checkpoint(self, model: nn.Module, trial: object) -> None:
        """Write a snapshot aside and give it its name when it is whole; the two newest are kept."""
        if self.is_world_process_zero():
            shutil.rmtree(self.folder / ".partial", ignore_errors=True)
        self.accelerator.wait_for_everyone()
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            name = f"checkpoint-{self.state.global_step}"
            commit_folder(self.folder / ".partial" / name, self.folder / f"step-{self.state.global_step:07d}")
            for old in sorted(self.folder.glob("step-*"))[:-2]:
                shutil.rmtree(old)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_trained(self.network, Path(resume_from_checkpoint) / WEIGHTS)


def _only(features: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the one batch that the sampler gives: it is made whole by :class:`BatchList`."""
    return features[0]


def newest_snapshot(folder: Path) -> Path | None:
    """Return the newest snapshot that is whole, or ``None``; those that are not are passed over."""
    for snapshot in sorted(folder.glob("step-*"), reverse=True):
        try:
            verify_folder(snapshot)
        except CheckpointError:
            continue
        return snapshot
    return None


def arguments(config: TrainingConfig, folder: Path, seed: int, quiet: bool) -> TrainingArguments:
    """Return the Trainer's arguments for a run whose batches come as one list.

    Args:
        config: of the run.
        folder: of the run's snapshots.
        seed: of dropout.
        quiet: show no progress bar.
    """
    cpu = not torch.cuda.is_available()
    device = torch.device("cpu" if cpu else "cuda")
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.lr,
        warmup_steps=config.warmup,
        max_grad_norm=config.clip,
        bf16=config.precision == "bf16" or (config.precision == "auto" and bf16_is_fast(device)),
        use_cpu=cpu,
        ddp_backend="gloo" if cpu and PartialState().num_processes > 1 else None,
        ddp_broadcast_buffers=False,
        ddp_find_unused_parameters=False,
        eval_strategy="steps",
        eval_steps=config.evaluate_steps,
        save_strategy="steps",
        save_steps=config.save_steps,
        logging_steps=10,
        report_to=list(config.report_to) or "none",
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=not cpu,
        disable_tqdm=quiet,
        seed=seed,
        data_seed=seed,
    )


class JsonLog(TrainerCallback):
    """Appends what the Trainer logs to a file, one JSON object a line; a resumed run forgets what it does again."""

    def __init__(self, path: Path) -> None:
        """Take the log's path."""
        self.path = path

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,  # noqa: ANN401 - the Trainer's signature
    ) -> None:
        """Drop the lines of steps that the run is about to do again."""
        if state.is_world_process_zero and self.path.exists():
            kept = [line for line in _lines(self.path) if line.get("step", 0) <= state.global_step]
            with whole_file(self.path) as partial:
                partial.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] | None = None,
        **kwargs: Any,  # noqa: ANN401 - the Trainer's signature
    ) -> None:
        """Append one line."""
        if state.is_world_process_zero and logs:
            append_log(self.path, {"stage": "encoder", "step": state.global_step, "of": state.max_steps, **logs})


def append_log(path: Path, entry: Mapping[str, object]) -> None:
    """Append one JSON object to a log."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed while it wrote

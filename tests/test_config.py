"""Configs: what loads, what a fault says, what extends and overrides do, and that a dump is enough to run again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stancewire.config import RunConfig, config_schema
from stancewire.config_files import dump_config, load_config, load_labels, shipped_configs
from stancewire.errors import ConfigError
from stancewire.records import STANCES

DATA = "data: {train: [{path: corpus, split: train}], dev: [{path: corpus, split: dev}]}\n"
MINIMAL = f"name: mine\n{DATA}"
LABELS = [name for name in shipped_configs() if name.startswith("labels/")]
RUNS = [name for name in shipped_configs() if not name.startswith(("labels/", "evaluation/"))]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a YAML file and returns its path."""

    def write(text: str, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def faults(path: str | Path, *overrides: str) -> list[str]:
    """Return the lines of what is wrong with a config, without the folder of its file."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    folder = f"{path.parent}/" if isinstance(path, Path) else ""
    return str(caught.value).replace(folder, "").splitlines()


def test_every_yaml_of_the_folder_is_shipped() -> None:
    folder = Path(__file__).parents[1] / "configs"
    assert shipped_configs() == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))
    assert {"train/default.yaml", "train/pair.yaml", "train/tiny.yaml", "labels/newswire.yaml"} <= {*RUNS, *LABELS}


@pytest.mark.parametrize("name", RUNS)
def test_every_shipped_run_loads_and_its_dump_loads_as_the_same(name: str, write: Write) -> None:
    config = load_config(name)
    assert load_config(write(dump_config(config))) == config


@pytest.mark.parametrize("name", LABELS)
def test_every_shipped_label_set_loads(name: str) -> None:
    assert load_labels(name).stances == STANCES


def test_the_pair_config_is_the_one_of_the_corpus_in_pair_mode() -> None:
    corpus, pair = load_config("train/corpus.yaml"), load_config("train/pair.yaml")
    assert (corpus.model.mode, pair.model.mode) == ("single_pass", "pair")
    assert (pair.data, pair.labels, pair.training) == (corpus.data, corpus.labels, corpus.training)


def test_a_name_and_data_are_enough(write: Write) -> None:
    config = load_config(write(MINIMAL))
    assert config.labels == load_labels("labels/newswire.yaml")
    assert config == RunConfig(name="mine", labels=config.labels, data=config.data)


def test_all_faults_are_told_at_once_with_file_line_and_key(write: Write) -> None:
    text = f"nmae: mine\n{DATA}training:\n  lrr: 3e-5\n  heads_lr: fast\nencoder: {{window_tokens: 9000}}\n"
    assert sorted(faults(write(text))) == [
        "mine.yaml: name: missing",
        "mine.yaml:1: nmae: unknown key; did you mean name?",
        "mine.yaml:4: training.lrr: unknown key; did you mean lr?",
        "mine.yaml:5: training.heads_lr: found 'fast', expected a number",
        "mine.yaml:6: encoder.window_tokens: found 9000, expected a number of at most 8192",
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("lr: 3e-5", "lr: unknown key; did you mean heads.lr or training.lr?"),
        ("model: {mode: pairs}", "model.mode: found 'pairs', expected 'single_pass' or 'pair'"),
        ("training: {lr: 3}", "training.lr: found 3, expected a number of at most 1"),
        ("training: {epochs: 1.5}", "training.epochs: found 1.5, expected a whole number"),
        ("training: {epochs: yes}", "training.epochs: found True, expected a whole number"),
        ("training: {clip: .inf}", "training.clip: found inf, expected a finite number"),
        ("training: {report_to: wandb}", "training.report_to: found 'wandb', expected a list"),
        ("training:", "training: found None, expected a mapping of keys to values"),
        ("seed: -1", "seed: found -1, expected a number of at least 0"),
        (
            "output: runs/{nme}",
            "output: found 'runs/{nme}', expected a folder, in which only {name} may stand in braces",
        ),
        ("3: x", "3: found 3, expected a key that is a string"),
        ("labels: {topics: []}", "labels.topics: found [], expected a list of at least 1"),
        (
            "labels: {topics: [{name: a, description: b}, {name: a, description: c}]}",
            "labels.topics: topic names must differ; found twice: a",
        ),
        (
            "labels: {topics: [{name: a, description: b}], stances: [oppose, support, neutral]}",
            "labels.stances: found [oppose, support, neutral], expected [support, oppose, neutral], in this order",
        ),
        (
            "labels: labels/newswir.yaml",
            "labels: labels/newswir.yaml: no such file; did you mean labels/newswire.yaml?",
        ),
    ],
)
def test_a_fault_says_what_was_found_and_expected(line: str, sentence: str, write: Write) -> None:
    assert faults(write(f"{MINIMAL}{line}\n")) == [f"mine.yaml:3: {sentence}"]


def test_a_language_that_yaml_reads_as_false_is_told_to_be_quoted(write: Write) -> None:
    (fault,) = faults(write(MINIMAL.replace("split: dev", "langs: [no]")))
    assert fault.startswith("mine.yaml:2: data.dev.0.langs.0: found False, expected a string in quotes")


def test_keys_that_stand_twice_are_faults_beside_the_others(write: Write) -> None:
    assert faults(write(f"{MINIMAL}training:\n  lr: 1e-5\n  lr: 2e-5\nsed: 1\nname: other\n")) == [
        "mine.yaml:5: training.lr: stands twice, in lines 4 and 5",
        "mine.yaml:7: name: stands twice, in lines 1 and 7",
        "mine.yaml:6: sed: unknown key; did you mean seed?",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: [", "mine.yaml:1: not YAML: expected the node content, but found '<stream end>'"),
        ("date: 2024-13-01", "mine.yaml: not YAML: month must be in 1..12"),
        ("- name", "mine.yaml: found ['name'], expected a mapping of keys to values"),
        ("", "mine.yaml: found None, expected a mapping of keys to values"),
        ("data: &a [*a]", "mine.yaml:1: data.0: holds itself, through an alias"),
        ("name: !!python/object:os.system x", "mine.yaml:1: not YAML: could not determine a constructor"),
    ],
)
def test_what_is_no_mapping_is_one_sentence(text: str, sentence: str, write: Write) -> None:
    (fault,) = faults(write(text))
    assert fault.startswith(sentence)


def test_a_missing_file_names_the_shipped_one_that_is_near(tmp_path: Path) -> None:
    assert faults("train/tny.yaml") == ["train/tny.yaml: no such file; did you mean train/tiny.yaml?"]
    assert "train/tiny.yaml" in faults("nothing.yaml")[0]
    assert "is a folder" in faults(tmp_path)[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="training: !!float x")
@example(text="training: !!int x")
@example(text="heads: !!binary é")
@example(text="? [a]\n: b")
@example(text="training: &a {lr: *a}")
@example(text="training=&a {lr: *a}")
@example(text="\x00")
@given(text=st.text("abx :-[]{}#&*!|>'\"\n0.1,?%@<", max_size=30))
def test_no_text_gives_anything_but_a_config_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(f"{MINIMAL}{text}", "utf-8")
    with suppress(ConfigError):
        load_config(path, [text])


def test_extends_merges_mappings_and_replaces_lists_along_a_chain(write: Write) -> None:
    write(f"{MINIMAL}training: {{lr: 1e-5, clip: 2.0}}\nseed: 1\n", "base.yaml")
    write("extends: base.yaml\nname: middle\ntraining: {lr: 2e-5, epochs: 7}\n", "middle.yaml")
    text = "extends: ../middle.yaml\ntraining: {epochs: 8}\ndata: {train: [{path: other.jsonl}]}\n"
    config = load_config(write(text, "deep/mine.yaml"))
    assert (config.name, config.seed) == ("middle", 1)
    assert (config.training.lr, config.training.clip, config.training.epochs) == (2e-5, 2.0, 8)
    assert [source.path for source in config.data.train] == ["other.jsonl"]
    assert [source.split for source in config.data.dev] == ["dev"]


def test_a_fault_is_named_in_the_file_where_it_stands(write: Write) -> None:
    write(f"# base\n{MINIMAL}training:\n  lr: fast\n  clip: hard\nheads: {{lr: slow}}\n", "base.yaml")
    assert faults(write("extends: base.yaml\ntraining: {lr: slow}\nheads: {lr: 1e-3}\n")) == [
        "mine.yaml:2: training.lr: found 'slow', expected a number",
        "base.yaml:6: training.clip: found 'hard', expected a number",
    ]


def test_a_shipped_file_can_be_extended_even_by_one_of_its_name(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write("extends: train/tiny.yaml\nname: mine\n", "train/tiny.yaml")
    write("topics: []\n", "labels/newswire.yaml")
    tiny = load_config(Path(__file__).parents[1] / "configs" / "train" / "tiny.yaml")
    assert load_config("train/tiny.yaml") == tiny.model_copy(update={"name": "mine"})


def test_a_circle_of_extends_is_a_fault(write: Write) -> None:
    write("extends: ../folder/b.yaml\n", "folder/a.yaml")
    path = write("extends: ../folder/a.yaml\n", "folder/b.yaml")
    assert "extends itself" in faults(path)[0]


def test_extends_of_what_is_not_there_is_named_with_its_line(write: Write) -> None:
    assert faults(write("name: x\nextends: train/tni.yaml\n")) == [
        "mine.yaml:2: extends: train/tni.yaml: no such file; did you mean train/tiny.yaml?"
    ]
    assert faults(write("extends: [a]\n")) == ["mine.yaml:1: extends: found ['a'], expected a file name"]


def test_overrides_win_over_the_file_and_reach_into_lists(write: Write) -> None:
    overrides = ["training.lr=3e-5", "seed=7", "data.train.0.limit=5", "data.dev[0].langs=[de, fr]", "encoder.prefix="]
    with pytest.raises(ConfigError, match=r"encoder\.prefix: found None, expected a string"):
        load_config(write(f"{MINIMAL}seed: 1\n"), overrides)
    config = load_config(write(f"{MINIMAL}seed: 1\n"), [*overrides[:-1], 'encoder.prefix=""'])
    assert (config.training.lr, config.seed, config.encoder.prefix) == (3e-5, 7, "")
    assert (config.data.train[0].limit, config.data.dev[0].langs) == (5, ("de", "fr"))


def test_an_override_of_an_aliased_list_changes_one_of_them(write: Write) -> None:
    text = "name: mine\ndata:\n  train: &all [{path: corpus}]\n  dev: *all\n"
    config = load_config(write(text), ["data.train.0.limit=5"])
    assert (config.data.train[0].limit, config.data.dev[0].limit) == (5, None)


def test_merge_keys_are_yaml(write: Write) -> None:
    config = load_config(
        write("name: mine\ndata:\n  train: [&c {path: corpus, limit: 3}]\n  dev: [{<<: *c, limit: 4}]\n")
    )
    assert (config.data.dev[0].path, config.data.dev[0].limit) == ("corpus", 4)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("training.lrr=1", "training.lrr: unknown key; did you mean lr?"),
        ("trainin.lr=1", "trainin: unknown key; did you mean training?"),
        ("training.lr=fast", "training.lr: found 'fast', expected a number"),
        ("data.train.3.limit=1", "data.train: found 3, expected the number of one of its 1 items, from 0"),
        ("name.first=1", "name: found 'mine', expected a mapping of keys to values"),
        ("training.lr", "expected KEY=VALUE, such as training.lr=3e-5"),
        ("training.lr=[", "the value is not YAML: expected the node content, but found '<stream end>'"),
    ],
)
def test_a_faulty_override_is_named_as_it_was_given(override: str, sentence: str, write: Write) -> None:
    assert faults(write(MINIMAL), override) == [f"--set {override}: {sentence}"]


@pytest.mark.parametrize("number", ["3e-5", "3.0e-5", "0.00003", "3E-5", "+3e-5"])
def test_numbers_are_read_as_people_write_them(number: str, write: Write) -> None:
    assert load_config(write(f"{MINIMAL}training: {{lr: {number}}}\n")).training.lr == 3e-5


def test_labels_are_a_path_beside_the_file_that_names_them(write: Write) -> None:
    write("topics: [{name: climate, description: the warming of the earth}]\n", "base/labels.yaml")
    write(f"{MINIMAL}labels: labels.yaml\n", "base/base.yaml")
    config = load_config(write("extends: base/base.yaml\n"))
    assert [topic.name for topic in config.labels.topics] == ["climate"]
    assert config.labels.stances == STANCES


def test_a_fault_of_a_label_file_is_named_there_beside_the_others(write: Write) -> None:
    labels = write("topics:\n  - name: climate\n    desciption: warming\n", "labels.yaml")
    assert faults(write(f"{MINIMAL}labels: labels.yaml\nseed: x\n")) == [
        "mine.yaml:4: seed: found 'x', expected a whole number",
        "labels.yaml:2: labels.topics.0.description: missing",
        "labels.yaml:3: labels.topics.0.desciption: unknown key; did you mean description?",
    ]
    with pytest.raises(
        ConfigError, match=r"labels\.yaml:3: topics\.0\.desciption: unknown key; did you mean description"
    ):
        load_labels(labels)


def test_paths_beside_the_file_become_absolute_and_others_stay(write: Write, tmp_path: Path) -> None:
    for name in ("news.jsonl", "corpus", "default", "encoder"):
        write("", name)
    data = "train: [{path: news.jsonl}, {path: other.jsonl}, {path: corpus}, {path: ./corpus}], dev: [{path: corpus}]"
    config = load_config(write(f"name: mine\ndata: {{{data}}}\nencoder: {{name: encoder}}\n"))
    paths = [source.path for source in config.data.train]
    assert paths == [str(tmp_path / "news.jsonl"), "other.jsonl", "corpus", str(tmp_path / "corpus")]
    assert config.encoder.name == str(tmp_path / "encoder")
    assert load_config(write(f"{MINIMAL}encoder: {{name: default}}\n")).encoder.name == "default"


def test_a_dump_from_elsewhere_loads_as_the_same(write: Write, tmp_path: Path) -> None:
    write("", "news.jsonl")
    text = "name: mine\ndata: {train: [{path: news.jsonl, langs: ['no', uk], weight: 0.1}], dev: [{path: corpus}]}\n"
    labels = "labels: {topics: [{name: клімат, description: зміна клімату, aliases: ['yes']}]}\n"
    config = load_config(write(text + labels), ["training.lr=1e-7", "encoder.prefix='query: '"])
    assert load_config(write(dump_config(config), "elsewhere/run.yaml")) == config


def test_the_schema_is_json_and_describes_every_key() -> None:
    schema = json.loads(json.dumps(config_schema()))
    models = [schema, *schema["$defs"].values()]
    assert "extends" in schema["properties"]
    assert set(schema["properties"]) - {"extends"} == set(RunConfig.model_fields)
    for model in models:
        assert model["additionalProperties"] is False
        for name, key in model["properties"].items():
            assert key.get("description") or "$ref" in key, name

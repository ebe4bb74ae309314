"""The house is as its documents say: packages, arrows between rooms, light imports, commands, examples."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from stancewire.cli import COMMANDS, cli

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS = {name: ROOT / path for name, path in PYPROJECT["tool"]["setuptools"]["package-dir"].items()}
ROOMS = ("training", "models", "evaluation", "inference", "data", "configs")
# What each room may import beside itself and the modules of stancewire (ARCHITECTURE.md).
ARROWS: dict[str, set[str]] = {
    "configs": set(),
    "data": set(),
    "models": set(),
    "inference": {"models"},
    "evaluation": set(),
    "training": {"models", "data", "inference", "evaluation"},
}
HEAVY = ("torch", "transformers", "datasets", "pandas", "sklearn")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def modules_of(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def test_pyproject_lists_every_folder_that_holds_python_files() -> None:
    # inference/quotes, which is mapped by itself, is reached from its parent by the same name.
    found = {
        ".".join((name, *file.parent.relative_to(folder).parts))
        for name, folder in FOLDERS.items()
        for file in folder.rglob("*.py")
    }
    assert sorted(PYPROJECT["tool"]["setuptools"]["packages"]) == sorted(found)
    for folder in {file.parent for name in FOLDERS for file in FOLDERS[name].rglob("*.py")}:
        assert (folder / "__init__.py").exists(), f"{folder} is no package without an __init__.py"


def test_every_folder_at_the_top_with_python_files_is_mapped_or_no_part_of_the_package() -> None:
    tops = {file.relative_to(ROOT).parts[0] for file in ROOT.glob("[a-z]*/*.py")}
    mapped = {folder.relative_to(ROOT).parts[0] for folder in FOLDERS.values()}
    assert tops - mapped <= {"tests", "benchmarks"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_architecture_allows(room: str) -> None:
    for file in modules_of(room):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            # `from stancewire import data` names the room only in its alias.
            names = [f"{node.module}.{a.name}" for a in node.names] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                head, _, rest = name.partition(".")
                part = rest.partition(".")[0]
                if head != "stancewire" or part == room:
                    continue
                assert part != "cli", f"{file}: imports the command line"
                assert part not in ROOMS or part in ARROWS[room], f"{file}: {room} may not import {part}"


@pytest.mark.parametrize(
    "code",
    [
        "import stancewire",
        "from stancewire.cli import cli; cli(['--help'], standalone_mode=False)",
        *(f"from stancewire.cli import cli; cli(['{name}', '--help'], standalone_mode=False)" for name in COMMANDS),
    ],
)
def test_asking_for_help_loads_nothing_heavy(code: str) -> None:
    out = run_python(f"{code}\nimport sys\nprint('loaded:', *sorted(set({HEAVY}) & set(sys.modules)))")
    assert out.splitlines()[-1].strip() == "loaded:"


def test_the_program_itself_tells_its_commands() -> None:
    done = subprocess.run([sys.executable, "-m", "stancewire", "--help"], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)


def test_no_room_is_imported_by_its_bare_name() -> None:
    modules = sorted(
        ".".join((name, *file.relative_to(folder).with_suffix("").parts))
        for name, folder in FOLDERS.items()
        for file in folder.rglob("*.py")
        if not file.name.startswith("__")
    )
    out = run_python(
        "import importlib, sys\n"
        f"for name in {sorted({*modules, *FOLDERS})}:\n"
        "    importlib.import_module(name)\n"
        f"print('bare:', *sorted(set({ROOMS}) & set(sys.modules)))"
    )
    assert out.splitlines()[-1].strip() == "bare:"


def test_the_makefile_has_every_target_that_a_document_names() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text("utf-8")
        named = set(re.findall(r"(?:^|`)make ([a-z]+)\b", text, re.M))
        assert named, f"{document} names no target"
        assert named <= targets
    assert {"demo", "test", "lint"} <= set(re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.M))


def test_the_readme_names_every_command_and_no_other() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"stancewire ([a-z][a-z0-9-]*)\b", re.sub(r"-m stancewire", "stancewire", text)))
    assert named & set(COMMANDS) == set(COMMANDS)
    in_table = set(re.findall(r"^\| `stancewire ([a-z0-9-]+)", text, re.M))
    assert in_table == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_its_use(command: str) -> None:
    module, attribute, _ = COMMANDS[command]
    assert hasattr(import_module(module), attribute)
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    "document", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_the_links_of_a_document_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
        assert ((ROOT / document).parent / link).exists(), f"{document}: {link}"


def test_the_examples_are_texts_that_their_readme_lists() -> None:
    files = {file.name for file in (ROOT / "examples").iterdir() if file.is_file()}
    texts = files - {"README.md", "analysis.ipynb"}
    assert all(name.endswith(".txt") for name in texts)
    listed = set(re.findall(r"^\| `([^`]+)`", (ROOT / "examples" / "README.md").read_text("utf-8"), re.M))
    assert listed == texts


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    machine = re.compile(rb"(?<![\w.:/-])(?:/(?:work|root|home|Users|mnt|scratch)/[\w.]|[A-Z]:\\Users)")
    files = [ROOT / name for name in listed.split("\0") if name]
    for file in files:
        # A file may be tracked and removed but for the commit; packed ones are bytes in which anything may stand.
        if file.is_file() and file.suffix not in {".xz", ".safetensors"}:
            found = machine.search(file.read_bytes())
            assert not found, f"{file.relative_to(ROOT)}: {found}"

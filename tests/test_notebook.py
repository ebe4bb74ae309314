"""The notebook runs from its first cell to its last, and shows what it was committed with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOK = json.loads((EXAMPLES / "analysis.ipynb").read_text("utf-8"))
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
AGAIN = (
    "run it again: pip install nbconvert ipykernel && PYTHONWARNINGS=ignore jupyter nbconvert --to notebook --inplace "
    "--execute --ExecutePreprocessor.record_timing=False examples/analysis.ipynb"
)

# What a kernel does with a cell: run it, and show its last expression.
RUN = """
import ast, json, sys
names = {}
shown = []
for source in json.load(sys.stdin):
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names)._repr_html_())
json.dump(shown, sys.stdout)
"""


def words(html: str) -> list[str]:
    """Return what an output says, without style and numbers, whose last digits differ from processor to processor."""
    text = re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\d+(\.\d+)?", "#", text).split()


def test_the_notebook_runs_and_its_outputs_are_those_of_its_cells() -> None:
    sources = json.dumps(["".join(cell["source"]) for cell in CELLS])
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=sources, capture_output=True, text=True, cwd=EXAMPLES, check=False
    )
    assert done.returncode == 0, done.stderr
    for cell, html in zip(CELLS, json.loads(done.stdout), strict=True):
        (output,) = cell["outputs"]
        assert words("".join(output["data"]["text/html"])) == words(html), AGAIN

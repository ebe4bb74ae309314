"""What the service says of itself is what it does."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx
import pytest
from pydantic import TypeAdapter

from stancewire.server.messages import LabelAnswer, QuotesAnswer


def asked(answer: dict[str, object]) -> dict[str, object]:
    """Leave out what only stands in an answer to those who ask for it."""
    return {name: value for name, value in answer.items() if name not in {"html", "abstained"}}


ANSWERS = {"/v1/label": TypeAdapter(LabelAnswer), "/v1/quotes": TypeAdapter(QuotesAnswer)}


def test_every_example_is_answered_in_the_form_that_is_told(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/", "/v1/label", "/v1/quotes", "/healthz", "/readyz", "/metrics"}
    for path, form in ANSWERS.items():
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        assert content["examples"]
        for example in content["examples"].values():
            response = client.post(path, json=example["value"])
            assert response.status_code == 200, response.text
            answer = form.validate_json(response.content)
            # The form has all that the answer has, and the other way round, but for what was not asked for.
            assert json.loads(form.dump_json(answer), object_hook=asked) == response.json()
            assert answer.results[0].quotes[0].text == "We will sign the treaty"


@pytest.mark.slow
def test_no_request_that_the_description_allows_or_forbids_is_a_server_error(client: httpx.Client) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    options = ["--checks", checks, "--mode", "all", "--max-examples", "50", "--seed", "1", "--no-color"]
    options += ["--request-timeout", "120"]  # also on a machine that has other things to do
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{client.base_url}/openapi.json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]

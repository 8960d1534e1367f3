"""The OpenAPI document tells all that is taken and given: schemathesis asks everything it can think of."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lipgate.handlers.http import schemas
from lipgate.handlers.http.problems import STATUS
from tests.handlers.conftest import VIDEO, Api, MakeApi
from tests.handlers.http.test_errors import FAULTS
from tests.handlers.server import Server

SEED = 7
EXAMPLES = 15


def test_every_route_is_described_with_its_errors(api: Api) -> None:
    document = api.client.get("/openapi.json").json()
    assert set(document["paths"]) == {"/health", "/score", "/uploads", "/jobs", "/jobs/{job_id}", "/usage"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path != "/health":
                    (kind, content), *others = answer["content"].items()
                    assert (kind, others) == ("application/problem+json", []), (method, path, status)
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                    for code, example in content["examples"].items():
                        assert (example["value"]["code"], example["value"]["status"]) == (code, int(status))
                        schemas.Problem.model_validate(example["value"])
    assert set(STATUS.values()) <= {400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503, 504}


def test_the_page_of_the_documentation_needs_no_internet(api: Api) -> None:
    page = api.client.get("/docs").text
    places = re.findall(r"""(?:src|href|url)(?:=|: )['"]([^'"]+)""", page)
    assert len(places) >= 4
    assert [place for place in places if not place.startswith("/")] == []
    assert {api.client.get(place).status_code for place in places} == {200}


def test_every_document_has_an_example_that_fits_it() -> None:
    for model in schemas.DOCUMENTS:
        schema = model.model_json_schema()
        examples = schema.get("examples") or [{name: one["examples"][0] for name, one in schema["properties"].items()}]
        for example in examples:
            model.model_validate(example)
            assert set(example) <= set(schema["properties"])


@pytest.mark.parametrize(("method", "path", "sent", "status", "code"), FAULTS.values(), ids=FAULTS)
def test_what_a_request_is_refused_with_is_written_down(
    method: str, path: str, sent: dict, status: int, code: str, api: Api
) -> None:
    paths = api.client.get("/openapi.json").json()["paths"]
    path = "/jobs/{job_id}" if path.startswith("/jobs/") else path.partition("?")[0]
    operation = paths.get(path, {}).get(method.lower())
    if operation:
        assert code in operation["responses"][str(status)]["content"]["application/problem+json"]["examples"]
    else:
        assert code in ("not_found", "method_not_allowed", "upload_refused")


@pytest.mark.parametrize("required", [False, True])
def test_the_document_says_whether_keys_are_required(required: bool, make_api: MakeApi) -> None:
    paths = make_api(require_api_keys=required).client.get("/openapi.json").json()["paths"]
    assert ({} in paths["/score"]["post"]["security"]) is not required
    assert paths["/health"]["get"]["security"] == []


def test_what_is_given_fits_the_document(api: Api) -> None:
    from lipgate.handlers.http.schemas import JobDocument, Problem, ReportDocument, UploadDocument, UsageDocument

    (api.folder / "a.mp4").write_bytes(VIDEO)
    ReportDocument.model_validate(api.client.post("/score", json={"video_path": "a.mp4"}).json())
    job = api.job(video_path="a.mp4")
    JobDocument.model_validate(job)
    JobDocument.model_validate(api.ended(job["id"]))
    UploadDocument.model_validate(api.client.post("/uploads", json={}).json())
    UsageDocument.model_validate(api.client.get("/usage").json())
    Problem.model_validate(api.client.get("/jobs/x").json())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, LIPGATE_MAX_QUEUE="1000", LIPGATE_PRELOAD_MODELS="0")
    (server.videos / "a.mp4").write_bytes(VIDEO)
    yield server
    server.kill()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_running_server_does_as_it_says(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    settings = ["--config-file", str(Path(__file__).parents[3] / "schemathesis.toml")]
    command = [sys.executable, "-m", "schemathesis.cli", *settings, "run", f"http://127.0.0.1:{server.port}/openapi.json"]
    # One worker: Python before 3.11.8 may raise SystemError when two threads parse code at once (python/cpython#106905).
    limits = ["--max-examples", str(EXAMPLES), "--seed", str(SEED), "--workers", "1"]
    options = ["--checks", "all", "--no-color"]
    done = subprocess.run([*command, *limits, *options], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None
    assert int(generated[1]) > 200
    assert not [line for line in server.lines() if line["level"] == "ERROR"], json.dumps(server.lines()[-1])

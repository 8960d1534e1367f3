"""A server without keys and the pages in this machine's browser, none of which may use it."""

from typing import Any

import pytest
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from lipgate.handlers.commands.serve import _guard
from lipgate.handlers.http.app import Extension, create_app
from lipgate.handlers.http.neighbours import Neighbours, neighbours
from tests.handlers.conftest import VIDEO, MakeApi

HERE = "127.0.0.1:5000"
FORM = {"files": {"file": VIDEO}}


def served(make_api: MakeApi, **settings: Any) -> TestClient:
    """The app as `serve` makes it."""
    api = make_api(**settings)
    return TestClient(create_app(api.services, _guard(api.services.settings)), base_url=f"http://{HERE}")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:5000", "127.0.0.1.evil.example", "192.168.0.7", "[::2]", "localhost.evil", "", "[", "a:b:c"],
)
@pytest.mark.parametrize("path", ["/usage", "/jobs/" + "0" * 32, "/health", "/docs"])
def test_a_strangers_name_is_not_answered(host: str, path: str, make_api: MakeApi) -> None:
    answer = served(make_api).get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "host_refused")
    assert answer.json()["request_id"]


@pytest.mark.parametrize("host", [HERE, "127.0.0.1", "localhost:5000", "LOCALHOST", "[::1]:5000", "127.1.2.3", "app.localhost"])
def test_this_machines_names_are(host: str, make_api: MakeApi) -> None:
    assert served(make_api).get("/usage", headers={"Host": host}).status_code == 200


def test_two_hosts_are_none(make_api: MakeApi) -> None:
    answer = served(make_api).get("/usage", headers=[("Host", HERE), ("Host", HERE)])
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8080"},
        {"Origin": f"https://{HERE}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_other_pages_neither_read_nor_post(headers: dict[str, str], make_api: MakeApi) -> None:
    client = served(make_api)
    for answer in (client.get("/usage", headers=headers), client.post("/score", headers=headers, **FORM)):
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_programs_and_its_own_page_do(headers: dict[str, str], make_api: MakeApi) -> None:
    assert served(make_api).post("/score", headers=headers, **FORM).status_code == 200


def test_a_page_that_is_let_in_is(make_api: MakeApi) -> None:
    client = served(make_api, cors_origins="https://shop.example")
    headers = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/score", headers=headers, **FORM)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    assert client.get("/usage", headers={"Origin": "https://shop.example.evil"}).status_code == 403


@pytest.mark.parametrize(
    "settings", [{"allowed_hosts": "a.example, lipgate.example"}, {"public_url": "https://lipgate.example/x"}]
)
def test_names_can_be_added(settings: dict[str, str], make_api: MakeApi) -> None:
    client = served(make_api, **settings)
    assert client.get("/usage", headers={"Host": "Lipgate.example"}).status_code == 200
    assert client.get("/usage", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(("host", "status"), [("lipgate", 200), ("10.0.0.5:5000", 200), ("evil.example", 403), ("", 403)])
def test_a_server_for_others_answers_to_what_nobody_outside_can_name(host: str, status: int, make_api: MakeApi) -> None:
    client = served(make_api, host="0.0.0.0")  # noqa: S104
    assert client.get("/usage", headers={"Host": host}).status_code == status
    assert client.get("/usage", headers={"Host": "lipgate", "Origin": "http://evil.example"}).status_code == 403


def test_where_keys_are_asked_for_names_do_not_matter(make_api: MakeApi) -> None:
    client = served(make_api, require_api_keys=True)
    assert client.get("/health", headers={"Host": "lipgate.example", "Origin": "https://x.example"}).status_code == 200


def test_the_guard_is_part_of_serve(make_api: MakeApi) -> None:
    settings = make_api().services.settings
    (middleware,) = _guard(settings).middleware
    assert (middleware.cls, middleware.kwargs) == (Neighbours, neighbours(settings, only_here=True))
    assert isinstance(middleware, Middleware)
    assert _guard(settings.model_copy(update={"require_api_keys": True})) == Extension()

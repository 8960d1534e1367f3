"""Only the station's own browser gets in."""

from typing import Any

import pytest

from lipgate.desktop.kiosk.guard import POLICY
from tests.desktop.kiosk.conftest import AUTHORITY, ORIGIN, MakeKiosk, RunningKiosk

PLACES = ["/", "/operator", "/static/index.html", "/api/station", "/api/operator/sessions", "/usage", "/openapi.json", "/docs"]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_shown_without_the_link(place: str, make_kiosk: MakeKiosk) -> None:
    assert make_kiosk(enter=False).client.get(place).status_code == 403


def test_the_health_check_needs_no_link(make_kiosk: MakeKiosk) -> None:
    assert make_kiosk(enter=False).client.get("/health").json()["status"] == "healthy"


def test_a_link_opens_the_station_once(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(enter=False)
    token = kiosk.doorkeeper.new_token()
    first = kiosk.client.get("/", params={"token": token}, follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(first.headers["set-cookie"].split("; "))
    assert kiosk.client.get("/api/station").status_code == 200
    kiosk.client.cookies.clear()
    assert kiosk.client.get("/", params={"token": token}).status_code == 403


def test_a_new_link_puts_out_the_browser_before(kiosk: RunningKiosk) -> None:
    before = dict(kiosk.client.cookies)
    kiosk.client.get("/", params={"token": kiosk.doorkeeper.new_token()}, follow_redirects=False)
    assert kiosk.client.get("/api/station").status_code == 200
    kiosk.client.cookies.clear()
    kiosk.client.cookies.update(before)
    assert kiosk.client.get("/api/station").status_code == 403


def test_a_link_that_was_replaced_is_void(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(enter=False)
    old, _ = kiosk.doorkeeper.new_token(), kiosk.doorkeeper.new_token()
    assert kiosk.client.get("/", params={"token": old}).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "\u00e9", "x" * 5000])
def test_a_wrong_token_opens_nothing(token: str, make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(enter=False)
    kiosk.doorkeeper.new_token()
    assert kiosk.client.get("/", params={"token": token}).status_code == 403
    assert kiosk.client.get("/api/station").status_code == 403


def test_asking_for_the_head_of_the_link_does_not_use_it_up(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(enter=False)
    token = kiosk.doorkeeper.new_token()
    assert kiosk.client.head("/", params={"token": token}).status_code == 403
    assert kiosk.client.get("/", params={"token": token}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("cookie", ["", "wrong", "\u00e9"])
def test_a_forged_cookie_opens_nothing(cookie: str, kiosk: RunningKiosk) -> None:
    kiosk.client.cookies.clear()
    headers = {"Cookie": f"lipgate_station={cookie}".encode()}
    assert kiosk.client.get("/api/station", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost:4711", "127.0.0.1", "127.0.0.1:4712", "evil.example", "127.0.0.1.evil.example:4711", "[::1]:4711", ""]
)
def test_another_host_name_is_refused(host: str, kiosk: RunningKiosk) -> None:
    for place in ("/health", "/api/station"):
        answer = kiosk.client.get(place, headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (403, "host_refused")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"https://{AUTHORITY}", "http://127.0.0.1:4712", f"{ORIGIN}.evil.example", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(origin: str, method: str, kiosk: RunningKiosk) -> None:
    answer = kiosk.client.request(method, "/api/sessions", headers={"Origin": origin}, json={"language": "es"})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_change_needs_the_origin(method: str, kiosk: RunningKiosk) -> None:
    del kiosk.client.headers["Origin"]
    answer = kiosk.client.request(method, "/api/sessions")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)])
def test_other_pages_may_not_make_this_browser_ask(site: str, status: int, kiosk: RunningKiosk) -> None:
    assert kiosk.client.get("/api/station", headers={"Sec-Fetch-Site": site}).status_code == status


@pytest.mark.parametrize("place", ["/", "/operator", "/api/station", "/api/sessions/none", "/nothing", "/health"])
def test_every_answer_keeps_other_code_out(place: str, kiosk: RunningKiosk) -> None:
    headers = kiosk.client.get(place).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "'unsafe" not in POLICY
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("place", ["/static/../app.py", "/static/..%2fapp.py", "/static//etc/passwd", "/static/%2e%2e/store.py"])
def test_only_the_pages_files_are_served(place: str, kiosk: RunningKiosk) -> None:
    assert kiosk.client.get(place).status_code == 404


@pytest.mark.parametrize("place", ["/docs", "/docs/oauth2-redirect", "/redoc"])
def test_no_page_needs_scripts_of_others(place: str, kiosk: RunningKiosk) -> None:
    assert kiosk.client.get(place).status_code == 404
    assert "/score" in kiosk.client.get("/openapi.json").json()["paths"]


def test_the_pages_files_are_read_only(kiosk: RunningKiosk) -> None:
    assert kiosk.client.get("/static/operator.html").headers["content-type"].startswith("text/html")
    assert kiosk.client.post("/static/operator.html").json()["code"] == "method_not_allowed"


def test_the_api_is_served_to_the_same_browser_only(kiosk: RunningKiosk) -> None:
    answer: Any = kiosk.client.get("/usage")
    assert answer.json()["videos"] == 0
    kiosk.client.cookies.clear()
    assert kiosk.client.get("/usage").status_code == 403

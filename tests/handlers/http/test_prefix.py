"""The API behind a proxy's path or in a stage of API Gateway: it sees its own paths, and its links lead back to it."""

from typing import Any

import pytest

from lipgate.handlers.http.prefix import stage_of
from tests.handlers.conftest import VIDEO, MakeApi


@pytest.mark.parametrize("kept", ["", "/lip"])
def test_links_lead_to_the_public_address_whether_or_not_the_proxy_keeps_its_path(kept: str, make_api: MakeApi) -> None:
    api = make_api(public_url="https://shop.example/lip/")
    (api.folder / "a.mp4").write_bytes(VIDEO)
    ticket = api.client.post(f"{kept}/uploads", json={}).json()
    assert ticket["url"] == "https://shop.example/lip/uploads/receive"
    made = api.client.post(f"{kept}/jobs", json={"video_path": "a.mp4"})
    assert made.headers["location"] == f"/lip/jobs/{made.json()['id']}"
    assert api.client.get(f"{kept}/jobs/{made.json()['id']}").status_code == 200
    # The largest body goes by the path, too.
    assert api.client.post(f"{kept}/score", content=VIDEO * 2000, headers={"Content-Type": "video/mp4"}).status_code == 200


def test_what_only_looks_like_the_prefix_is_none(make_api: MakeApi) -> None:
    api = make_api(public_url="https://shop.example/lip")
    assert api.client.get("/lipstick/health").status_code == 404
    assert api.client.get("/lip").status_code == 404


@pytest.mark.parametrize(
    ("context", "prefix"),
    [
        ({"stage": "$default", "http": {"path": "/health"}}, ""),
        ({"stage": "prod", "http": {"path": "/prod/health"}}, "/prod"),
        ({"stage": "prod", "http": {"path": "/health"}}, ""),
        ({"stage": "prod", "http": {"path": "/production"}}, ""),
        ({"stage": "prod", "path": "/prod/health"}, "/prod"),
        ({"stage": "prod", "path": "/health"}, ""),
        ({"stage": None, "path": None}, ""),
        ({}, ""),
    ],
)
def test_a_stage_counts_where_clients_see_it(context: dict[str, Any], prefix: str) -> None:
    assert stage_of({"aws.event": {"requestContext": context}}) == prefix

"""API keys: who may ask, how often, how much, and that nobody sees what is another's."""

import pytest

from lipgate.handlers.domain.keys import hash_secret, matches, new_key, split_key
from lipgate.handlers.domain.usage import end_of_period, period_of
from tests.handlers.conftest import VIDEO, Api, MakeApi

PROTECTED = [
    ("POST", "/score", {"files": {"file": VIDEO}}),
    ("POST", "/uploads", {"json": {}}),
    ("POST", "/jobs", {"json": {"video_path": "a.mp4"}}),
    ("GET", "/jobs/" + "0" * 32, {}),
    ("DELETE", "/jobs/" + "0" * 32, {}),
    ("GET", "/usage", {}),
]


def wrong_keys() -> list[dict[str, str]]:
    _, unknown = new_key("nobody", 1.0)
    return [
        {"Authorization": f"Bearer {unknown}"},
        {"X-API-Key": unknown},
        {"X-API-Key": ""},
        {"X-API-Key": "' OR 1=1 --"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dTpw"},
        {"Authorization": f"Bearer {unknown[:-1]}"},
    ]


@pytest.mark.parametrize(("method", "path", "sent"), PROTECTED)
def test_where_keys_are_required_nothing_goes_without(method: str, path: str, sent: dict, make_api: MakeApi) -> None:
    api = make_api(require_api_keys=True)
    for headers in [{}, *wrong_keys()]:
        answer = api.client.request(method, path, headers=headers, **sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), headers
        assert answer.headers["www-authenticate"] == "Bearer"
    assert api.client.request(method, path, headers=api.key(), **sent).status_code != 401
    assert api.client.get("/health").status_code == 200


@pytest.mark.parametrize("headers", wrong_keys())
def test_a_wrong_key_is_refused_also_where_none_is_required(headers: dict[str, str], api: Api) -> None:
    assert api.client.get("/usage", headers=headers).status_code == 401


def test_both_headers_are_understood(api: Api) -> None:
    key = api.key()["Authorization"].removeprefix("Bearer ")
    for headers in ({"Authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"X-API-Key": key}):
        assert api.client.get("/usage", headers=headers).status_code == 200


def test_two_keys_that_differ_are_none(api: Api) -> None:
    key = api.key()["Authorization"].removeprefix("Bearer ")
    for sent, status in ((f"Bearer {key}", 200), (f"Bearer {key[:-1]}", 401), ("Bearer ", 401), ("Basic dTpw", 401), ("", 200)):
        headers = {"X-API-Key": key, "Authorization": sent}
        assert api.client.get("/usage", headers=headers).status_code == status, headers


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
def test_a_header_that_comes_twice_counts_once_where_it_says_the_same(name: str, api: Api) -> None:
    """A proxy that looks at the first must not be passed by with a second."""
    key = api.key()["Authorization"].removeprefix("Bearer ")
    sent = {"X-API-Key": (key, key[:-1]), "Authorization": (f"Bearer {key}", f"Bearer {key[:-1]}")}[name]
    for values, status in ((sent[:1] * 2, 200), (sent, 401), (sent[::-1], 401)):
        answer = api.client.get("/usage", headers=[(name, value) for value in values])
        assert answer.status_code == status, values


def test_a_revoked_key_is_refused(api: Api) -> None:
    headers = api.key()
    assert api.client.get("/usage", headers=headers).status_code == 200
    api.services.keys.revoke(headers["Authorization"].split("_")[1], 2.0)
    assert api.client.get("/usage", headers=headers).status_code == 401


def test_jobs_and_uploads_of_another_key_are_not_there(api: Api) -> None:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    ann, ben = api.key(), api.key()
    job_id = api.job(ann, video_path="a.mp4")["id"]
    key = api.client.post("/uploads", json={}, headers=ann).json()["upload"]
    for headers in (ben, None):
        answers = [
            api.client.get(f"/jobs/{job_id}", headers=headers),
            api.client.delete(f"/jobs/{job_id}", headers=headers),
            api.client.post("/jobs", json={"upload": key}, headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
    assert api.client.get(f"/jobs/{job_id}", headers=ann).status_code == 200


def test_too_many_requests_a_minute_are_told_when_to_come_back(api: Api) -> None:
    headers = api.key(requests_per_minute=3)
    answers = [api.client.get("/usage", headers=headers) for _ in range(7)]
    # The minute may end in between, once.
    assert 1 <= [answer.status_code for answer in answers].count(429) <= 4
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert api.client.get("/usage", headers=api.key()).status_code == 200


def test_a_quota_counts_videos_and_not_requests(api: Api) -> None:
    headers = api.key(monthly_quota=2)
    for number in (0, 1, 0, 1):
        assert api.client.post("/score", files={"file": VIDEO + bytes([number])}, headers=headers).status_code == 200
    answer = api.client.post("/score", files={"file": VIDEO + b"2"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_exceeded")
    assert int(answer.headers["retry-after"]) >= 1
    assert api.client.post("/score", files={"file": VIDEO + b"\0"}, headers=headers).status_code == 200
    usage = api.client.get("/usage", headers=headers).json()
    assert (usage["videos"], usage["monthly_quota"], usage["remaining"]) == (2, 2, 0)
    (api.folder / "a.mp4").write_bytes(VIDEO + b"3")
    for more in ({}, {"Idempotency-Key": "1"}):
        refused = api.client.post("/jobs", json={"video_path": "a.mp4"}, headers={**headers, **more})
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert api.videos(headers) == 2


def test_usage_of_other_months_is_empty(api: Api) -> None:
    api.client.post("/score", files={"file": VIDEO})
    assert api.client.get("/usage", params={"period": "2001-01"}).json() == {
        "period": "2001-01",
        "videos": 0,
        "video_seconds": 0.0,
        "compute_seconds": 0.0,
        "monthly_quota": None,
        "remaining": None,
    }


def test_keys_are_random_and_only_their_hash_is_kept() -> None:
    (key, text), (_, other) = new_key("Ann", 1.0), new_key("Ann", 1.0)
    assert text != other
    parts = split_key(text)
    assert parts is not None
    assert parts[0] == key.id
    assert key.secret_hash == hash_secret(parts[1])
    assert matches(key, parts[1])
    assert not matches(key, parts[1] + "x")
    assert not matches(None, parts[1])


@pytest.mark.parametrize(
    ("at", "period", "end"),
    [
        (0.0, "1970-01", 31 * 86400.0),
        (1_704_067_199.0, "2023-12", 1_704_067_200.0),
        (1_704_067_200.0, "2024-01", 1_706_745_600.0),
    ],
)
def test_months_are_those_of_utc(at: float, period: str, end: float) -> None:
    assert (period_of(at), end_of_period(at)) == (period, end)

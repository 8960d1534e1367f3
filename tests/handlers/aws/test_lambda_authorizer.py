"""The light function before the one that scores."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lipgate.handlers.domain.keys import new_key
from tests.handlers.aws.cloud import Cloud

Handler = Callable[[Any, Any], dict[str, bool]]


@pytest.fixture
def handler(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """As it is made where keys are required."""
    from lipgate.handlers import settings
    from lipgate.handlers.adapters.aws import settings as aws_settings

    for name, value in {**cloud.environment(), "LIPGATE_REQUIRE_API_KEYS": "true"}.items():
        monkeypatch.setenv(name, value)
    settings.service_settings.cache_clear()
    aws_settings.aws_settings.cache_clear()
    module = importlib.import_module("lipgate.handlers.lambda_authorizer")
    made: Handler = importlib.reload(module).handler
    yield made
    settings.service_settings.cache_clear()
    aws_settings.aws_settings.cache_clear()


def passes(handler: Handler, **headers: str) -> bool:
    answer = handler({"version": "2.0", "routeKey": "POST /score", "headers": headers}, None)
    assert list(answer) == ["isAuthorized"]
    return answer["isAuthorized"]


def test_only_a_valid_key_passes(handler: Handler, cloud: Cloud) -> None:
    keys = cloud.services().keys
    key, text = new_key("ann", 1.0)
    _, unknown = new_key("nobody", 1.0)
    keys.add(key)
    assert passes(handler, authorization=f"Bearer {text}")
    assert passes(handler, **{"x-api-key": text})
    assert passes(handler, authorization=f"bearer {text}", **{"x-api-key": text})
    for wrong in (unknown, text[:-1], "", f"{text},{text}", f"{text},{unknown}"):
        assert not passes(handler, authorization=f"Bearer {wrong}"), wrong
        assert not passes(handler, **{"x-api-key": wrong}), wrong
    assert not passes(handler, authorization=f"Bearer {text}", **{"x-api-key": unknown})
    assert not passes(handler)
    keys.revoke(key.id, 2.0)
    assert not passes(handler, authorization=f"Bearer {text}")


@pytest.mark.parametrize("event", [None, [], {}, {"headers": None}, {"headers": {"authorization": 7}}, {"headers": "x"}], ids=str)
def test_what_is_no_request_does_not_pass(event: Any, handler: Handler) -> None:
    assert handler(event, None) == {"isAuthorized": False}


def test_where_no_keys_are_required_nobody_is_kept_out(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    from lipgate.handlers.settings import service_settings

    monkeypatch.setenv("LIPGATE_REQUIRE_API_KEYS", "false")
    service_settings.cache_clear()
    assert passes(handler)
    assert not passes(handler, authorization="Bearer nonsense")


def test_a_table_that_does_not_answer_is_the_next_ones_trouble(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers 503, which a client tries again."""
    from lipgate.handlers import lambda_authorizer
    from lipgate.handlers.domain.errors import UnavailableError

    def away(key_id: str) -> None:
        raise UnavailableError("storage_unavailable", "away")

    monkeypatch.setattr(lambda_authorizer._keys, "get", away)
    assert passes(handler, authorization=f"Bearer {new_key('ann', 1.0)[1]}")
    assert not passes(handler, authorization="Bearer nonsense")

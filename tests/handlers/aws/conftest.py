"""The AWS on this machine. Without its packages nothing here is collected but the test that says so."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.handlers.aws.cloud import Cloud

MISSING = [name for name in ("boto3", "moto", "flask", "mangum", "yaml", "fastapi", "httpx") if find_spec(name) is None]
collect_ignore_glob = ["test_[!p]*.py"] if MISSING else []


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    if MISSING:
        yield
        return
    from tests.handlers.aws.cloud import CREDENTIALS, ISOLATION

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**CREDENTIALS, **ISOLATION}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def aws_address(_environment: None) -> Iterator[str]:
    """Of moto's server."""
    from tests.handlers.aws.cloud import moto_server

    with moto_server() as address:
        yield address


@pytest.fixture
def cloud(aws_address: str) -> "Cloud":
    """An empty stack."""
    from tests.handlers.aws.cloud import make_cloud

    return make_cloud(aws_address)

"""Skips with a reason where the packages are not installed; `./lipgate install aws-test` brings them."""

import os
from collections.abc import Iterator

import pytest

for _package in ("boto3", "moto.server", "mangum", "yaml"):
    pytest.importorskip(_package, reason=f"{_package} is not installed: ./lipgate install aws-test")

from tests.aws.cloud import CREDENTIALS, ISOLATION, Cloud, make_cloud, moto_server  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**CREDENTIALS, **ISOLATION}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def aws_address(_environment: None) -> Iterator[str]:
    """Of moto's server."""
    with moto_server() as address:
        yield address


@pytest.fixture
def cloud(aws_address: str) -> Cloud:
    """An empty stack."""
    return make_cloud(aws_address)

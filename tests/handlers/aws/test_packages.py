"""Says why nothing else of this folder is tested, where it is not."""

import os

import pytest

from tests.handlers.aws.conftest import MISSING


def test_the_packages_of_the_aws_tests_are_installed() -> None:
    """Where AWS's own tools are named, as in .ci/run, these tests are meant to run: then missing packages are a failure."""
    if MISSING and "LIPGATE_AWS_TOOLS" not in os.environ:
        pytest.skip(f"not installed: {', '.join(MISSING)}. Run: ./lipgate install aws-test")
    assert not MISSING

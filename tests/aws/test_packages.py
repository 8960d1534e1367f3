"""Says why nothing else of this folder is tested, where it is not."""

import pytest

from tests.aws.conftest import MISSING


def test_the_packages_of_the_aws_tests_are_installed() -> None:
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}. Run: ./lipgate install aws-test")

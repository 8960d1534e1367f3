"""Clients of AWS, and what becomes of their errors: none of them reaches a client of ours as a 500."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lipgate.handlers.adapters.aws.settings import AwsSettings
from lipgate.handlers.domain.errors import UnavailableError

log = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0
"""A call inside a region answers within milliseconds; what takes longer is tried again rather than waited for."""

_THROTTLED = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "TooManyRequestsException",
    }
)


@dataclass(frozen=True)
class Clients:
    """One client of each service. Clients may be shared by threads."""

    dynamodb: Any
    s3: Any
    sqs: Any

    @classmethod
    def make(cls, settings: AwsSettings) -> "Clients":
        """Credentials and region come from where AWS puts them: environment, role, profile."""
        session = boto3.session.Session()
        common = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": settings.aws_attempts},
        }
        endpoint = settings.aws_endpoint_url
        # SigV4, since presigned forms need it in every region; a test endpoint on a bare address has no bucket host names.
        s3 = Config(**common, signature_version="s3v4", s3={"addressing_style": "path" if endpoint else "virtual"})
        return cls(
            dynamodb=session.client("dynamodb", config=Config(**common), endpoint_url=endpoint),
            s3=session.client("s3", config=s3, endpoint_url=endpoint),
            sqs=session.client("sqs", config=Config(**common), endpoint_url=endpoint),
        )


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn what a service answers, after the client's own retries, into `storage_unavailable` (503 with Retry-After).

    A missing permission or table is the operator's mistake and not the caller's: the same answer, and an error in the log.

    Args:
        service: its name, for the log.
    """
    try:
        yield
    except ClientError as error:
        code, status = error_code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = code in _THROTTLED or status >= 500
        log.log(logging.WARNING if passing else logging.ERROR, "aws refused", extra={"service": service, "code": code})
        raise UnavailableError("storage_unavailable", f"{service} cannot be used now. Try again.") from error
    except BotoCoreError as error:
        log.warning("aws not reached", extra={"service": service, "code": type(error).__name__})
        raise UnavailableError("storage_unavailable", f"{service} cannot be reached. Try again.") from error


def error_code(error: ClientError) -> str:
    """The word AWS has for it, such as `NoSuchKey`."""
    return str(error.response.get("Error", {}).get("Code", ""))

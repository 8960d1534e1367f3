"""The queue of jobs: SQS."""

import json
import time
from collections.abc import Callable
from typing import Any

from lipgate.handlers.adapters.aws.clients import translated

LONGEST_DELAY = 900
"""Seconds SQS holds a message back at most."""


class SqsQueue:
    """`lipgate.handlers.ports.JobQueue`. Messages are `{"kind": "job" or "webhook", "job_id": ID}`; S3 notifies it, too."""

    def __init__(self, sqs: Any, url: str, clock: Callable[[], float] = time.time) -> None:
        self._sqs = sqs
        self._url = url
        self._clock = clock

    def send(self, job_id: str, owner: str | None = None) -> None:
        # Of a standard queue the group makes a fair one: SQS holds an owner's messages back while many of them are worked on.
        self._send("job", job_id, 0.0, **({"MessageGroupId": owner} if owner else {}))

    def send_webhook(self, job_id: str, at: float) -> None:
        """A webhook is due at a time, in seconds since 1970; the message comes at that time, or earlier after 15 minutes."""
        self._send("webhook", job_id, at - self._clock())

    def postpone(self, receipt: str, seconds: float) -> None:
        """Have a message that is being worked on delivered again after so long, instead of after the queue's own time."""
        with translated("SQS"):
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=round(seconds))

    def _send(self, kind: str, job_id: str, delay: float, **more: str) -> None:
        with translated("SQS"):
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps({"kind": kind, "job_id": job_id}),
                DelaySeconds=round(min(LONGEST_DELAY, max(0.0, delay))),
                **more,
            )

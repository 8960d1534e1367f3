"""What the worker does with one message of the queue."""

import json
import logging
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from lipgate.handlers.adapters.aws.queue import SqsQueue
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.jobs.execution import Handled, run_job
from lipgate.handlers.jobs.orders import announce_upload
from lipgate.handlers.jobs.webhooks import deliver
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)

MARGIN_S = 15.0
"""Kept of an invocation's time to write down what came of a job."""

FIRST_WAIT_S, LONGEST_WAIT_S = 30, 900
"""Until a message comes again that could not be dealt with for want of a service; doubled with each time."""

BUSY_LEASES = 5
"""So many leases a message waits whose job another worker holds: with the queue's limit of deliveries, more than that worker
may run."""


class Messages:
    """Deals with messages of this project and with S3's notifications."""

    def __init__(self, services: Services) -> None:
        """Args: services: with the queue of `adapters.aws`."""
        self._services = services

    def handle(self, record: dict[str, Any], context: Any) -> bool:
        """Deal with one message.

        Args:
            record: of an SQS event.
            context: of the invocation.

        Returns:
            False where the message has to be delivered again.
        """
        try:
            return self._dispatch(record, context)
        except UnavailableError as error:
            log.warning("message comes again", extra={"code": error.code})
            self._postpone(record, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (_deliveries(record) - 1)))
        except Exception:
            # Whatever it is, the other messages of the batch are not to suffer, and the queue gives this one up in the end.
            log.exception("message failed")
        return False

    def _dispatch(self, record: dict[str, Any], context: Any) -> bool:
        body = _body(record)
        job_id = body.get("job_id")
        handlers: dict[Any, Callable[[], bool]] = {
            "job": lambda: self._job(str(job_id), record, context),
            "webhook": lambda: self._webhook(str(job_id)),
        }
        if isinstance(body.get("Records"), list):
            for event in body["Records"]:
                self._uploaded(event)
        elif isinstance(job_id, str) and isinstance(body.get("kind"), str) and body["kind"] in handlers:
            return handlers[body["kind"]]()
        elif body.get("Event") != "s3:TestEvent":
            log.error("message of an unknown kind is dropped")
        return True

    def _job(self, job_id: str, record: dict[str, Any], context: Any) -> bool:
        settings = self._services.settings
        left = context.get_remaining_time_in_millis() / 1000 - MARGIN_S
        if left <= 0:
            return False
        handled = run_job(
            self._services, job_id, f"lambda/{secrets.token_hex(8)}", timeout_s=min(settings.job_timeout_seconds, left)
        )
        if handled is Handled.BUSY:
            self._postpone(record, BUSY_LEASES * settings.lease_seconds)
        elif handled is Handled.RELEASED:
            self._postpone(record, FIRST_WAIT_S)
        elif handled is Handled.FINISHED:
            self._webhook(job_id)
        return handled in (Handled.FINISHED, Handled.SKIPPED)

    def _webhook(self, job_id: str) -> bool:
        # One that fails is due again later, and a message of its own was sent for that.
        deliver(self._services, job_id)
        return True

    def _uploaded(self, event: Any) -> None:
        """Queue the job that waits for an upload. Others come from what was put there for jobs that are queued already."""
        try:
            made = str(event["eventName"]).startswith("ObjectCreated:")
            # Notifications have names as in a query string.
            key = unquote_plus(event["s3"]["object"]["key"])
        except (KeyError, TypeError, AttributeError):
            log.error("notification that cannot be read is dropped")
            return
        if made:
            announce_upload(self._services, key)

    def _postpone(self, record: dict[str, Any], seconds: float) -> None:
        """Otherwise it would come again only after the time that the longest score may take."""
        queue = self._services.queue
        if isinstance(queue, SqsQueue) and isinstance(record.get("receiptHandle"), str):
            try:
                queue.postpone(record["receiptHandle"], seconds)
            except UnavailableError:
                log.warning("message comes again at the queue's own time")


def _body(record: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(record["body"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _deliveries(record: dict[str, Any]) -> int:
    try:
        return max(1, min(16, int(record["attributes"]["ApproximateReceiveCount"])))
    except (KeyError, TypeError, ValueError):
        return 1

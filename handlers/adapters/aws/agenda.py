"""What is still to be done, from the index `agenda`: jobs that wait, jobs nobody works on any more, webhooks."""

from collections.abc import Sequence
from typing import Any

from lipgate.handlers.adapters.aws.clients import translated
from lipgate.handlers.adapters.aws.items import expiry, typed
from lipgate.handlers.adapters.aws.queue import SqsQueue
from lipgate.handlers.adapters.aws.table import RefusedChange, Table
from lipgate.handlers.domain.uploads import Delivery

INDEX = "agenda"
"""Name of the index: hash key `agenda`, range key `agenda_at`, keys only."""

PENDING = "pending"
"""Name of the index: hash key `pending_of`, range key `expires_at`, keys only."""


class Agenda:
    """`lipgate.handlers.ports.Outbox`, and what the regular look at the table needs."""

    def __init__(self, table: Table, queue: SqsQueue) -> None:
        self._table = table
        self._queue = queue

    def queued(self, most: int) -> int:
        """How many jobs are queued, counted up to `most`. The index may be a moment behind."""
        return int(self._query("queued", None, most, Select="COUNT")["Count"])

    def pending(self, owner: str, now: float, most: int) -> int:
        """How many jobs of an owner have not ended, counted up to `most`. The index may be a moment behind."""
        with translated("DynamoDB"):
            answer = self._table.client.query(
                TableName=self._table.name,
                IndexName=PENDING,
                KeyConditionExpression="#owner = :owner AND #expires > :now",
                ExpressionAttributeNames={"#owner": "pending_of", "#expires": "expires_at"},
                ExpressionAttributeValues={":owner": typed(owner), ":now": typed(now)},
                Limit=most,
                Select="COUNT",
            )
        return int(answer["Count"])

    def forgotten(self, before: float, limit: int) -> Sequence[str]:
        """Ids of jobs that were queued before a time, or whose lease ended before it: a message about them may have been lost."""
        queued, running = self._ids("queued", before, limit), self._ids("running", before, limit)
        return [pk.partition("#")[2] for pk in (*queued, *running)]

    def take(self, job_id: str, lease_s: float, now: float) -> Delivery | None:
        try:
            item = self._table.update(
                _key(job_id), "SET #agenda_at = :until", "#agenda_at <= :now", {"until": now + lease_s, "now": now}
            )
        except RefusedChange:
            return None
        return Delivery(job_id, int(item["attempts"]), item["agenda_at"], item["created_at"])

    def due(self, now: float, limit: int) -> Sequence[str]:
        """Ids of jobs whose webhook is due, longest due first."""
        return [pk.partition("#")[2] for pk in self._ids("delivery", now, limit)]

    def retry(self, job_id: str, attempts: int, next_at: float) -> None:
        """Also wakes the worker then; a wait beyond the queue's longest delay ends with the regular look at the table."""
        change = "SET #attempts = :attempts, #agenda_at = :next"
        try:
            item = self._table.update(_key(job_id), change, "attribute_exists(pk)", {"attempts": attempts, "next": next_at})
        except RefusedChange:
            return
        self._queue.send_webhook(str(item["job_id"]), next_at)

    def remove(self, job_id: str) -> None:
        self._table.transact([self.no_delivery_action(job_id)])

    def delivery_action(self, job_id: str, now: float, expires_at: float) -> dict[str, Any]:
        """Action of a transaction: a webhook is due."""
        item = {"pk": _key(job_id), "job_id": job_id, "attempts": 0, "created_at": now}
        return self._table.putting({**item, "agenda": "delivery", "agenda_at": now, "ttl": expiry(expires_at)})

    def no_delivery_action(self, job_id: str) -> dict[str, Any]:
        """Action of a transaction: no webhook is to be sent any more."""
        return self._table.deleting(_key(job_id))

    def _ids(self, agenda: str, until: float, limit: int) -> list[str]:
        return [item["pk"]["S"] for item in self._query(agenda, until, limit)["Items"]]

    def _query(self, agenda: str, until: float | None, limit: int, **more: Any) -> dict[str, Any]:
        condition, values = "#agenda = :agenda", {":agenda": typed(agenda)}
        names = {"#agenda": "agenda"}
        if until is not None:
            condition += " AND #at <= :until"
            values[":until"] = typed(until)
            names["#at"] = "agenda_at"
        with translated("DynamoDB"):
            answer: dict[str, Any] = self._table.client.query(
                TableName=self._table.name,
                IndexName=INDEX,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                Limit=limit,
                **more,
            )
        return answer


def _key(job_id: str) -> str:
    return f"delivery#{job_id}"

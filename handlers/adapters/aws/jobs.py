"""Jobs in DynamoDB.

The table of what passes holds, by `pk`: `job#ID`, `idempotency#HASH` and `upload#KEY` (which job an Idempotency-Key and an
upload belong to), `delivery#ID` (a webhook), `result#FINGERPRINT`, `rate#KEY#MINUTE`. The index `agenda` lists what is still to
be done: by `agenda` (a job's state, or `delivery`) and `agenda_at`; what is done has neither and is not in it. The index
`pending` lists the jobs of each owner that have not ended, by `pending_of` and `expires_at`.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lipgate.handlers.adapters.aws.agenda import Agenda
from lipgate.handlers.adapters.aws.items import expiry
from lipgate.handlers.adapters.aws.job_items import job_item, job_key, job_of
from lipgate.handlers.adapters.aws.ledger import DynamoResults, result_key
from lipgate.handlers.adapters.aws.reports import Reports
from lipgate.handlers.adapters.aws.table import ATTEMPTS, RefusedChange, Table
from lipgate.handlers.domain.errors import ConflictError, UnavailableError, too_many_jobs
from lipgate.handlers.domain.jobs import Idempotency, Job, JobState, Outcome
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry

_HELD = "#state = :running AND #worker = :worker"


class DynamoJobs:
    """`lipgate.handlers.ports.JobStore`."""

    def __init__(
        self, table: Table, results: DynamoResults, reports: Reports, agenda: Agenda, clock: Callable[[], float] = time.time
    ) -> None:
        """Args: table: of what passes. clock: tells what has expired: DynamoDB removes such items only within days."""
        self._table = table
        self._results = results
        self._reports = reports
        self._agenda = agenda
        self._clock = clock

    def create(
        self, job: Job, idempotency: Idempotency | None, max_queued: int, max_pending: int | None = None
    ) -> tuple[Job, bool]:
        for _ in range(ATTEMPTS):
            first, stale = self._first(idempotency) if idempotency else (None, "")
            if first:
                return first, False
            if self._agenda.queued(max_queued) >= max_queued:
                raise UnavailableError("queue_full", "Too many jobs are waiting. Try again later.", retry_after=10)
            if max_pending is not None and self._agenda.pending(job.owner, self._clock(), max_pending) >= max_pending:
                raise too_many_jobs(max_pending)
            claims = [self._table.putting(job_item(job, idempotency), "attribute_not_exists(pk)")]
            if job.source.kind == "upload":
                claims.append(self._claiming(_upload_key(job.source.name), job, "attribute_not_exists(pk)"))
            if idempotency:
                free = "attribute_not_exists(pk) OR #job_id = :stale"
                kept = {"request_hash": idempotency.request_hash}
                claims.append(self._claiming(_idempotency_key(idempotency.key_hash), job, free, {"stale": stale}, kept))
            try:
                self._table.transact(claims)
                return job, True
            except RefusedChange as refused:
                if 0 in refused.failed:
                    return job, True  # nobody else has this id: it was entered, and the answer was lost
                if idempotency and len(claims) - 1 in refused.failed:
                    continue  # the same request came at the same time, and was first
                raise ConflictError("upload_taken", "There is a job for this upload already.") from refused
        raise UnavailableError("storage_unavailable", "The same request is being made too often. Try again.", retry_after=1)

    def first(self, idempotency: Idempotency) -> Job | None:
        return self._first(idempotency)[0]

    def get(self, job_id: str) -> Job | None:
        item = self._table.get(job_key(job_id))
        if item is None or item["expires_at"] <= self._clock():
            return None
        job = job_of(item)
        if job.state is not JobState.DONE:
            return job
        report = self._reports.read(item)
        return replace(job, outcome=Outcome(report)) if report is not None else None

    def of_upload(self, upload_key: str) -> Job | None:
        claim = self._table.get(_upload_key(upload_key))
        return self.get(claim["job_id"]) if claim else None

    def arrived(self, upload_key: str, now: float) -> str | None:
        claim = self._table.get(_upload_key(upload_key))
        if claim is None:
            return None
        change = "SET #state = :queued, #agenda = :queued, #agenda_at = :now, #updated_at = :now ADD #version :one"
        values = {"queued": "queued", "waiting": "waiting", "now": now, "one": 1}
        try:
            self._table.update(job_key(claim["job_id"]), change, "#state = :waiting", values)
        except RefusedChange:
            return None
        return str(claim["job_id"])

    def claim(self, job_id: str, worker: str, lease_s: float, now: float) -> Job | None:
        change = (
            "SET #state = :running, #worker = :worker, #lease_until = :until, #updated_at = :now, #claim = :claim, "
            "#agenda = :running, #agenda_at = :until ADD #attempts :one, #version :one"
        )
        free = "#state = :queued OR (#state = :running AND #lease_until <= :now)"
        # Tells our own change, whose answer was lost and which the client tried again, from that of somebody else.
        token = secrets.token_hex(8)
        values = {"queued": "queued", "running": "running", "worker": worker, "until": now + lease_s, "now": now, "one": 1}
        try:
            return job_of(self._table.update(job_key(job_id), change, free, {**values, "claim": token}))
        except RefusedChange as refused:
            return job_of(refused.old[0]) if refused.old[0].get("claim") == token else None

    def extend(self, job_id: str, worker: str, lease_s: float, now: float) -> bool:
        change = "SET #lease_until = :until, #agenda_at = :until ADD #version :one"
        return self._change_held(job_id, worker, change, {"until": now + lease_s, "one": 1})

    def release(self, job_id: str, worker: str, now: float, *, spent: bool = False) -> bool:
        change = (
            "SET #state = :queued, #agenda = :queued, #agenda_at = :now, #updated_at = :now "
            "REMOVE #worker, #lease_until ADD #attempts :less, #version :one"
        )
        return self._change_held(job_id, worker, change, {"queued": "queued", "now": now, "less": 0 if spent else -1, "one": 1})

    def complete(
        self,
        job_id: str,
        worker: str,
        outcome: Outcome,
        now: float,
        result: CachedResult | None = None,
        entry: LedgerEntry | None = None,
        fingerprint: str | None = None,
    ) -> bool:
        item = self._table.get(job_key(job_id))
        if item is None or item.get("state") != "running" or item.get("worker") != worker:
            return False
        kept = self._reports.keep(outcome.report) if outcome.failure is None else {}
        token = secrets.token_hex(8)
        actions = [self._ending(job_id, worker, outcome, now, fingerprint, {**kept, "claim": token})]
        if result:
            actions.append(self._results.result_action(result))
        if item.get("webhook_url"):
            actions.append(self._agenda.delivery_action(job_id, now, item["expires_at"]))
        entries = self._results.entry_actions(entry) if entry else []
        try:
            try:
                self._table.transact([*actions, *entries])
            except RefusedChange as refused:
                if 0 in refused.failed:
                    raise
                self._table.transact(actions)  # what was refused is the ledger entry: it is there already
        except RefusedChange as refused:
            if refused.old[0].get("claim") == token:
                return True
            self._reports.drop(kept)
            return False
        return True

    def delete(self, job_id: str) -> None:
        for _ in range(ATTEMPTS):
            item = self._table.get(job_key(job_id))
            if item is None:
                return
            mine, whose = "attribute_not_exists(pk) OR #job_id = :id", {"id": job_id}
            # The version makes it one with the reading: a job that ends in between would leave its result behind.
            actions = [self._table.deleting(job_key(job_id), "#version = :version", {"version": item["version"]})]
            if item["source_kind"] == "upload":
                actions.append(self._table.deleting(_upload_key(item["source_name"]), mine, whose))
            if "key_hash" in item:
                actions.append(self._table.deleting(_idempotency_key(item["key_hash"]), mine, whose))
            actions.append(self._agenda.no_delivery_action(job_id))
            result = self._table.get(result_key(item["fingerprint"])) if "fingerprint" in item else None
            if result:
                actions.append(self._table.deleting(result["pk"]))
            try:
                self._table.transact(actions)
            except RefusedChange:
                continue
            self._reports.drop(item)
            self._reports.drop(result or {})
            return
        raise UnavailableError("storage_unavailable", "The job is being changed too often. Try again.", retry_after=1)

    def _first(self, idempotency: Idempotency) -> tuple[Job | None, str]:
        """The job of an earlier request under this key; and, where that job is gone, its id."""
        claim = self._table.get(_idempotency_key(idempotency.key_hash))
        if claim is None:
            return None, ""
        job = self.get(claim["job_id"])
        if job and claim["request_hash"] != idempotency.request_hash:
            raise ConflictError("idempotency_conflict", "This Idempotency-Key was used for another request.")
        return job, claim["job_id"]

    def _claiming(
        self,
        pk: str,
        job: Job,
        condition: str,
        values: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        item = {"pk": pk, "job_id": job.id, "ttl": expiry(job.expires_at), **(more or {})}
        return self._table.putting(item, condition, values)

    def _change_held(self, job_id: str, worker: str, change: str, values: dict[str, Any]) -> bool:
        try:
            self._table.update(job_key(job_id), change, _HELD, {**values, "running": "running", "worker": worker})
        except RefusedChange:
            return False
        return True

    def _ending(
        self, job_id: str, worker: str, outcome: Outcome, now: float, fingerprint: str | None, kept: dict[str, Any]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {"state": str(outcome.state), "updated_at": now, **kept}
        if fingerprint:
            values["fingerprint"] = fingerprint
        if outcome.failure:
            values |= {"failure_code": outcome.failure.code, "failure_message": outcome.failure.message}
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        change += " REMOVE #worker, #lease_until, #pending_of, #agenda, #agenda_at ADD #version :one"
        return self._table.updating(job_key(job_id), change, _HELD, {**values, "running": "running", "worker": worker, "one": 1})


def _upload_key(key: str) -> str:
    return f"upload#{key}"


def _idempotency_key(key_hash: str) -> str:
    return f"idempotency#{key_hash}"

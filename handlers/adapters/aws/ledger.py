"""Results and the ledger in DynamoDB."""

from typing import Any

from lipgate.handlers.adapters.aws.items import expiry
from lipgate.handlers.adapters.aws.reports import Reports
from lipgate.handlers.adapters.aws.table import RefusedChange, Table
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry, Usage


class DynamoResults:
    """`lipgate.handlers.ports.Results` and `lipgate.handlers.ports.Ledger`.

    Beside each entry, the same transaction adds to a sum per key and month: a quota is checked by reading one item, and the sum
    is exact, as both are written or none.
    """

    def __init__(self, state: Table, ledger: Table, reports: Reports) -> None:
        self._state = state
        self._ledger = ledger
        self._reports = reports

    def cached(self, fingerprint: str, now: float) -> CachedResult | None:
        item = self._state.get(result_key(fingerprint))
        if item is None or item["expires_at"] <= now:
            return None
        report = self._reports.read(item)
        return CachedResult(fingerprint, report, item["expires_at"]) if report is not None else None

    def store(self, result: CachedResult, entry: LedgerEntry) -> bool:
        kept = self.result_action(result)
        try:
            self._state.transact([kept, *self.entry_actions(entry)])
        except RefusedChange:
            self._state.transact([kept])
            return False
        return True

    def usage(self, owner: str, period: str) -> Usage:
        item = self._ledger.get(_sum_key(owner, period)) or {}
        return Usage(int(item.get("videos", 0)), item.get("video_seconds", 0.0), item.get("compute_seconds", 0.0))

    def spend(self, owner: str, period: str, seconds: float) -> None:
        change = "ADD #compute_seconds :seconds SET #owner = :owner, #period = :period"
        values = {"seconds": seconds, "owner": owner, "period": period}
        # As a transaction, since what the client tries again counts once then.
        self._ledger.transact([self._ledger.updating(_sum_key(owner, period), change, None, values)])

    def result_action(self, result: CachedResult) -> dict[str, Any]:
        """Action of a transaction: keep a result."""
        values = {"pk": result_key(result.fingerprint), "expires_at": result.expires_at, "ttl": expiry(result.expires_at)}
        return self._state.putting({**values, **self._reports.keep(result.report)})

    def entry_actions(self, entry: LedgerEntry) -> list[dict[str, Any]]:
        """Actions of a transaction: write an entry that is not there yet, and add it to its sum."""
        values: dict[str, Any] = {
            "pk": f"entry#{entry.id}",
            "owner": entry.owner,
            "period": entry.period,
            "at": entry.at,
            "video_seconds": entry.video_seconds,
        }
        added = {"one": 1, "seconds": entry.video_seconds, "owner": entry.owner, "period": entry.period}
        change = "ADD #videos :one, #video_seconds :seconds SET #owner = :owner, #period = :period"
        total = self._ledger.updating(_sum_key(entry.owner, entry.period), change, None, added)
        return [self._ledger.putting(values, "attribute_not_exists(pk)"), total]


def result_key(fingerprint: str) -> str:
    """Key of a cached result."""
    return f"result#{fingerprint}"


def _sum_key(owner: str, period: str) -> str:
    return f"sum#{owner}#{period}"

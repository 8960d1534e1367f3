"""API keys and their rate limits in DynamoDB."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lipgate.handlers.adapters.aws.clients import translated
from lipgate.handlers.adapters.aws.items import expiry, unpack
from lipgate.handlers.adapters.aws.table import RefusedChange, Table
from lipgate.handlers.domain.keys import ApiKey


class DynamoKeys:
    """`lipgate.handlers.ports.KeyStore`. The functions may only read the table; `lipgate keys` writes it as the operator."""

    def __init__(self, keys: Table, state: Table) -> None:
        self._keys = keys
        self._state = state

    def add(self, key: ApiKey) -> None:
        values = asdict(key)
        self._keys.transact([self._keys.putting({"pk": values.pop("id"), **values}, "attribute_not_exists(pk)")])

    def get(self, key_id: str) -> ApiKey | None:
        item = self._keys.get(key_id)
        return _key(item) if item else None

    def all(self) -> Sequence[ApiKey]:
        with translated("DynamoDB"):
            pages = self._keys.client.get_paginator("scan").paginate(TableName=self._keys.name, ConsistentRead=True)
            found = [_key(unpack(item)) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda key: key.created_at)

    def revoke(self, key_id: str, now: float) -> bool:
        try:
            change = "SET #revoked_at = if_not_exists(#revoked_at, :now)"
            self._keys.update(key_id, change, "attribute_exists(pk)", {"now": now})
        except RefusedChange:
            return False
        return True

    def take(self, key_id: str, per_minute: int, now: float) -> float | None:
        minute = int(now // 60)
        ends = (minute + 1) * 60.0
        try:
            if per_minute > 0:
                allowed = "attribute_not_exists(#requests) OR #requests < :most"
                values = {"one": 1, "most": per_minute, "ttl": expiry(ends)}
                # An item for every minute: nothing has to be set back.
                self._state.update(f"rate#{key_id}#{minute}", "ADD #requests :one SET #ttl = :ttl", allowed, values)
                return None
        except RefusedChange:
            pass
        return ends - now


def _key(item: dict[str, Any]) -> ApiKey:
    return ApiKey(
        id=item["pk"],
        secret_hash=item["secret_hash"],
        name=item["name"],
        created_at=item["created_at"],
        webhook_secret=item["webhook_secret"],
        monthly_quota=_count(item, "monthly_quota"),
        requests_per_minute=_count(item, "requests_per_minute"),
        revoked_at=item.get("revoked_at"),
    )


def _count(item: dict[str, Any], name: str) -> int | None:
    return int(item[name]) if name in item else None

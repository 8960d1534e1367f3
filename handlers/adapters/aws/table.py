"""The few ways this project writes to DynamoDB: one conditional change, or several in one transaction."""

import random
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lipgate.handlers.adapters.aws.clients import error_code, translated
from lipgate.handlers.adapters.aws.items import Item, pack, typed, unpack
from lipgate.handlers.domain.errors import UnavailableError

ATTEMPTS = 8
"""At a change that other changes of the same item get in the way of. The client itself does not try those again."""

PAUSE_SECONDS = 0.05
"""Mean wait before the second attempt; doubled for each one after."""

_CONFLICTS = ("TransactionConflictException", "TransactionConflict", "TransactionInProgressException")
_NAME = re.compile(r"#(\w+)")
_PASSING = (*_CONFLICTS, "ThrottlingError", "ProvisionedThroughputExceeded")


class RefusedChange(Exception):  # noqa: N818 - an answer, not an error
    """A condition did not hold. Nothing was changed."""

    def __init__(self, failed: Sequence[int], old: Sequence[dict[str, Any]]) -> None:
        """Args: failed: numbers of the actions whose condition did not hold. old: their items as they are."""
        super().__init__(f"conditions of actions {list(failed)} did not hold")
        self.failed = failed
        self.old = old


class Table:
    """One table whose items have the key `pk`.

    In texts of changes and conditions `#name` is the attribute `name` (DynamoDB reserves hundreds of words, `state` and `owner`
    among them), `:name` a value.
    """

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, pk: str) -> dict[str, Any] | None:
        """An item as the last change left it."""
        with translated("DynamoDB"):
            answer = self.client.get_item(TableName=self.name, Key=key(pk), ConsistentRead=True)
        return unpack(answer["Item"]) if "Item" in answer else None

    def update(self, pk: str, expression: str, condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """One conditional change.

        Returns:
            The item after it.

        Raises:
            RefusedChange: the condition did not hold.
        """
        action = self.updating(pk, expression, condition, values)["Update"]
        action["ReturnValues"] = "ALL_NEW"
        for attempt in range(ATTEMPTS):
            with translated("DynamoDB"):
                try:
                    return unpack(self.client.update_item(**action).get("Attributes", {}))
                except ClientError as error:
                    code = error_code(error)
                    if code == "ConditionalCheckFailedException":
                        raise RefusedChange([0], [unpack(error.response.get("Item", {}))]) from error
                    if code not in _CONFLICTS:
                        raise
            _pause(attempt)
        raise _busy()

    def putting(
        self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """An action of a transaction: write a whole item."""
        return {"Put": {"TableName": self.name, "Item": pack(item), **_condition(condition, values)}}

    def updating(self, pk: str, expression: str, condition: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
        """An action of a transaction: change an item."""
        action = {"TableName": self.name, "Key": key(pk), "UpdateExpression": expression}
        return {"Update": {**action, **_condition(condition, values, expression)}}

    def deleting(self, pk: str, condition: str | None = None, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An action of a transaction: remove an item."""
        return {"Delete": {"TableName": self.name, "Key": key(pk), **_condition(condition, values)}}

    def transact(self, actions: Sequence[dict]) -> None:
        """Do all of it or nothing, once: the client gives every call a token, so that its own retries count as one.

        Raises:
            RefusedChange: a condition did not hold.
        """
        for attempt in range(ATTEMPTS):
            with translated("DynamoDB"):
                try:
                    self.client.transact_write_items(TransactItems=list(actions))
                    return
                except ClientError as error:
                    reasons = error.response.get("CancellationReasons", [])
                    codes = [reason.get("Code") for reason in reasons]
                    failed = [number for number, code in enumerate(codes) if code == "ConditionalCheckFailed"]
                    if failed:
                        raise RefusedChange(failed, [unpack(reasons[number].get("Item", {})) for number in failed]) from error
                    if error_code(error) not in _CONFLICTS and not any(code in _PASSING for code in codes):
                        raise
            _pause(attempt)
        raise _busy()


def key(pk: str) -> Item:
    """The key of an item."""
    return {"pk": typed(pk)}


def _condition(condition: str | None, values: Mapping[str, Any] | None, change: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if condition:
        fields = {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    names = set(_NAME.findall(f"{condition} {change}"))
    if names:
        fields["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    if values:
        fields["ExpressionAttributeValues"] = {f":{name}": typed(value) for name, value in values.items()}
    return fields


def _pause(attempt: int) -> None:
    threading.Event().wait(random.uniform(0, 2 * PAUSE_SECONDS * 2**attempt))  # noqa: S311 - spreads retries, keeps no secret


def _busy() -> UnavailableError:
    return UnavailableError("storage_unavailable", "The same record is being changed too often. Try again.", retry_after=1)

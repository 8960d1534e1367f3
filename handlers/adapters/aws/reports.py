"""Reports: small ones inside their DynamoDB item, large ones in S3."""

import contextlib
import logging
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from lipgate.handlers.adapters.aws.clients import error_code, translated
from lipgate.handlers.adapters.aws.items import expand, squeeze
from lipgate.handlers.domain.errors import UnavailableError

PREFIX = "reports"
"""First part of the keys; the bucket removes what is under it some time after jobs expire."""

INLINE_BYTES = 16 * 1024
"""Largest compressed report kept in an item, which may have 400 KB and is paid by the KB."""

log = logging.getLogger(__name__)


class Reports:
    """Keeps JSON documents next to an item."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def keep(self, document: Any) -> dict[str, Any]:
        """Attributes to put into the item. A large document is in S3 afterwards, under a name of its own."""
        content = squeeze(document)
        if len(content) <= INLINE_BYTES:
            return {"report": content}
        name = f"{PREFIX}/{secrets.token_hex(16)}.json.gz"
        with translated("S3"):
            self._s3.put_object(Bucket=self._bucket, Key=name, Body=content, ContentType="application/gzip")
        return {"report_at": name}

    def read(self, item: Mapping[str, Any]) -> Any:
        """The document of an item; None where it has expired.

        Raises:
            UnavailableError: storage_unavailable.
        """
        if "report" in item:
            return expand(item["report"])
        with translated("S3"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=item["report_at"])
                return expand(answer["Body"].read())
            except ClientError as error:
                if error_code(error) in ("NoSuchKey", "404"):
                    return None
                raise

    def drop(self, item: Mapping[str, Any]) -> None:
        """Remove what is outside of the item. Where that fails it expires: nothing names it any more."""
        if "report_at" not in item:
            return
        with contextlib.suppress(UnavailableError), translated("S3"):
            self._s3.delete_object(Bucket=self._bucket, Key=item["report_at"])

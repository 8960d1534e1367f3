"""Uploads in S3."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError, ReadTimeoutError, ResponseStreamingError

from lipgate.handlers.adapters.aws.clients import error_code, translated
from lipgate.handlers.domain.errors import NotFoundError, TooLargeError, UnavailableError
from lipgate.handlers.domain.uploads import PREFIX, UploadTicket, owner_of

_PIECE = 1 << 20
_GONE = ("NoSuchKey", "404", "NotFound")
_READ_ATTEMPTS = 3

log = logging.getLogger(__name__)


class S3Objects:
    """`lipgate.handlers.ports.ObjectStore`. A rule of the bucket removes what is older than a day."""

    def __init__(self, s3: Any, bucket: str, scratch: Path | None = None) -> None:
        """Args: scratch: folder for downloads; the system's by default."""
        self._s3 = s3
        self._bucket = bucket
        self._scratch = scratch

    def presign(self, key: str, content_type: str, max_bytes: int, expires_s: int, now: float) -> UploadTicket:
        with translated("S3"):
            form = self._s3.generate_presigned_post(
                self._bucket,
                _checked(key),
                Fields={"Content-Type": content_type},
                # A field is allowed only where a condition names it, so that S3 refuses any other key, type or size.
                Conditions=[["content-length-range", 1, max_bytes], {"Content-Type": content_type}],
                ExpiresIn=expires_s,
            )
        return UploadTicket(form["url"], form["fields"], now + expires_s)

    def put_file(self, path: Path, key: str) -> None:
        with translated("S3"):
            try:
                # Without threads: several of these may run at a time, on few cores.
                self._s3.upload_file(str(path), self._bucket, _checked(key), Config=TransferConfig(use_threads=False))
            except S3UploadFailedError as error:
                raise UnavailableError("storage_unavailable", "S3 cannot be used now. Try again.") from error

    def size(self, key: str) -> int | None:
        with translated("S3"):
            try:
                return int(self._s3.head_object(Bucket=self._bucket, Key=_checked(key))["ContentLength"])
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                raise

    def stored(self, owner: str) -> tuple[int, int]:
        with translated("S3"):
            answer = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{PREFIX}/{owner}/")
        sizes = [int(item["Size"]) for item in answer.get("Contents", [])]
        return len(sizes), sum(sizes)

    @contextmanager
    def local_copy(self, key: str, max_bytes: int) -> Iterator[Path]:
        _checked(key)
        # Removed at the end also where the score fails; `scratch` tells what becomes of it where a worker is killed.
        with tempfile.TemporaryDirectory(prefix="lipgate-", dir=self._scratch, ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "video"
            for attempt in range(1, _READ_ATTEMPTS + 1):
                try:
                    self._download(key, path, max_bytes)
                    break
                except (ReadTimeoutError, ResponseStreamingError) as error:
                    log.warning("download broke off", extra={"attempt": attempt})
                    if attempt == _READ_ATTEMPTS:
                        raise UnavailableError("storage_unavailable", "The upload could not be read. Try again.") from error
            yield path

    def delete(self, key: str) -> None:
        with translated("S3"):
            self._s3.delete_object(Bucket=self._bucket, Key=_checked(key))

    def _download(self, key: str, path: Path, max_bytes: int) -> None:
        with translated("S3"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in _GONE:
                    raise NotFoundError("upload_not_found", "The upload is not there; it may have expired.") from error
                raise
        _check_size(answer["ContentLength"], max_bytes)
        written = 0
        with answer["Body"] as body, path.open("wb") as file:
            # Counted as well: what a header promises is not what comes.
            while piece := body.read(_PIECE):
                written += len(piece)
                _check_size(written, max_bytes)
                file.write(piece)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError("body_too_large", f"The upload is larger than the {max_bytes} bytes that are taken.")


def _checked(key: str) -> str:
    if owner_of(key) is None:
        raise NotFoundError("upload_not_found", "That is not the key of an upload.")
    return key

"""Uploads in a folder, and tickets for them signed like a presigned POST."""

import hashlib
import hmac
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lipgate.handlers.domain.errors import NotFoundError, RefusedError, TooLargeError, UnavailableError
from lipgate.handlers.domain.uploads import PREFIX, RECEIVER, UploadTicket, owner_of

PART = ".part"
"""End of the names of files that are being copied here."""


class FolderObjects:
    """`lipgate.handlers.ports.ObjectStore`."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: of the uploads; made on first use, with the secret that tickets are signed with."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._secret = _secret(folder / ".ticket-secret")

    def presign(self, key: str, content_type: str, max_bytes: int, expires_s: int, now: float) -> UploadTicket:
        expires = int(now) + expires_s
        fields = {"key": key, "Content-Type": content_type, "max_bytes": str(max_bytes), "expires": str(expires)}
        return UploadTicket(RECEIVER, {**fields, "signature": self._sign(fields)}, float(expires))

    def check(self, fields: Mapping[str, str], now: float) -> tuple[str, int]:
        """Key and largest size of a ticket that a client presents.

        Raises:
            RefusedError: upload_refused.
        """
        signed = {name: fields.get(name, "") for name in ("key", "Content-Type", "max_bytes", "expires")}
        if not hmac.compare_digest(self._sign(signed).encode(), fields.get("signature", "").encode("utf-8", "replace")):
            raise RefusedError("upload_refused", "The fields of the upload are not those of a ticket of POST /uploads.")
        if now > int(signed["expires"]):
            raise RefusedError("upload_refused", "The ticket of this upload has expired.")
        if self.size(signed["key"]) is not None:
            raise RefusedError("upload_refused", "The ticket of this upload has been used.")
        return signed["key"], int(signed["max_bytes"])

    def put_file(self, path: Path, key: str) -> None:
        target = self._path(key)
        with _translated():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                path.replace(target)
            except OSError:  # another file system
                part = target.with_suffix(PART)
                try:
                    shutil.copyfile(path, part)
                    part.replace(target)
                finally:
                    part.unlink(missing_ok=True)

    def size(self, key: str) -> int | None:
        with _translated():
            try:
                return self._path(key).stat().st_size
            except FileNotFoundError:
                return None

    def stored(self, owner: str) -> tuple[int, int]:
        sizes = []
        with _translated(), suppress(FileNotFoundError), os.scandir(self._folder / PREFIX / owner) as files:
            for file in files:
                with suppress(FileNotFoundError):  # its job has just ended
                    sizes.append(file.stat().st_size)
        return len(sizes), sum(sizes)

    @contextmanager
    def local_copy(self, key: str, max_bytes: int) -> Iterator[Path]:
        size = self.size(key)
        if size is None:
            raise NotFoundError("upload_not_found", "The upload is not there; it may have expired.")
        if size > max_bytes:
            raise TooLargeError("body_too_large", f"The upload has {size} bytes; at most {max_bytes} are taken.")
        yield self._path(key)

    def delete(self, key: str) -> None:
        # The owner's folder stays: another upload of theirs may be on its way into it.
        with _translated():
            self._path(key).unlink(missing_ok=True)

    def older_than(self, at: float) -> list[str]:
        """Keys of the uploads that came before a time. What was stored by half before it goes; other files are left alone."""
        keys = []
        for path in self._folder.glob("uploads/*/*"):
            with suppress(OSError):
                if path.stat().st_mtime >= at or not path.is_file():
                    continue
                key = path.relative_to(self._folder).as_posix()
                if owner_of(key):
                    keys.append(key)
                elif path.suffix == PART:
                    path.unlink()
        return keys

    def _path(self, key: str) -> Path:
        if owner_of(key) is None:
            raise NotFoundError("upload_not_found", "That is not the key of an upload.")
        return self._folder / key

    def _sign(self, fields: Mapping[str, str]) -> str:
        text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError("storage_unavailable", f"The folder of uploads cannot be used: {error.strerror}.") from error


def _secret(path: Path) -> bytes:
    """The secret in a file, made by whoever comes first."""
    with suppress(FileExistsError):
        part = path.with_name(f"{path.name}-{os.getpid()}-{os.urandom(4).hex()}")
        part.touch(mode=0o600)
        part.write_bytes(os.urandom(32))
        try:
            # A link comes to be whole or not at all, and never over another.
            os.link(part, path)
        finally:
            part.unlink()
    return path.read_bytes()

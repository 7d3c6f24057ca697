"""S3-compatible storage as a place, through boto3, which is imported only here and only when such a place is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pos.config import Config
from pos.errors import BadSettings
from pos.places.base import PIECE_BYTES, Listed, PlaceError

#: S3 takes at most so many names in one request to delete.
REMOVE_MAX = 1000
_NOT_THERE = ("404", "NoSuchKey", "NotFound")
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403", "401")


class Bucket:
    """`s3://bucket/folder`; where the storage is and its keys stand in settings of their own."""

    kind = "s3"

    def __init__(self, config: Config, word: str) -> None:
        try:
            import boto3
            from botocore.config import Config as Options
        except ImportError:
            raise BadSettings(
                f"[backup] places names {word}, which needs the library boto3: .venv/bin/pip install boto3"
            ) from None
        self.word = word
        parts = urlsplit(word)
        self._bucket, self._folder = parts.netloc, parts.path.strip("/")
        if not self._bucket:
            raise BadSettings(f"[backup] places names {word}; write it like s3://bucket/folder.")
        self._endpoint = config.backup.s3_endpoint
        seconds = config.backup.timeout_seconds
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=self._endpoint or None,
            region_name=config.backup.s3_region or "us-east-1",
            aws_access_key_id=config.backup.s3_key or None,
            aws_secret_access_key=config.backup.s3_secret or None,
            config=Options(
                connect_timeout=min(seconds, 10),
                read_timeout=seconds,
                retries={"total_max_attempts": 2},
                # many compatible storages know none of the newer checksums; ours are in the files themselves
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def near(self) -> bool:
        """On this very machine: what takes one takes both."""
        return (urlsplit(self._endpoint).hostname or "") in ("localhost", "127.0.0.1", "::1")

    def put_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """One object each; one that is there with other bytes is left alone."""
        for path, body in files:
            there = self._size(path)
            if there is not None:
                if there != len(body) or self.read(path, len(body)) != body:
                    raise PlaceError(
                        f"{self.word} holds another {path}; it is left alone. Another till with the same id may copy "
                        "there.",
                        code="other",
                    )
                continue
            with self._words():
                self._client.put_object(Bucket=self._bucket, Key=self._key(path), Body=body)

    def _size(self, path: str) -> int | None:
        with self._words() as words:
            found = self._client.head_object(Bucket=self._bucket, Key=self._key(path))
            return int(found["ContentLength"])
        if words.missing:
            return None
        raise AssertionError("either there or not")

    def put(self, path: str, file: Path) -> None:
        with self._words():
            self._client.upload_file(str(file), self._bucket, self._key(path))

    def listed(self, folder: str) -> Iterator[Listed]:
        start = f"{self._key(folder)}/"
        token: dict[str, str] = {}
        while True:
            with self._words():
                found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=start, **token)
            for one in found.get("Contents", ()):
                yield Listed(f"{folder}/{one['Key'].removeprefix(start)}", int(one["Size"]))
            if not found.get("IsTruncated"):
                return
            token = {"ContinuationToken": found["NextContinuationToken"]}

    def read(self, path: str, most: int) -> bytes | None:
        with self._words() as words:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(path))
            body: bytes = found["Body"].read(most + 1)
            if len(body) > most:
                raise PlaceError(f"{path} at {self.word} is larger than {most} bytes; it is left alone.")
            return body
        if words.missing:
            return None
        raise AssertionError("either there or not")

    def fetch(self, path: str, file: Path) -> None:
        with self._words() as words, file.open("wb") as out:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(path))
            for piece in found["Body"].iter_chunks(PIECE_BYTES):
                out.write(piece)
        if words.missing:
            raise PlaceError(f"{path} is not at {self.word}.")

    def remove(self, paths: Iterable[str]) -> None:
        keys = [{"Key": self._key(path)} for path in paths]
        for start in range(0, len(keys), REMOVE_MAX):
            with self._words():
                some = {"Objects": keys[start : start + REMOVE_MAX], "Quiet": True}
                failed = self._client.delete_objects(Bucket=self._bucket, Delete=some).get("Errors", [])
            if failed:
                raise PlaceError(f"{self.word} did not delete {failed[0].get('Key')}: {failed[0].get('Message')}.")

    def close(self) -> None:
        self._client.close()

    def _key(self, path: str) -> str:
        return f"{self._folder}/{path}" if self._folder else path

    def _words(self) -> _Words:
        return _Words(self.word)


class _Words:
    """An error of the library becomes a sentence about the place; `missing` when the object is not there."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.missing = False

    def __enter__(self) -> _Words:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            told = error.response.get("Error", {})
            code = str(told.get("Code", ""))
            if code in _NOT_THERE:
                self.missing = True
                return True
            if code in _REFUSED:
                raise PlaceError(
                    f"{self.word} refuses our key ({code}). Check [backup] s3_key and s3_secret.", code="not_allowed"
                ) from error
            raise PlaceError(f"{self.word} answered {code}: {told.get('Message', '')}") from error
        if isinstance(error, BotoCoreError | OSError):
            words = str(error).split("\n")[0]
            raise PlaceError(f"{self.word} does not answer: {words}", code="away", away=True) from error
        if isinstance(error, S3UploadFailedError):
            raise PlaceError(f"{self.word} did not take the snapshot: {error}") from error
        return False

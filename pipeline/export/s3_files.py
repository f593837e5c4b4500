"""s3fs as `datasets` needs it."""

from typing import Any

from s3fs import S3FileSystem


class S3Files(S3FileSystem):
    """S3 for fsspec.

    `datasets` opens shards with blocks of size 0, its word for a plain stream. s3fs knows no such option and hands it
    on to its session, which refuses it.
    """

    def __init__(self, *arguments: Any, block_size: int | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)

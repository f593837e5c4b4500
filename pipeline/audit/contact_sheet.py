"""The contact sheet of a finished data set."""

import io
from collections.abc import Sequence
from itertools import islice

from PIL import Image

from pipeline.audit.pictures import pair_picture, stacked
from pipeline.dataset.reader import read_pictures, shard_rows
from pipeline.storage.store import Store
from schemas.config import ImageConfig
from schemas.dataset import CommitRecord

CONTACT_SHEET = "report/contact-sheet.png"
"""Name of the contact sheet in the data set."""


def write_contact_sheet(store: Store, done: Sequence[CommitRecord], image: ImageConfig, pairs: int = 8) -> bool:
    """Draw and store the first accepted pair of each origin, for the first sources of the data set.

    Args:
        store: the data set's store.
        done: the commit records of the shards.
        image: the format of the stored pictures.
        pairs: most pairs on the sheet.

    Returns:
        False if no pair was accepted; then nothing is stored.
    """
    pictures: list[Image.Image] = []
    for commit in done:
        rows = [row for row in shard_rows(store, commit) if row.status == "accepted"]
        first = {(row.source_sha256, row.origin): row for row in reversed(rows)}
        shown = islice(first.values(), pairs - len(pictures))
        pictures += [pair_picture(row, *read_pictures(store, row, image.format)) for row in shown]
        if len(pictures) >= pairs:
            break
    if not pictures:
        return False
    buffer = io.BytesIO()
    stacked(pictures).save(buffer, "png")
    store.write(CONTACT_SHEET, buffer.getvalue())
    return True

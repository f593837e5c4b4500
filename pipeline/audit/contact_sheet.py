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
"""Its name in the data set."""


def write_contact_sheet(store: Store, done: Sequence[CommitRecord], image: ImageConfig, pairs: int = 8) -> bool:
    """Draw the first accepted pair of each origin of the first sources. Returns False where no pair was accepted."""
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

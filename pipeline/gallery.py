"""The contact sheet of a finished data set."""

import io
from collections.abc import Sequence
from itertools import islice

from PIL import Image

from pipeline.codec import EXTENSIONS, decode
from pipeline.pictures import contact_sheet, pair_picture
from pipeline.reader import sample, shard_rows
from pipeline.storage import Store
from schemas.config import ImageConfig
from schemas.dataset import CommitRecord

CONTACT_SHEET = "report/contact-sheet.png"


def write_contact_sheet(store: Store, done: Sequence[CommitRecord], image: ImageConfig, pairs: int = 8) -> bool:
    """Draw the first accepted pair of each origin of the first sources. Returns False where no pair was accepted."""
    extension = EXTENSIONS[image.format]
    pictures: list[Image.Image] = []
    for commit in done:
        rows = [row for row in shard_rows(store, commit) if row.status == "accepted"]
        first = {(row.source_sha256, row.origin): row for row in reversed(rows)}
        for row in islice(first.values(), pairs - len(pictures)):
            fields = sample(store, row)
            input, target = (decode(fields[f"{name}.{extension}"], image.format) for name in ("input", "target"))
            pictures.append(pair_picture(row, input, target))
        if len(pictures) >= pairs:
            break
    if not pictures:
        return False
    buffer = io.BytesIO()
    contact_sheet(pictures).save(buffer, "png")
    store.write(CONTACT_SHEET, buffer.getvalue())
    return True

"""A pair's recipe as an .xmp preset."""

from pathlib import Path

from pipeline.dataset.reader import find_row
from pipeline.presets.export import to_xmp
from pipeline.presets.preset import PresetError
from pipeline.storage.store import Store


def export_xmp(store: Store, key: str, to: Path) -> None:
    """Write the recipe of a pair to `to` as an .xmp preset, for another program to apply to the stored input.

    The name of the preset is the key of the pair.

    Raises:
        KeyNotFoundError: no committed shard has the key.
        PresetError: the pair has no recipe, its process is not aether/1, or the file cannot be written.
    """
    row = find_row(store, key)
    if row.recipe is None:
        raise PresetError(f"{to}: pair {key!r} has no recipe; it was rejected: {', '.join(row.reasons)}")
    try:
        to.write_bytes(to_xmp(row.recipe, key))
    except ValueError as error:
        raise PresetError(f"{to}: pair {key!r} cannot be a preset: {error}") from error
    except OSError as error:
        raise PresetError(f"{to}: cannot be written: {error.strerror}") from error

"""Unrendered pairs: the photo is the target, and the input is the photo with a recipe undone.

The input is unrendered from the *stored* target, so encoding the target adds no error to the cycle.
"""

from collections.abc import Sequence

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.images.codec import decode_all, encode
from pipeline.pairs.draft import Draft, Materials
from schemas.plan import PlannedPair


def draft_unrendered(planned: Sequence[PlannedPair], materials: Materials) -> list[Draft]:
    """Make one draft of all pairs; a `Drafter`."""
    config, styles, photo = materials.config, materials.styles, materials.photo
    recipes = [(styles if pair.key in styles else materials.drawn)[pair.key].recipe for pair in planned]
    parameters = PROCESSES[config.process].vector(recipes)
    pictures, clipped = renderer_of(config.process, config.engine).unrender(photo.pixels, parameters)
    inputs = [encode(picture, config.image) for picture in pictures]
    stored = decode_all(inputs, config.image.format, *photo.pixels.shape[1:])
    draws = {pair.key: materials.drawn[pair.key].draw for pair in planned if pair.key not in styles}
    return [Draft(planned, recipes, inputs, stored, photo.stored, photo.pixels, clipped, styles, draws)]

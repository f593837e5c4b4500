"""Pictures that should not be sources, made of photos and drawn."""

from collections.abc import Mapping, Sequence
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

Pictures = Sequence[Image.Image]

_WORDS = "the quick brown fox jumps over a lazy dog file edit view window help open save export photo light color"


def made(photos: Pictures, seed: int = 0) -> Mapping[str, list[Image.Image]]:
    """Pictures by what is wrong with them: one of each photo, or as many drawn ones as there are photos."""
    rng = Random(seed)
    return {
        "blurred": [photo.filter(ImageFilter.GaussianBlur(max(photo.size) / 250)) for photo in photos],
        "blown": [photo.point([min(255, level * 4) for level in range(256)] * 3) for photo in photos],
        "dark": [photo.point([level // 24 for level in range(256)] * 3) for photo in photos],
        "monochrome": [photo.convert("L").convert("RGB") for photo in photos],
        "screenshot": [_screenshot(rng, photos, i) for i in range(len(photos))],
        "collage": [_collage(rng, photos) for _ in photos],
        "border": [_bordered(rng, photo, i) for i, photo in enumerate(photos)],
        "text": [_captioned(photo) for photo in photos],
    }


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _screenshot(rng: Random, photos: Pictures, number: int) -> Image.Image:
    dark = number % 3 == 0
    page, pen, side = ((30,) * 3, (220,) * 3, (48,) * 3) if dark else ((250,) * 3, (30,) * 3, (240,) * 3)
    width, height = rng.choice([(1024, 640), (1024, 768), (576, 1024)])
    picture = Image.new("RGB", (width, height), page)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, width, 28], fill=(60, 90, 160) if number % 2 else (220, 220, 225))
    draw.rectangle([0, 28, width // 5, height], fill=side)
    for y in range(40, height - 20, 22):
        line = " ".join(rng.choices(_WORDS.split(), k=rng.randint(3, 12 if width > 600 else 5)))
        draw.text((width // 5 + 12, y), line, fill=pen, font=_font(14))
        draw.text((10, y), rng.choice(_WORDS.split()), fill=pen, font=_font(13))
    if number % 4 == 1:
        preview = rng.choice(photos).copy()
        preview.thumbnail((width // 2, height // 2))
        picture.paste(preview, (width // 3, height // 3))
    return picture


def _collage(rng: Random, photos: Pictures) -> Image.Image:
    across, down = rng.choice([(1, 2), (2, 1), (2, 2), (3, 2), (2, 3)])
    gutter, width, height = rng.choice([0, 6, 10]), 1024, 768
    cell = ((width - gutter * (across - 1)) // across, (height - gutter * (down - 1)) // down)
    picture = Image.new("RGB", (width, height), rng.choice(["white", "black"]))
    for x in range(across):
        for y in range(down):
            where = (x * (cell[0] + gutter), y * (cell[1] + gutter))
            picture.paste(ImageOps.fit(rng.choice(photos), cell), where)
    return picture


def _bordered(rng: Random, photo: Image.Image, number: int) -> Image.Image:
    color = rng.choice([(255, 255, 255), (0, 0, 0), (240, 235, 225), (128, 20, 20)])
    width = max(8, int(min(photo.size) * rng.uniform(0.02, 0.1)))
    edges = [(width,) * 4, (0, width, 0, width), (width, width, width, 3 * width)][number % 3]
    return ImageOps.expand(photo, edges, color)


def _captioned(photo: Image.Image) -> Image.Image:
    captioned = photo.copy()
    width, height = photo.size
    draw = ImageDraw.Draw(captioned)
    draw.text((width // 20, height * 9 // 10), "© Jane Doe Photography", fill="white", font=_font(max(14, width // 25)))
    return captioned

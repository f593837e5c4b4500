"""The rendering reader gives the pairs that are stored, but for the coding of the picture that it makes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from operators import fused
from operators.catalogue import PROCESSES
from operators.quantization import quantize
from operators.renderer import Renderer, renderer_of
from pipeline.dataset.index import SelectionError
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, load_record
from pipeline.export.export import export_pairs
from pipeline.images.codec import decode, encode
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import open_store
from pipeline.training.order import Drawn, GlobalBatches, ReaderState
from pipeline.training.reader import PairDataset
from pipeline.training.recipe_reader import RecipeDataset, RecipeSample, completed
from pipeline.training.samples import PairBatch
from quality.measures import psnr
from schemas.config import ImageConfig

Make = Callable[..., str]


def pictures(batch: PairBatch) -> list[tuple[Tensor, Tensor]]:
    return list(zip(batch["input"], batch["target"], strict=True))


def one_batch(recipes: RecipeDataset) -> PairBatch:
    return completed(recipes.collate([recipes[i] for i in range(len(recipes))]), recipes.renderer)


@pytest.fixture(scope="module")
def png_dataset(make_dataset: Make, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data set whose pictures are stored without loss, in both directions: symmetric edits are rendered."""
    image = {"long_side": 128, "min_short_side": 64, "format": "png"}
    draws = {"expert": 1, "symmetric": 1}
    return make_dataset(tmp_path_factory.mktemp("png") / "set", image=image, recipes={"draws": draws})


def test_lossless_pictures_are_the_same(png_dataset: str) -> None:
    pairs, recipes = PairDataset(png_dataset), RecipeDataset(png_dataset)
    stored = pairs.collate([pairs[i] for i in range(len(pairs))])
    made = one_batch(recipes)
    assert made["key"] == stored["key"]
    directions = [recipes[i][1] for i in range(len(recipes))]
    assert {True, False} == set(directions)
    for (a, b), (c, d) in zip(pictures(made), pictures(stored), strict=True):
        assert a.equal(c)
        assert b.equal(d)
    for name in ("parameters", "groups"):
        assert made[name].equal(stored[name])  # type: ignore[literal-required]
    assert made["effects"].nan_to_num(-1).equal(stored["effects"].nan_to_num(-1))
    assert {name: values.tolist() for name, values in made["scores"].items()} == {
        name: values.tolist() for name, values in stored["scores"].items()
    }
    assert (made["prompt"], made["answer"], made["task"]) == (stored["prompt"], stored["answer"], stored["task"])


def test_coded_pictures_differ_by_their_coding(pairs_dataset: str) -> None:
    image = load_record(open_store(pairs_dataset)).config.image
    pairs, recipes = PairDataset(pairs_dataset), RecipeDataset(pairs_dataset)
    stored = pairs.collate([pairs[i] for i in range(len(pairs))])
    made = one_batch(recipes)
    assert isinstance(made["input"], list)
    for i, ((a, b), (c, d)) in enumerate(zip(pictures(made), pictures(stored), strict=True)):
        sample = recipes[i]
        assert isinstance(sample, RecipeSample)
        (photo, its), (other, coded) = ((b, d), (a, c)) if sample.is_target else ((a, c), (b, d))
        assert photo.equal(its)
        assert decode(encode(other, image), "jpeg").equal(coded)
        assert psnr(other[None], coded[None]).item() > 35


def test_crops_are_made_as_whole_pictures_are(png_dataset: str) -> None:
    pairs, recipes = PairDataset(png_dataset, crop=64), RecipeDataset(png_dataset, crop=64)
    drawn = [Drawn(i, seed=3) for i in range(len(pairs))]
    stored, photos = pairs.collate([pairs[at] for at in drawn]), recipes.collate([recipes[at] for at in drawn])
    made = completed(photos, recipes.renderer)
    assert isinstance(made["input"], Tensor)
    assert isinstance(stored["input"], Tensor)
    assert made["input"].equal(stored["input"])
    assert torch.equal(torch.as_tensor(made["target"]), torch.as_tensor(stored["target"]))


def test_exported_recipes_are_enough(png_dataset: str, tmp_path: Path) -> None:
    export_pairs(png_dataset, "recipes", tmp_path / "recipes")
    names = sorted(path.name for path in (tmp_path / "recipes").iterdir())
    assert names == ["commits", "dataset.json", "manifest", "photos"]
    from_shards, alone = (
        RecipeDataset(png_dataset),
        RecipeDataset(str(tmp_path / "recipes"), photos="photos"),
    )
    assert from_shards.fingerprint == alone.fingerprint
    for (a, b), (c, d) in zip(pictures(one_batch(from_shards)), pictures(one_batch(alone)), strict=True):
        assert a.equal(c)
        assert b.equal(d)
    photo = next((tmp_path / "recipes" / "photos").iterdir())
    photo.write_bytes(photo.read_bytes()[:-9])
    lenient = RecipeDataset(str(tmp_path / "recipes"), photos="photos", broken="skip")
    skipped = lenient.collate([lenient[i] for i in range(len(lenient))])["skipped"]
    assert 0 < len(skipped) <= 2
    strict = RecipeDataset(str(tmp_path / "recipes"), photos="photos")
    with pytest.raises(DamagedError, match="is not the one that was committed"):
        for i in range(len(strict)):
            strict[i]


def test_fresh_recipes(png_dataset: str) -> None:
    recipes = RecipeDataset(png_dataset, crop=64, fresh=True)
    process = PROCESSES["aether/1"]

    def epoch(number: int, workers: int = 0) -> list[PairBatch]:
        state = ReaderState(0, 4, recipes.fingerprint, epoch=number)
        batches = GlobalBatches(recipes.shards, recipes.fingerprint, state)
        loader = DataLoader(recipes, batch_sampler=batches, collate_fn=recipes.collate, num_workers=workers)
        return [completed(batch, recipes.renderer) for batch in loader]

    first, again, second = epoch(0), epoch(0, workers=1), epoch(1)
    drawn = [
        {
            key: (tuple(row.tolist()), text)
            for batch in batches
            for key, row, text in zip(batch["key"], batch["parameters"], batch["prompt"], strict=True)
        }
        for batches in (first, again, second)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0].keys() == drawn[2].keys()
    different = [drawn[0][key][0] != drawn[2][key][0] for key in drawn[0]]
    assert all(different)
    for batch in first + second:
        neutral = torch.tensor(list(process.neutral.values()))
        known = ~batch["effects"].isnan()
        assert known.equal(batch["parameters"] != neutral)
        assert all(values.isnan().all() for values in batch["scores"].values())
        rendered = recipes.renderer.render(torch.as_tensor(batch["input"]), batch["parameters"])
        assert psnr(rendered, torch.as_tensor(batch["target"])).min() > 30
    plain = recipes[0]
    assert isinstance(plain, RecipeSample)
    assert plain.labels.scores["psnr"] > 0  # without a sampler, the stored recipe


def test_pictures_that_no_recipe_makes_are_left_out(
    make_dataset: Make, photos: dict[str, Tensor], write_cube: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "styles").mkdir()
    write_cube(tmp_path / "styles" / "old.cube", "Old", lambda r, g, b: (0.1 + 0.85 * r, 0.08 + 0.83 * g, 0.75 * b))
    image = {"long_side": 128, "min_short_side": 64, "format": "png"}
    config = ImageConfig.model_validate(image)
    photo = photos["coffee"][:, :128, :128]
    brighter = torch.zeros(1, 38)
    brighter[0, 0] = 0.8
    before = renderer_of("aether/1", "compiled").unrender(photo, brighter)[0][0]
    for name, picture in (("photo", photo), ("before", before)):
        (tmp_path / f"{name}.png").write_bytes(encode(picture, config))
    (tmp_path / "pairs.csv").write_text(f"uri,before\n{tmp_path / 'photo.png'},{tmp_path / 'before.png'}\n")
    root = make_dataset(
        tmp_path / "set",
        sources=[str(tmp_path / "pairs.csv")],
        image=image,
        pairs_per_source=6,
        seed=6,
        gates={"cycle_psnr": {}, "cycle_de00_p95": {}, "difference_de00": {}},
        recipes={"styles": str(tmp_path / "styles"), "style_direction": "render"},
    )
    pairs, recipes = PairDataset(root), RecipeDataset(root)
    rows = [row for one in commits(open_store(root)) for row in shard_rows(open_store(root), one)]
    made = {row.key for row in rows if row.status == "accepted" and row.origin != "fitted" and row.style is None}
    out = {row.key for row in rows if row.status == "accepted"} - made
    assert {row.origin for row in rows if row.key in out} == {"fitted", "rendered"}
    assert len(pairs) == len(made) + len(out)
    assert set(one_batch(recipes)["key"]) == made
    with pytest.raises(SelectionError, match="no recipe makes the pictures"):
        RecipeDataset(root, where="origin = 'fitted'")


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_a_recipe_for_each_target(photos: dict[str, Tensor], engine: str) -> None:
    renderer = Renderer(PROCESSES["aether/1"], engine)  # type: ignore[arg-type]
    targets = torch.stack([photo[:, :80, :100] for photo in list(photos.values())[:3]])
    parameters = torch.zeros(3, 38)
    parameters[0, 0], parameters[1, 5], parameters[2, 20] = -0.7, 30, -40
    each = renderer.unrender_each(targets, parameters)
    alone = [renderer.unrender(t, p[None])[0] for t, p in zip(targets, parameters, strict=True)]
    assert each.equal(torch.cat(alone))
    # What GPUs run is written in torch.
    tables = fused.unrender_tables(fused.curves(renderer.process, parameters))
    on_gpu = torch.stack(fused.unrender_pixels(targets.flatten(2), tables), 1).view(each.shape)
    assert (quantize(on_gpu).int() - each.int()).abs().max() <= 1

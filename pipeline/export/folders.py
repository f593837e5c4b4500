"""Paired folders with captions, for trainers of image editors.

    SPLIT/images/KEY.jpg  SPLIT/images/KEY.txt    targets and instructions: ai-toolkit's folder_path
    SPLIT/control/KEY.jpg                         inputs: ai-toolkit's control_path
    SPLIT/musubi.jsonl                            musubi-tuner: image_path, control_path, caption
    SPLIT/diffsynth.csv                           DiffSynth: image, edit_image, prompt
    SPLIT/metadata.jsonl                          `load_dataset("imagefolder", data_dir="DIR/SPLIT")`

Paths are relative to the folder of the split.
"""

import csv
import json
from pathlib import Path

from pipeline.dataset.selected import Selected
from pipeline.export.pairs import Splits


def write_folders(splits: Splits, to: Path, selected: Selected) -> None:
    """Write paired folders; a `Writer`."""
    for split, pairs in splits:
        folder = to / split
        for name in ("images", "control"):
            (folder / name).mkdir(parents=True)
        with (
            (folder / "musubi.jsonl").open("w", encoding="utf-8") as musubi,
            (folder / "metadata.jsonl").open("w", encoding="utf-8") as metadata,
            (folder / "diffsynth.csv").open("w", encoding="utf-8", newline="") as diffsynth,
        ):
            table = csv.writer(diffsynth)
            table.writerow(["image", "edit_image", "prompt"])
            for pair in pairs:
                image, control = (f"{name}/{pair.key}{selected.suffix}" for name in ("images", "control"))
                caption = pair.words.instruction
                (folder / image).write_bytes(pair.target)
                (folder / control).write_bytes(pair.input)
                (folder / "images" / f"{pair.key}.txt").write_text(caption + "\n", encoding="utf-8")
                musubi.write(_line(image_path=image, control_path=control, caption=caption))
                metadata.write(_line(file_name=image, control_file_name=control, caption=caption))
                table.writerow([image, control, caption])


def _line(**values: str) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"

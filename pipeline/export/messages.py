"""Conversations about a picture, for ms-swift and LLaMA-Factory.

    SPLIT.jsonl          messages (user: the prompt, with <image>; assistant: the answer) and images: [the input]
    images/KEY.jpg       inputs
    dataset_info.json    what LLaMA-Factory reads: data sets unretouch_SPLIT

Paths are relative to the folder: LLaMA-Factory takes it as `dataset_dir`, ms-swift as ROOT_IMAGE_DIR.
"""

import json
from pathlib import Path

from pipeline.dataset.selected import Selected
from pipeline.export.pairs import Splits

_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


def write_messages(splits: Splits, to: Path, selected: Selected) -> None:
    """Write conversations; a `Writer`."""
    (to / "images").mkdir()
    info = {}
    for split, pairs in splits:
        info[f"unretouch_{split}"] = {
            "file_name": f"{split}.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "images": "images"},
            "tags": _TAGS,
        }
        with (to / f"{split}.jsonl").open("w", encoding="utf-8") as lines:
            for pair in pairs:
                image = f"images/{pair.key}{selected.suffix}"
                (to / image).write_bytes(pair.input)
                messages = [
                    {"role": "user", "content": pair.words.prompt},
                    {"role": "assistant", "content": pair.words.answer},
                ]
                lines.write(json.dumps({"messages": messages, "images": [image]}, ensure_ascii=False) + "\n")
    (to / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")

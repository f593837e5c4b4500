"""Where a VLM may be asked, and that a key never shows."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pipeline.config import ConfigError, load_config
from schemas.config import WordsConfig

KEY = "sk-proj-0123"


def config(tmp_path: Path, **server: object) -> Path:
    path = tmp_path / "run.yaml"
    words = {"vlm": {"model": "some/model"}}
    path.write_text(yaml.safe_dump({"sources": ["a"], "out": "b", "words": words, "vlm_server": server}))
    return path


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.example.org/v1", "https://api.example.org:8443/openai/v1/", "http://127.0.0.1:8000/v1"),
        *("http://[::1]:8000/v1", "http://localhost/v1", "http://vlm.internal:8000/v1"),
    ],
)
def test_addresses(tmp_path: Path, url: str) -> None:
    loaded = load_config(config(tmp_path, url=url, http_hosts=["vlm.internal"]))
    assert loaded.vlm_server is not None
    assert loaded.vlm_server.url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.example.org/v1", "http://10.0.0.7/v1", "http://127.0.0.1.example.org/v1", "http://0.0.0.0/v1"),
        *("file:///etc/passwd", "ftp://example.org", "example.org/v1", "https://", "https://:8/v1", "https://a:b/v1"),
        *("https://a:99999/v1", f"https://user:{KEY}@example.org/v1", f"https://example.org/v1?key={KEY}"),
        *(f"https://example.org/v1#{KEY}", "https://example.org/v 1", "https://example.org/\u202e", "https://[::1/v1"),
    ],
)
def test_addresses_that_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"vlm_server.*https://") as error:
        load_config(config(tmp_path, url=url))
    assert KEY not in str(error.value)


def test_a_key_in_the_place_of_its_variable_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"vlm_server\.key_variable: takes the name of an environment var") as error:
        load_config(config(tmp_path, url="https://example.org/v1", key_variable=KEY))
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"budget": {"money": 3}}, r"budget\.money needs prices"),
        ({"budget": {"tokens": 0}}, r"budget\.tokens: got 0"),
        ({"concurrency": 0}, r"concurrency: got 0"),
        ({"timeout": 0}, r"timeout: got 0"),
        ({"api_key": KEY}, r"api_key: there is no such field"),
    ],
)
def test_servers_that_are_refused(tmp_path: Path, server: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        load_config(config(tmp_path, url="https://example.org/v1", **server))
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    "vlm", [{}, {"model": ""}, {"model": "m", "prompt": 99}, {"model": "m", "parts": []}, {"model": "m", "attempts": 0}]
)
def test_vlms_that_are_refused(tmp_path: Path, vlm: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"words\.vlm\."):
        load_config(config(tmp_path, url="https://example.org/v1"), sets=[f"words.vlm={vlm}"])


def test_the_server_is_no_part_of_the_data_set(tmp_path: Path) -> None:
    one, other = (
        load_config(config(tmp_path, url=url)).dataset() for url in ("https://example.org/v1", "https://example.com/v1")
    )
    assert one == other
    assert "example" not in one.model_dump_json()


def test_a_vlm_rewrites_english_alone() -> None:
    with pytest.raises(ValidationError, match="English alone"):
        WordsConfig.model_validate({"language": "zh", "vlm": {"model": "m"}})
    assert WordsConfig.model_validate({"language": "zh"}).language == "zh"

"""The configuration of `ray up`: by Ray's own schema, and by launching each kind of node on a server like Amazon's."""

import copy
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws
from ray.autoscaler._private.aws.config import bootstrap_aws
from ray.autoscaler._private.aws.node_provider import AWSNodeProvider
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.autoscaler.tags import TAG_RAY_NODE_KIND, TAG_RAY_USER_NODE_TYPE

from pipeline.config import load_config
from schemas.jobs.run import ComputeConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config() -> dict[str, Any]:
    """The configuration as Ray completes it."""
    loaded = yaml.safe_load((ROOT / "infra" / "aws" / "cluster.yaml").read_text())
    prepared: dict[str, Any] = prepare_config(copy.deepcopy(loaded))
    validate_config(prepared)
    return prepared


def test_ray_and_amazon_take_every_kind_of_node(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    region, key = config["provider"]["region"], tmp_path / "key.pem"
    key.touch()
    config["auth"]["ssh_private_key"] = str(key)
    with mock_aws():
        ec2 = boto3.client("ec2", region_name=region)
        for kind in config["available_node_types"].values():
            assert kind["node_config"]["ImageId"].startswith("YOUR-")
            kind["node_config"] |= {"ImageId": ec2.describe_images()["Images"][0]["ImageId"], "KeyName": "key"}
        profile = config["available_node_types"]["head"]["node_config"]["IamInstanceProfile"]["Name"]
        boto3.client("iam").create_instance_profile(InstanceProfileName=profile)
        filled = AWSNodeProvider.fillout_available_node_types_resources(bootstrap_aws(config))
        kinds = filled["available_node_types"]
        provider = AWSNodeProvider(filled["provider"], filled["cluster_name"])
        for name, kind in kinds.items():
            tags = {TAG_RAY_NODE_KIND: "worker", TAG_RAY_USER_NODE_TYPE: name}
            provider.create_node(kind["node_config"], tags, 1)
        started = {
            next(tag["Value"] for tag in node["Tags"] if tag["Key"] == TAG_RAY_USER_NODE_TYPE): node
            for reservation in ec2.describe_instances()["Reservations"]
            for node in reservation["Instances"]
        }
    assert set(started) == {"head", "render", "score"}
    assert all(node["IamInstanceProfile"]["Arn"].endswith(f"/{profile}") for node in started.values())
    assert {name for name, node in started.items() if node.get("InstanceLifecycle") == "spot"} == {"render"}
    # What Ray finds out of the machines: only render nodes offer CPUs, and each of these can have a task.
    assert kinds["head"]["resources"]["CPU"] == kinds["score"]["resources"]["CPU"] == 0
    assert kinds["score"]["resources"]["GPU"] >= ComputeConfig().scorer_gpus
    render = kinds["render"]["resources"]
    assert render["memory"] >= render["CPU"] * (ComputeConfig().memory + (1 << 28))


def test_no_node_costs_anything_while_there_is_no_run(config: dict[str, Any]) -> None:
    kinds = config["available_node_types"]
    assert all(kind["min_workers"] == 0 for kind in kinds.values())
    assert sum(kind["max_workers"] for kind in kinds.values()) <= config["max_workers"]
    assert kinds["render"]["max_workers"] * 16 >= load_config(ROOT / "configs" / "cluster.yaml").compute.workers


def test_nodes_get_the_token_and_no_key(config: dict[str, Any]) -> None:
    assert config["file_mounts"] == {"/home/unretouch/.ray/auth_token": "~/.ray/auth_token"}
    assert "--env RAY_AUTH_MODE=token" in config["docker"]["run_options"]
    assert "AWS_SECRET" not in str(config)


def test_images_are_those_that_are_built(config: dict[str, Any]) -> None:
    assert config["docker"]["image"].endswith("/unretouch:0.1.0")
    assert config["available_node_types"]["score"]["docker"]["worker_image"].endswith("/unretouch:0.1.0-cuda")

"""A cluster that does not answer is missed at once, with a word about the address."""

import socket
from unittest.mock import Mock

import pytest

from pipeline.jobs.cluster import NoClusterError, cluster
from schemas.jobs.run import ComputeConfig

pytestmark = pytest.mark.usefixtures("no_ray")


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Stands for `ray.init`, which must not be reached: it would wait for more than a minute."""
    init = Mock()
    monkeypatch.setattr("ray.init", init)
    monkeypatch.setattr("ray.shutdown", Mock())
    return init


@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "localhost:{}", "ray://localhost:{}/"])
def test_a_port_where_nothing_listens(address: str, no_ray: Mock) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # held, so that nothing else can listen there, but it does not listen itself
        named = address.format(bound.getsockname()[1])
        with pytest.raises(NoClusterError, match=f"compute.address: nothing answers at '{named}'"):
            cluster(ComputeConfig(address=named)).__enter__()
    no_ray.assert_not_called()


@pytest.mark.parametrize("address", ["head.invalid:6379", "127.0.0.1:port", "ray://127.0.0.1:99999"])
def test_names_and_ports_that_cannot_be(address: str, no_ray: Mock) -> None:
    with pytest.raises(NoClusterError, match=r"compute\.address"):
        cluster(ComputeConfig(address=address)).__enter__()
    no_ray.assert_not_called()


def test_a_silent_machine_is_not_waited_for(no_ray: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = Mock(side_effect=TimeoutError("timed out"))
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(NoClusterError, match="timed out"):
        cluster(ComputeConfig(address="10.0.0.1:6379")).__enter__()
    connect.assert_called_once_with(("10.0.0.1", 6379), 5.0)
    no_ray.assert_not_called()


@pytest.mark.parametrize("address", ["auto", "local"])
def test_ray_finds_what_has_no_port(address: str, no_ray: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.create_connection", Mock(side_effect=AssertionError))
    with cluster(ComputeConfig(address=address)):
        no_ray.assert_called_once()


def test_what_answers_is_joined(no_ray: Mock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with cluster(ComputeConfig(address=address)):
            assert no_ray.call_args.kwargs["address"] == address


def test_without_an_address_no_cluster_of_this_machine_is_joined(no_ray: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    with cluster(ComputeConfig(workers=3)):
        assert no_ray.call_args.kwargs["address"] == "local"  # Ray's word for a Ray of one's own
        assert no_ray.call_args.kwargs["num_cpus"] == 3

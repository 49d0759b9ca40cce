"""Holds the words on workers to what they mean."""

from pathlib import Path

import pytest

from ownid_grpc.config import Config, ConfigError, parse_config
from ownid_grpc.config.cores import core_count

APPS = "apps: {shop: {repository: {type: sql, url: '%s'}}}"


def parse(server: str, url: str = "sqlite:///shop.db", more: str = "") -> Config:
    """Returns the configuration with these words of the server."""
    return parse_config(f"server: {server}\n{APPS % url}\n{more}", {}, folder=Path("/nowhere"))


@pytest.mark.parametrize(
    ("quota", "count"),
    [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("", None)],
)
def test_container_limits_the_cores(tmp_path: Path, quota: str, count: int | None) -> None:
    """Of the host's cores those count that the container leaves us, a part of one as one."""
    limit = tmp_path / "cpu.max"
    limit.write_text(quota)

    assert core_count(limit) == (count or core_count(tmp_path / "none"))


def test_auto_is_one_for_each_core() -> None:
    """`auto` is a number of workers that suits the machine."""
    assert parse("{workers: auto}").server.worker_count == core_count()


@pytest.mark.parametrize(("size", "count"), [("512MiB", 512 * 1024**2), ("2GiB", 2 * 1024**3)])
def test_memory_is_written_with_its_unit(size: str, count: int) -> None:
    """A ceiling of memory is read in bytes."""
    assert parse(f"{{worker_memory: {size}}}").server.memory_ceiling == count


@pytest.mark.parametrize("words", ["{workers: many}", "{workers: 257}", "{worker_memory: 512}"])
def test_wrong_words_are_refused(words: str) -> None:
    """A number of workers that is none, or a size without its unit, is a fault."""
    with pytest.raises(ConfigError):
        parse(words)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:a?mode=memory"])
def test_workers_do_not_share_what_is_in_memory(url: str) -> None:
    """Several workers on a database in memory are refused, whoever says how many there are."""
    alone = parse("{workers: 1}", url)

    with pytest.raises(ConfigError, match="several workers cannot share"):
        parse("{workers: 2}", url)
    with pytest.raises(ConfigError, match="several workers cannot share"):
        parse("{workers: 2}", more=f"state: {{url: '{url}'}}")
    with pytest.raises(ConfigError, match="several workers cannot share"):
        alone.with_workers("2")
    assert alone.with_workers("1").server.worker_count == 1


def test_number_of_the_command_line_goes_first() -> None:
    """`--workers` is put before what the file says, and judged like it."""
    config = parse("{workers: 2}")

    assert config.with_workers("3").server.worker_count == 3
    assert config.with_workers("auto").server.worker_count == core_count()
    with pytest.raises(ConfigError, match="a number from 1 to 256, or auto"):
        config.with_workers("none")

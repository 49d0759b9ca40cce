"""Fetches metrics as Prometheus does, and reads them."""

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

GET = "/ownid.v1.AccountService/GetAccount"
CALLS = "rpc_server_call_duration_seconds_count"


@dataclass(frozen=True)
class Scrape:
    """What was to be fetched at one time."""

    text: str
    samples: tuple[Sample, ...]

    @property
    def names(self) -> set[str]:
        """The names of all samples."""
        return {sample.name for sample in self.samples}

    def sum(self, name: str, **labels: str) -> float:
        """Returns the sum of a metric over all that have these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def scrape(address: str) -> Scrape:
    """Fetches what is to be fetched."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return Scrape(text, tuple(sample for family in families for sample in family.samples))


Scraping = Callable[[], Scrape]

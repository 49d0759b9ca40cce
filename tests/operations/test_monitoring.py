"""Holds the dashboard and the alerts to metrics that a running service shows."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.operations.conftest import Observed
from tests.operations.scraping import Scrape
from tests.operations.test_metrics import get

MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring"
GUIDE = (MONITORING.parents[1] / "docs" / "operations.md").read_text("utf-8")
PANELS = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))["panels"]
ALERTS = yaml.safe_load((MONITORING / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
QUERIES += [alert["expr"] for alert in ALERTS]

LABEL = re.compile(r"\b(\w+)(?:=~|!~|!=|=)\"")


def names_in(scraped: Scrape, text: str) -> set[str]:
    """Returns which of the metrics that a scrape shows, or declares, a query uses."""
    declared = set(re.findall(r"# TYPE (\w+)", scraped.text))
    return {name for name in declared if re.search(rf"\b{name}(_bucket|_count)?\b", text)}


@pytest.mark.parametrize("query", QUERIES)
def test_query_uses_what_is_shown(observed: Observed, query: str) -> None:
    """Every metric and every label of a query is one that the service has."""
    get(observed.client)
    scraped = observed.scrape()
    without_groups = re.sub(r"by \([^)]*\)", "", query)
    used = names_in(scraped, without_groups)
    labels = {label for sample in scraped.samples for label in sample.labels} | {"le", "instance"}
    labels |= {"ownid_outcome"}  # of lines for the audit log, which no call here writes
    grouped = re.findall(r"by \(([^)]*)\)", query)
    named = {*LABEL.findall(query), *(each.strip() for text in grouped for each in text.split(","))}

    assert used
    assert named - labels == set()
    words = set(re.findall(r"\b(?:rpc|db|ownid)_\w+", without_groups)) - named
    assert {word.removesuffix("_bucket").removesuffix("_count") for word in words} <= {
        name.removesuffix("_count") for name in used
    }


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_is_explained(alert: dict[str, str]) -> None:
    """The guide says of each alert what to look at."""
    assert f"`{alert['alert']}`" in GUIDE

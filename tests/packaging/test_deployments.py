"""The files of deploy/ are what the tools that take them accept, and do what the guide promises."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ownid_grpc.config import parse_config
from tests.packaging.distribution import ROOT, run
from tests.support.keys import KEY_ID, public_pem

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
CONFIGURATION = KUBERNETES / "ownid.yaml"
KUSTOMIZATION = KUBERNETES / "kustomization.yaml"


def manifests() -> dict[str, dict[str, Any]]:
    """Returns each resource of the kustomization, by its kind and name."""
    paths = [KUBERNETES / each for each in read(KUSTOMIZATION)["resources"]]
    found = [each for path in paths for each in yaml.safe_load_all(path.read_text("utf-8"))]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}


def read(path: Path) -> Any:  # noqa: ANN401 - any value of YAML
    """Returns what a file of YAML says."""
    return yaml.safe_load(path.read_text("utf-8"))


MANIFESTS = manifests()
POD = MANIFESTS["Deployment/ownid-grpc"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest_is_what_kubernetes_takes(name: str) -> None:
    """Each resource fits the schema of its kind, without a word that there is not."""
    manifest = MANIFESTS[name]

    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_every_manifest_is_listed() -> None:
    """What lies in the folder is part of the kustomization."""
    others = {KUSTOMIZATION, CONFIGURATION}

    listed = {KUBERNETES / name for name in read(KUSTOMIZATION)["resources"]}

    assert listed == set(KUBERNETES.glob("*.yaml")) - others


@pytest.mark.parametrize(
    "kind", ["HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"]
)
def test_what_governs_the_pods_finds_them(kind: str) -> None:
    """The autoscaler, the disruption budget and the network policy are about the deployment."""
    spec = MANIFESTS[f"{kind}/ownid-grpc"]["spec"]
    labels = MANIFESTS["Deployment/ownid-grpc"]["spec"]["template"]["metadata"]["labels"]

    chosen = spec.get("selector") or spec.get("podSelector")

    if chosen is None:
        assert spec["scaleTargetRef"]["kind"] == "Deployment"
        assert spec["scaleTargetRef"]["name"] == "ownid-grpc"
    else:
        assert chosen["matchLabels"].items() <= labels.items()


def test_pod_has_no_rights() -> None:
    """The pod runs as a user without rights, on a file system that it cannot write."""
    assert POD["securityContext"]["runAsNonRoot"]
    assert not POD["automountServiceAccountToken"]
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_pod_is_asked_where_the_configuration_listens(tmp_path: Path) -> None:
    """Probes, ports and patience of the pod fit the ownid.yaml beside it, which is valid."""
    variables = {
        "STATE_URL": "postgresql://state.internal/ownid",
        "SHOP_DATABASE_URL": "postgresql://shop.internal/shop",
        "OWNID_SECRET": "s" * 32,
    }
    (tmp_path / f"{KEY_ID}.pub.pem").write_bytes(public_pem())
    text = CONFIGURATION.read_text("utf-8").replace("/etc/ownid-callers", str(tmp_path))

    config = parse_config(text, variables, folder=tmp_path)

    ports = {each["name"]: each["containerPort"] for each in CONTAINER["ports"]}
    assert config.server.listen == f"0.0.0.0:{ports['grpc']}"
    assert config.gateway.listen == f"0.0.0.0:{ports['http']}"
    assert CONTAINER["readinessProbe"]["grpc"]["port"] == ports["grpc"]
    assert POD["terminationGracePeriodSeconds"] > config.server.drain_seconds


def test_container_is_built_by_the_rules() -> None:
    """The linter of container files has nothing to say."""
    run(Path(sys.executable).with_name("hadolint"), DEPLOY / "container" / "Containerfile")


def test_container_runs_as_the_pod_does() -> None:
    """The image's user is the one that the pod runs as."""
    text = (DEPLOY / "container" / "Containerfile").read_text("utf-8")

    (user,) = re.findall(r"^USER (\d+):(\d+)$", text, re.MULTILINE)

    context = POD["securityContext"]
    assert user == (str(context["runAsUser"]), str(context["runAsGroup"]))


def test_unit_is_what_systemd_takes() -> None:
    """Systemd knows each word of the unit, and misses only the program, which is not installed."""
    unit = DEPLOY / "systemd" / "ownid-grpc.service"
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    complaints = [line for line in verified.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []

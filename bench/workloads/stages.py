"""How the time of a call divides among the stages of our server, by a sampling profiler."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.figures import Measure
from bench.load.closed_loop import GrpcCalls
from bench.site import Site
from bench.workloads import requests
from bench.workloads.accounts import ours

_OTHERS = "others"

_STAGES: Mapping[str, str] = {
    "ownid_grpc/server/credentials": "authentication",
    "ownid_grpc/server/gate": "authentication",
    "ownid_grpc/services/access_tokens": "authentication",
    "ownid_grpc/services/signed": "authentication",
    "ownid_grpc/server/convert": "messages",
    "ownid_grpc/server/account_messages": "messages",
    "ownid_grpc/domain/names": "messages",
    "google/protobuf": "messages",
    "ownid_grpc/domain/etags": "etag",
    "ownid_grpc/telemetry": "log",
    "structlog": "log",
    "ownid_grpc/server": "interceptors",
    "ownid_grpc/services": "use cases, schema",
    "ownid_grpc/domain": "use cases, schema",
    "ownid_grpc/repositories": "mapping",
    "sqlalchemy": "SQLAlchemy",
    "psycopg": "driver, database",
    "(grpc/": "grpcio",
    "concurrent/futures": "grpcio",
}
"""What a source file belongs to; the first that fits counts."""

STAGES = tuple(dict.fromkeys((*_STAGES.values(), _OTHERS)))


def divide(site: Site) -> None:
    """Samples our server while it gets, updates and lists."""
    customers = site.settings.customers
    _divide(site, "get", "GetAccount", requests.gets(customers))
    _divide(site, "update", "UpdateAccount", requests.updates(customers))
    _divide(site, "list", "ListAccounts", requests.lists(customers))


def _divide(site: Site, work: str, method: str, calls: GrpcCalls) -> None:
    output = site.folder / f"{work}.samples"
    command = [
        str(Path(sys.executable).with_name("py-spy")),
        "record",
        "--gil",
        "--nonblocking",
        "--format",
        "raw",
    ]
    # Without stopping it for each sample, which would wake all of its threads.
    command += ["--rate", "500", "--duration", str(max(1, round(site.settings.seconds)))]
    command += ["--pid", str(site.ownid.server.process.pid), "--output", str(output)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as profiler:
        while profiler.poll() is None:
            ours(site, method, calls)
        _, complaint = profiler.communicate()
    if profiler.returncode:
        sys.stderr.write(f"The stages are not measured: {complaint.decode()}\n")
        return
    shares = shares_of(output.read_text("utf-8").splitlines())
    for stage, share in shares.items():
        site.figures.add(f"stages {work}", stage, {Measure.SHARE: share})


def shares_of(samples: Iterable[str]) -> Mapping[str, float]:
    """Returns which part of the samples each stage has; a line is `frame;frame;… count`."""
    counts = Counter[str]()
    for line in samples:
        stack, _, count = line.rpartition(" ")
        counts[_stage_of(stack)] += int(count)
    total = counts.total() or 1
    return {stage: counts[stage] / total for stage in STAGES if counts[stage]}


def _stage_of(stack: str) -> str:
    """Returns the stage of the innermost frame that belongs to one."""
    for frame in reversed(stack.split(";")):
        for place, stage in _STAGES.items():
            if place in frame:
                return stage
    return _OTHERS

"""Copies the protos of others that ours import from installed packages into a folder for buf."""

import sys
from importlib.metadata import distribution
from pathlib import Path

PROTOS = (
    "google/api/annotations.proto",
    "google/api/field_behavior.proto",
    "google/api/http.proto",
    "google/api/resource.proto",
    "google/rpc/status.proto",
)


def main(folder: Path) -> None:
    """Copies each proto to its place under the folder; those of google/protobuf buf has itself."""
    package = distribution("googleapis-common-protos")
    for name in PROTOS:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(Path(str(package.locate_file(name))).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

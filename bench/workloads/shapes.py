"""GetAccount of tables of other shapes, beside the SQL that one would write for each."""

from bench.shapes import SHAPES, Shape
from bench.site import FLOOR, OWNID, Site
from bench.workloads import requests
from bench.workloads.accounts import floors, ours


def get_shapes(site: Site) -> None:
    """GetAccount, each shape beside the floor's own statement for it."""
    for shape in [shaped(site.settings.shaped) for shaped in SHAPES]:
        _compare(site, shape)


def _compare(site: Site, shape: Shape) -> None:
    site.alternate(
        f"get {shape.app}",
        {
            FLOOR: lambda: floors(site, "GetAccount", requests.gets(shape)),
            OWNID: lambda: ours(site, "GetAccount", requests.gets(shape)),
        },
    )

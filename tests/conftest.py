"""What holds for every test."""

import os

# Database servers are started by forking, also after gRPC was used, whose own handling of forks
# then crashes the child; set before anything loads gRPC.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

from hypothesis import settings

from tests.support.browser import chromium

__all__ = ["chromium"]

# How long an example takes says more of what else the machine does than of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

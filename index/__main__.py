"""`python -m index PATH…` is `telusur index PATH…`."""

import runpy
import sys

if __name__ == "__main__":
    # By name and not by import: the building side does not depend on the query side.
    sys.argv.insert(1, "index")
    runpy.run_module("search", run_name="__main__")

"""`python -m index PATH…` is `telusur index PATH…`; the other commands can be named as well."""

import importlib
import sys

if __name__ == "__main__":
    # By name: the building side does not depend on the query side, but people type this.
    cli = importlib.import_module("search.cli")
    if len(sys.argv) > 1 and sys.argv[1] not in {*cli.COMMANDS, "--help", "--version"}:
        sys.argv.insert(1, "index")
    cli.main()

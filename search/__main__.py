"""`python -m search …` is `telusur …`; a bare question or its options go to `telusur search`."""

import sys

from search.cli import COMMANDS, main

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] not in {*COMMANDS, "--help", "--version"}:
        sys.argv.insert(1, "search")
    main()

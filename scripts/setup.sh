# Sourced by the other scripts: makes .venv and installs pinned versions, once, and again when the pins change.
# usage: . scripts/setup.sh EXTRA    ("" or "[dev]")
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

die() { echo "error: $1" >&2; echo "hint: $2" >&2; exit 1; }

python=${PYTHON:-python3}
command -v "$python" >/dev/null || die "$python was not found" "install Python 3.11 or newer, or set PYTHON to one"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version) is too old" "install Python 3.11 or newer, or set PYTHON to one"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    die "this Python cannot make virtual environments" "on Debian: apt-get install python3-venv"

stamp=".venv/installed$1"
wanted=$(cat constraints.txt pyproject.toml | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing into .venv (about 1.5 GB with torch; a few minutes the first time) …" >&2
    [ -x .venv/bin/python ] || "$python" -m venv .venv || die "could not make .venv" "see the lines above; is the disk full?"
    # torch by itself, from where its small CPU build is: elsewhere pip finds one with gigabytes of CUDA in it.
    pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }
    pip install --retries 0 --no-deps --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0 ||
        die "torch could not be installed" "see pip's lines above; is there a network connection?"
    pip install -c constraints.txt -e ".$1" ||
        die "the packages could not be installed" "see pip's lines above; is there a network connection?"
    echo "$wanted" > "$stamp"
fi
# Where Python is told to keep no bytecode (PYTHONDONTWRITEBYTECODE), a question would take a fifth longer without this.
.venv/bin/python -m compileall -q index search || true

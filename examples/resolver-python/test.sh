#!/bin/sh
# Installs what is needed into an environment of its own, generates, and tests.
set -eu
cd "$(dirname "$0")"
python3 -m venv dist/venv
. dist/venv/bin/activate
export PYTHONPYCACHEPREFIX=dist/pycache
pip install --quiet --disable-pip-version-check --requirement requirements.txt
./generate.sh
python -m unittest

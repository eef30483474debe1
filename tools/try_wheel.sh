#!/bin/sh
# Build the wheel, install it in an empty environment away from the checkout, and run its demo there.
# usage: tools/try_wheel.sh PYTHON
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
checkout=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$python" -m build --wheel --no-isolation --outdir "$place/dist" "$checkout" >/dev/null
grep -v '^ ' "$checkout/requirements.lock" > "$place/constraints.txt"
"$python" -m venv "$place/empty"
VIRTUAL_ENV="$place/empty" "$(dirname "$python")/uv" pip install --quiet --constraint "$place/constraints.txt" "$place"/dist/*.whl
cd "$place"
empty/bin/iamaudit --version
empty/bin/iamaudit demo --dir demo --days 100
test -s demo/out/report.html
echo "the wheel works"

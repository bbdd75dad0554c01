#!/usr/bin/env bash
# Makes sure the tester of HTTP APIs is there: schemathesis. Prints the program's path.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

python_program schemathesis schemathesis "$(cd "$(dirname "$0")/../test/support/schemathesis" && pwd)/requirements.txt"

#!/usr/bin/env bash
# Makes sure the emulator of AWS that tests run on is there: moto. Prints the server's path.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

python_program moto moto_server "$(cd "$(dirname "$0")/../test/support/moto" && pwd)/requirements.txt"

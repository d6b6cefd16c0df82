#!/usr/bin/env bash
# The gate as action.yml starts it: inputs are in BASE, DEFINITIONS, WORKLOADS, ENGINES and ALLOW, the rest is GitHub's own
# environment. The exit code is that of `cargo xtask gate`.
set -euo pipefail

# GitHub puts the whole of gather beside an action of it: the lab is built there, with the toolchain that gather names.
gather=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd -P)
caller=$(cd "$GITHUB_WORKSPACE" && pwd -P)

arguments=(--base "$BASE" --markdown)
if [[ -n $DEFINITIONS ]]; then
    arguments+=(--definitions "$caller/$DEFINITIONS")
elif [[ $gather != "$caller" ]]; then
    echo "::error title=bench gate::input \`definitions\` is missing: the folder of this repository that holds engines.toml and workloads/"
    exit 1
fi
# Words are split at blanks and line ends, and a star in one is a star.
set -f
for name in $WORKLOADS; do arguments+=(--workload "$name"); done
for name in $ENGINES; do arguments+=(--engine "$name"); done
for tolerance in $ALLOW; do arguments+=(--allow "$tolerance"); done

cd "$gather"
code=0
summary=$(cargo xtask gate "${arguments[@]}") || code=$?
# What could not be compared has no summary, and an empty one would look like peace.
printf '%s\n' "${summary:-**the gate compared nothing (exit code $code); the log of its step says why**}" | tee -a "$GITHUB_STEP_SUMMARY"
exit "$code"

#!/bin/bash
# Fuzzes every target for a while: fuzz.sh [SECONDS [TARGET...]], 60 seconds and all of them unless given. With RUNS in
# the environment it is so many executions of each instead, however long they take.
#
# It starts from test/fuzz/corpus and keeps what it finds below build/fuzz: new inputs in corpus/TARGET, which the next
# run goes on from, and an input that breaks a claim or the sanitizers in findings/, where its name is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
build=build/fuzz

scripts/setup.sh build test ci
if [ ! -e $build/build.ninja ]; then cmake --preset fuzz >/dev/null; fi
cmake --build --preset fuzz --target fuzz_targets

targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    for seeds in test/fuzz/corpus/*/; do targets+=("$(basename "$seeds")"); done
fi

if [ -n "${RUNS:-}" ]; then
    bound=(-runs="$RUNS")
    told="$RUNS executions"
else
    bound=(-max_total_time="$seconds")
    told="$seconds s"
fi

mkdir -p $build/findings
failed=()
for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target"
    echo "== $target, $told"
    UBSAN_OPTIONS=print_stacktrace=1 "$build/test/fuzz/fuzz_$target" "${bound[@]}" -timeout=10 \
        -print_final_stats=1 -verbosity=0 -dict="test/fuzz/dictionaries/$target.dict" \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "test/fuzz/corpus/$target" ||
        failed+=("$target")
done

if [ ${#failed[@]} != 0 ]; then
    echo "fuzz.sh: broken: ${failed[*]}; the inputs are in $build/findings" >&2
    exit 1
fi

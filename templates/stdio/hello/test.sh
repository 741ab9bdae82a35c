#!/bin/sh
# Runs main on events and compares what it prints.
cd "$(dirname "$0")" || exit 1

failures=0
check() {
  result=$(printf '%s' "$1" | ./main 2> /dev/null)
  if [ "$result" = "$2" ]; then
    echo "ok: $1"
  else
    echo "not ok: $1 gave $result instead of $2"
    failures=$((failures + 1))
  fi
}

check '{"name":"Ada"}' '{"message":"Hello Ada!"}'
check '{ "name" : "Grace Hopper", "age": 85 }' '{"message":"Hello Grace Hopper!"}'
check '{}' '{"message":"Hello world!"}'

exit "$failures"

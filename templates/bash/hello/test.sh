#!/usr/bin/env bash
# Calls handle with events and compares what it prints.
cd "$(dirname "$0")" || exit 1
source ./handler.sh

failures=0
check() {
  local result
  result=$(handle <<<"$1" 2>/dev/null)
  if [[ $result == "$2" ]]; then
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

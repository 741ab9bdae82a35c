#!/bin/sh
# Reads an event such as {"name":"Ada"} and prints {"message":"Hello Ada!"}.
set -eu

name=$(tr -d '\n' | sed -n 's/.*"name"[[:space:]]*:[[:space:]]*"\([^"\\]*\)".*/\1/p')
echo "greeting ${name:-world}" >&2
printf '{"message":"Hello %s!"}\n' "${name:-world}"

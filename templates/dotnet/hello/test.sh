#!/bin/sh
# Runs the tests with the .NET SDK, or with Mono where that is missing.
set -e
cd "$(dirname "$0")"
if command -v dotnet >/dev/null; then exec dotnet run --project test; fi
command -v mcs >/dev/null || { echo 'the tests need the .NET SDK, or mcs of Mono (Debian: mono-mcs)' >&2; exit 1; }
program=$(mktemp)
trap 'rm -f "$program"' EXIT
mcs -nologo "-out:$program" Function.cs test/FunctionTest.cs
mono "$program"

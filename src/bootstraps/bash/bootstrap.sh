# Client of AWS's Runtime API in bash alone: sources the handler's file, then calls its function for each event. The
# function reads the event from its standard input and prints the result; what it prints on standard error is logged. If
# it returns another status than 0, what it printed is the message of the error.
# Argument: the folder of the code. Names begin with lam_, because the function shares this shell.

# Largest body that is read and sent by bash itself, which is slow with long texts (bytes).
lam_small=65536
lam_files=${TMPDIR:-/tmp}/.lam

lam_connect() {
  exec {lam_socket}<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API##*:}" && return
  echo "cannot connect to the Runtime API at $AWS_LAMBDA_RUNTIME_API" >&2
  exit 1
}

# Reads the head of a response: sets lam_status, lam_length (bytes of the body) and the variables of an invocation.
lam_read_head() {
  local LC_ALL=C IFS line
  lam_length=0
  IFS=' ' read -r _ lam_status _ <&"$lam_socket" || { echo 'the Runtime API closed the connection' >&2; exit 1; }
  while IFS= read -r line <&"$lam_socket"; do
    line=${line%$'\r'}
    [[ -n $line ]] || return 0
    local name=${line%%:*} value=${line#*:}
    name=${name,,}
    value=${value# }
    case $name in
      content-length) lam_length=$value ;;
      lambda-runtime-aws-request-id) LAMBDA_REQUEST_ID=$value ;;
      lambda-runtime-deadline-ms) LAMBDA_DEADLINE_MS=$value ;;
      lambda-runtime-invoked-function-arn) LAMBDA_FUNCTION_ARN=$value ;;
      lambda-runtime-trace-id) _X_AMZN_TRACE_ID=$value ;;
      lambda-runtime-client-context) LAMBDA_CLIENT_CONTEXT=$value ;;
      lambda-runtime-cognito-identity) LAMBDA_COGNITO_IDENTITY=$value ;;
    esac
  done
}

# Writes the body of the response to a file.
lam_read_body() {
  if ((lam_length > lam_small)); then
    head -c "$lam_length" <&"$lam_socket" >"$lam_files-event"
    return
  fi
  local LC_ALL=C body=''
  ((lam_length == 0)) || IFS= read -r -N "$lam_length" body <&"$lam_socket"
  printf '%s' "$body" >"$lam_files-event"
}

# Posts the file $2 to the path $1; further arguments are header lines.
lam_post() {
  local LC_ALL=C path=$1 file=$2 header head body=''
  shift 2
  head="POST /2018-06-01/runtime$path HTTP/1.1"$'\r\n'"Host: $AWS_LAMBDA_RUNTIME_API"$'\r\n'
  for header in "$@"; do head+=$header$'\r\n'; done
  IFS= read -r -N $((lam_small + 1)) body <"$file"
  if ((${#body} > lam_small)); then
    printf '%sContent-Length: %d\r\n\r\n' "$head" "$(wc -c <"$file")" >&"$lam_socket"
    cat "$file" >&"$lam_socket"
  else
    printf '%sContent-Length: %d\r\n\r\n%s' "$head" "${#body}" "$body" >&"$lam_socket"
  fi
  lam_read_head
  ((lam_length == 0)) || IFS= read -r -N "$lam_length" body <&"$lam_socket"
}

# Prints the text $1 as a JSON string.
lam_json() {
  local text=$1 code escaped
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  text=${text//$'\t'/\\t}
  if [[ $text == *[[:cntrl:]]* ]]; then
    for code in {1..31}; do
      printf -v escaped '\\u%04x' "$code"
      printf -v code '%b' "\\x$(printf %x "$code")"
      text=${text//"$code"/$escaped}
    done
  fi
  printf '"%s"' "$text"
}

# Posts an error: path, type, message.
lam_post_error() {
  printf '{"errorType":"%s","errorMessage":%s,"stackTrace":[]}' "$2" "$(lam_json "$3")" >"$lam_files-error"
  lam_post "$1" "$lam_files-error" 'Content-Type: application/json' "Lambda-Runtime-Function-Error-Type: $2"
}

# Ends the process after an error of loading: type, message.
lam_fail_init() {
  echo "$1: $2" >&2
  lam_post_error /init/error "$1" "$2"
  exit 1
}

# Calls the handler. A file that says `set -e` has each call in a shell of its own, which ends at the first command that
# fails; else the calls share this shell and its variables.
lam_call() {
  if [[ $lam_options == *e* ]]; then
    (
      set -e
      "$lam_function"
    )
  else
    "$lam_function"
  fi
}

# Writes what a failed handler printed to the variable lam_message, or which status it returned.
lam_read_message() {
  IFS= read -r -N "$lam_small" lam_message <"$lam_files-result"
  while [[ $lam_message == *$'\n' ]]; do lam_message=${lam_message%$'\n'}; done
  [[ -n $lam_message ]] || lam_message="the function '$lam_function' returned $1"
}

cd "$1" || exit 1
lam_connect

lam_name=${_HANDLER##*/}
lam_function=${lam_name#*.}
lam_file=${_HANDLER%"$lam_name"}${lam_name%%.*}.sh
[[ -f $lam_file ]] || lam_fail_init Runtime.ImportModuleError "there is no file '$lam_file'"
# shellcheck disable=SC1090 -- the function's own file
source "./$lam_file"
# Its last command may fail without meaning it, so only a missing function counts.
lam_returned=$?
lam_options=$-
set +e
declare -F "$lam_function" >/dev/null ||
  lam_fail_init Runtime.HandlerNotFound "the file '$lam_file' has no function '$lam_function' (loading it returned $lam_returned)"

export LAMBDA_REQUEST_ID LAMBDA_DEADLINE_MS LAMBDA_FUNCTION_ARN _X_AMZN_TRACE_ID
while :; do
  unset LAMBDA_CLIENT_CONTEXT LAMBDA_COGNITO_IDENTITY
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n' "$AWS_LAMBDA_RUNTIME_API" >&"$lam_socket"
  lam_read_head
  [[ $lam_status == 200 ]] || exit 1
  lam_request=$LAMBDA_REQUEST_ID
  lam_read_body
  lam_call <"$lam_files-event" >"$lam_files-result"
  lam_returned=$?
  if ((lam_returned == 0)); then
    lam_post "/invocation/$lam_request/response" "$lam_files-result" 'Content-Type: application/json'
  else
    lam_read_message "$lam_returned"
    lam_post_error "/invocation/$lam_request/error" Handler.Failed "$lam_message"
  fi
done

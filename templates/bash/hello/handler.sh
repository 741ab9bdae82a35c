# Reads an event such as {"name":"Ada"} and prints {"message":"Hello Ada!"}.
handle() {
  local event name
  event=$(cat)
  if [[ $event =~ \"name\"[[:space:]]*:[[:space:]]*\"([^\"\\]*)\" ]]; then name=${BASH_REMATCH[1]}; else name=world; fi
  echo "greeting $name" >&2
  printf '{"message":"Hello %s!"}\n' "$name"
}

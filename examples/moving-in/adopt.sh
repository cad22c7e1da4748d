#!/bin/sh
# What your API does with a key while the old system still runs: ask Keystile, then the old check,
# and hand over what only the old check knows.
#
#   KEYSTILE=http://127.0.0.1:5397 OPERATOR_KEY=sk_keystile_live_… ./adopt.sh < key
#
# The key comes by standard input: arguments can be seen by everybody on the machine.
set -eu
read -r key

ask() {
  curl --silent --show-error "$KEYSTILE$1" --header "Authorization: Bearer $OPERATOR_KEY" \
    --header "Content-Type: application/json" --data @-
}

old_check() {
  # Your own: reads the key, and prints the customer's id when the old system accepts it.
  echo paperboat
}

question='{"product": "bkend", "environment": "production", "operation": "GET /v1/data/users"'
code=$(printf '%s, "key": "%s"}' "$question" "$key" | ask /v1/keys/verify | sed 's/.*"code":"\([a-z_]*\)".*/\1/')
if [ "$code" = unknown_key ] && customer=$(echo "$key" | old_check); then
  printf '{"product": "bkend", "environment": "production", "organization": "%s", "key": "%s"}' \
    "$customer" "$key" | ask /v1/keys/adopt
else
  echo "$code"
fi

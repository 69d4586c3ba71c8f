# Read behind the cases' own lib.sh: their words for the API of before `run`, `items` and small letters, said with
# today's API. What a case expects is not touched.
ADAPT='walk(if type == "object" then
    (if has("run") and (.run | type) == "number" then .id = .run else . end)
    | (if .status | type == "string" then .status |= ascii_upcase else . end)
    | (if has("next_fires") then .next = .next_fires else . end)
  else . end) | if type == "object" and has("items") then .runs = .items | .schedules = .items else . end'
adapt() {
    local body; body=$(cat)
    jq -c "$ADAPT" <<<"$body" 2>/dev/null || printf '%s' "$body"
}
get() { curl -s -m 20 "$URL$1" | adapt; }
post() { curl -s -m 20 -X POST -H 'Content-Type: application/json' -d "${2:-{\}}" "$URL$1" | adapt; }
runs_of() {
    local after= page
    while :; do
        page=$(get "/api/v1/runs?limit=100&workflow=$1$after")
        jq -c '.items[]' <<<"$page"
        after=$(jq -r '.next // empty' <<<"$page"); [ -n "$after" ] || break
        after="&after=$after"
    done
}
fires() { get "/api/v1/schedules?fires=${2:-20}" | jq -r --arg w "$1" '.items[] | select(.id == $w).next[]'; }
# Tasks see only those variables of the daemon's that its configuration names.
eval "$(declare -f serve | sed '1s/serve/serve_as_it_is/')"
serve() {
    [ -z "$TOKEN_FILE" ] || [ -f "$W/stepwell.yaml" ] || echo 'tasks: {environment: [TOKEN_FILE]}' >"$W/stepwell.yaml"
    serve_as_it_is "$@"
}

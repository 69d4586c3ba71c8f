#!/usr/bin/env bash
# Builds the dashboard: build.sh OUT [OPTION...]. OUT/dist is the site, OUT/embed what the program takes in. Installs
# the packages of the lockfile where they are not those that are there. One at a time: builds share node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
# The Node that ./dev fetched goes before one that is too old.
PATH=$PWD/../build/third_party/node:$PATH
exec 9>.lock; flock 9
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' ||
    { echo "expected Node 20.19, 22.12 or newer, but there is $(node --version || echo none); ./dev build fetches one" >&2; exit 1; }
cmp -s package-lock.json node_modules/.of-lockfile || { npm ci --no-audit --no-fund; cp package-lock.json node_modules/.of-lockfile; }
STEPWELL_WEB_OUT=$out/dist npm run -s build
node scripts/embed.mjs "$out/dist" "$out/embed"

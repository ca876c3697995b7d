#!/usr/bin/env bash
# Walks the includes: rooms depend one way, rooms of lab too; no two headers include each other, however far apart; no
# folder has more than 20 sources, autodiff/ itself 44, no source but tables more than 300 lines.
set -eu
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
find autodiff models lab experiments -name '*.[hc]pp' | sort | awk '
  BEGIN {
    n = split("autodiff models lab/files lab/ranks lab/data/formats lab/data lab/run lab/uses lab/pictures lab experiments", rooms, " ")
    for (i = 1; i <= n; ++i) rank[rooms[i]] = i
  }
  function room(file,    r) {
    r = file; sub("/[^/]*$", "", r)
    while (!(r in rank) && sub("/[^/]*$", "", r)) {}
    return r
  }
  {
    file = $0; lines = 0
    while ((getline line <file) > 0) {
      ++lines
      if (match(line, /^#include <vaegrad\/[^>]+>/)) {
        to = substr(line, RSTART + 18, RLENGTH - 19)
        if (rank[room(to)] > rank[room(file)]) { print file ": includes " to ", a room above it"; bad = 1 }
        if (file ~ /hpp$/) includes[file] = includes[file] " " to
      }
    }
    close(file)
    if (lines > 300 && file !~ /table|elementwise|structure/) { print file ": " lines " lines"; bad = 1 }
    folder = file; sub("/[^/]*$", "", folder)
    most = folder == "autodiff" ? 44 : 20
    if (++count[folder] == most + 1) { print folder ": more than " most " sources"; bad = 1 }
  }
  function visit(file,    i, k, all) {
    state[file] = 1
    k = split(includes[file], all, " ")
    for (i = 1; i <= k; ++i) {
      if (state[all[i]] == 1) { print file ": in a circle with " all[i]; bad = 1 }
      else if (!state[all[i]]) visit(all[i])
    }
    state[file] = 2
  }
  END {
    for (file in includes) if (!state[file]) visit(file)
    exit bad
  }'
find experiments -name '*.[hc]pp' -printf '%h\n' | sort | uniq -c |
  awk '$1 > 20 { print $2 ": more than 20 sources"; bad = 1 } END { exit bad }'
echo "$(find autodiff models lab experiments -name '*.[hc]pp' | wc -l) sources: rooms depend one way, no header circle"

# Sections with timings, and the list of what was skipped; sourced by ./demo and ./test.
# build/skipped holds one line for each thing left out, tools/setup writes there too.
# Paths relative to the clone: every clone on a machine shares what ccache has kept.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
section_name="" section_start=0
bold() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }

# begin NAME TEXT...: says what comes now; end: how long it took.
section_times=""
begin() {
  section_name=$1 section_start=$SECONDS
  shift
  echo
  bold "== $section_name: $*"
}
end() {
  local took=$((SECONDS - section_start))
  section_times+="$(printf '%-10s %4d s' "$section_name" $took)"$'\n'
  echo "-- $section_name: $took s"
}

# skip WHAT: WHY: notes it once for the summary and goes on.
skip() {
  echo "SKIPPED $1"
  mkdir -p build
  grep -qxF -- "$1" build/skipped 2>/dev/null || echo "$1" >>build/skipped
}

print_skipped() {
  [ -s build/skipped ] || return 0
  bold "Skipped:"
  sed 's/^/  /' build/skipped
}

have() { command -v "$1" >/dev/null 2>&1; }

# configure PRESET: generates build/PRESET; quiet unless it fails.
configure() {
  local log=build/$1.configure.log
  cmake --preset "$1" >"$log" 2>&1 || { cat "$log"; return 1; }
}

# board_ready BOARD: true if the board's compiler and the third-party sources are here; otherwise notes the skip.
board_ready() {
  local compiler=arm-none-eabi-g++
  [ "$1" = rv32 ] && compiler=riscv64-unknown-elf-g++
  have $compiler || { skip "firmware $1: $compiler is not installed"; return 1; }
  [ -e third_party/lwip/.version ] || { skip "firmware $1: third_party/lwip is absent"; return 1; }
  [ -e third_party/nanopb/.version ] || { skip "firmware $1: third_party/nanopb is absent"; return 1; }
}

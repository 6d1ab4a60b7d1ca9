#!/usr/bin/env bash
# Makes Docker ready for the tests, on a bare Debian machine too: the packages, the daemon, the base image.
# Does only what is missing; run it again at will. Needs root for what it has to install or start.
set -euo pipefail

BASE=debian:bookworm-slim
LOG=${DOCKERD_LOG:-/var/log/dockerd-ci.log}

say() { echo "docker.sh: $*" >&2; }
up() { timeout 20 docker info >/dev/null 2>&1; }

install() {
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

start() {
  say "starting dockerd $*"
  setsid nohup dockerd "$@" >"$LOG" 2>&1 </dev/null &
  local daemon=$!
  for _ in $(seq 60); do
    if up; then return 0; fi
    kill -0 "$daemon" 2>/dev/null || return 1
    sleep 0.5
  done
  kill "$daemon" 2>/dev/null || true
  return 1
}

if ! command -v docker >/dev/null || { ! up && ! command -v dockerd >/dev/null; }; then
  install docker.io iptables
fi

# Without the rights for a bridge and its rules the daemon still runs containers that have no network,
# and images are built in the machine's own.
if ! up && ! start && ! start --iptables=false --ip6tables=false --bridge=none; then
  say "the daemon does not start; its last words in $LOG:"
  tail -n 5 "$LOG" >&2
  exit 1
fi

if ! docker image inspect "$BASE" >/dev/null 2>&1 && ! timeout 60 docker pull -q "$BASE" >/dev/null 2>&1; then
  say "no registry gives $BASE: making it from the packages"
  command -v debootstrap >/dev/null || install debootstrap
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase bookworm "$root" >"$root.log" || { tail -n 5 "$root.log" >&2; exit 1; }
  rm -f "$root.log"
  tar -C "$root" -c . | docker import - "$BASE" >/dev/null
fi

say "ready: daemon $(docker version --format '{{.Server.Version}}'), $BASE"

#!/bin/sh
# Make the images of docker/images, with docker or podman.
#
#     sh tools/images.sh engine          say which engine there is; on a bare Debian, as root, bring one
#     sh tools/images.sh build [NAME...] make these, or all
#     sh tools/images.sh names [NAME...] say these, or all that there are
#     sh tools/images.sh sizes           a table of those that were made
set -eu
cd "$(dirname "$0")/.."

BASE=docker.io/library/debian:bookworm-slim
PLACE=${XDG_CACHE_HOME:-$HOME/.cache}/kernel_runner/images

has() { command -v "$1" >/dev/null 2>&1; }

find_engine() {
  if has docker && docker info >/dev/null 2>&1; then
    engine=docker
    return
  fi
  if ! has podman; then bring_podman; fi
  engine=podman
  # Where there is no systemd, and nobody has said how podman is to work, it needs to be told.
  if [ "$(id -u)" = 0 ] && [ ! -d /run/systemd/system ] && [ ! -e /etc/containers/containers.conf ]
  then
    configure_podman
  fi
}

bring_podman() {
  if ! has apt-get || [ "$(id -u)" != 0 ]; then
    echo "Images need docker or podman: apt-get install podman brings one." >&2
    exit 1
  fi
  echo "installing podman" >&2
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends \
      podman runc netavark aardvark-dns iptables catatonit mmdebstrap
  } </dev/null >/dev/null
}

configure_podman() {
  mkdir -p "$PLACE"
  files=$(ulimit -Hn)
  processes=$(cat /proc/sys/kernel/pid_max)
  cat >"$PLACE/containers.conf" <<EOS
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
EOS
  export CONTAINERS_CONF="$PLACE/containers.conf"
}

bring_base() {  # from its registry, else from Debian's own archive
  if $engine image inspect "$BASE" >/dev/null 2>&1 || $engine pull --quiet "$BASE" 2>/dev/null; then
    return
  fi
  if ! has mmdebstrap; then
    echo "$BASE cannot be pulled, and mmdebstrap, which could make it, is not there." >&2
    exit 1
  fi
  echo "making $BASE with mmdebstrap" >&2
  mmdebstrap --variant=minbase --include=ca-certificates bookworm - 2>/dev/null |
    $engine import - "$BASE" >/dev/null
}

build() {  # NAME LANGUAGES PACKAGES WHEELS
  echo "building kernel-runner:$1"
  secret=/etc/ssl/certs/ca-certificates.crt
  if [ ! -s "$secret" ]; then secret=/dev/null; fi
  make_image "$@" >/dev/null
  # Their versions are known once it is there: the labels go on top.
  versions=$($engine run --rm --network none "kernel-runner:$1" \
    /opt/kernel-runner/bin/python /usr/local/lib/kernel-runner/versions.py $2)
  make_image "$@" --label "kernel_runner.versions=$versions" >/dev/null
  if [ -z "$4" ]; then
    for language in $2; do $engine tag "kernel-runner:$1" "kernel-runner:$language"; done
  fi
}

make_image() {  # NAME LANGUAGES PACKAGES WHEELS [OPTION...]
  name=$1 languages=$2 packages=$3 wheels=$4
  shift 4
  if [ $engine = podman ]; then set -- "$@" --format docker --pull=never; fi
  DOCKER_BUILDKIT=1 $engine build --quiet --network=host --file docker/Dockerfile \
    --secret "id=build_ca,src=$secret" --build-arg "DEBIAN=$BASE" \
    --build-arg "LANGUAGES=$languages" --build-arg "PACKAGES=$packages" \
    --build-arg "WHEELS=$wheels" --tag "kernel-runner:$name" "$@" .
}

wanted() {  # NAME: whether it was asked for
  case " $names " in "  " | *" $1 "*) return 0 ;; *) return 1 ;; esac
}

mode=${1:-build}
if [ $# -gt 0 ]; then shift; fi
names=$*
if [ "$mode" = names ]; then
  echo "${names:-$(sed -n 's/^\([a-z][a-z0-9]*\)	.*/\1/p' docker/images | tr '\n' ' ')}"
  exit
fi
find_engine
case $mode in
  engine) echo "$engine ${CONTAINERS_CONF:-}" ;;
  build)
    bring_base
    tab=$(printf '\t')
    while IFS=$tab read -r name languages packages wheels; do
      case $name in '#'* | '') continue ;; esac
      if wanted "$name"; then build "$name" "$languages" "${packages:-}" "${wheels:-}" </dev/null; fi
    done <docker/images
    ;;
  sizes) $engine images --format '{{.Tag}} {{.Size}}' kernel-runner ;;
  *)
    echo "There are engine, build, names and sizes, not $mode." >&2
    exit 2
    ;;
esac

#!/usr/bin/env bash
# A bare folder of a Debian suite, by debootstrap, and in it what a user of it would type. As root; by hand, or by
# .ci/full. Says the minutes of each step; the end of what failed is shown, all of it is in FOLDER.log.
#
#   tests/distributions.sh SUITE                    the README's two commands, on a clone of this checkout's HEAD
#   tests/distributions.sh SUITE consumers          nothing but the packages that an engine's user needs: programs of others
#   tests/distributions.sh SUITE packages DEB ..    no compiler: the packages are installed, and a model trained
#
#   VAEGRAD_FOLDER=/var/tmp/vaegrad-SUITE           where; made new each time
#   VAEGRAD_MIRROR=http://deb.debian.org/debian     VAEGRAD_ARCH, VAEGRAD_CMAKE_ARGS: as for ./vaegrad
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
suite=${1:?usage: tests/distributions.sh SUITE [source|consumers|packages DEB ..]} what=${2-source}
folder=${VAEGRAD_FOLDER-/var/tmp/vaegrad-$suite}
log=$folder.log
[[ $suite =~ ^[a-z]+$ && $folder == /?*/?* ]] || { echo "distributions.sh: SUITE is a name such as trixie" >&2; exit 2; }
(( EUID == 0 )) || { echo "distributions.sh: debootstrap and chroot need root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo 'distributions.sh: debootstrap is missing' >&2; exit 2; }

unmount() { ! mountpoint -q "$folder/$1" || umount "$folder/$1"; }
leave() { for at in proc dev/pts dev repository; do unmount "$at"; done; }
trap leave EXIT

inside() {
  chroot "$folder" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    "VAEGRAD_ARCH=${VAEGRAD_ARCH-native}" "VAEGRAD_CMAKE_ARGS=${VAEGRAD_CMAKE_ARGS-}" bash -euc "$1" </dev/null
}
step() {  # step 'what is said' command ..
  local start=$SECONDS text=$1; shift
  "$@" >>"$log" 2>&1 || { tail -n 40 -- "$log" >&2; echo "distributions.sh: $suite: $text: failed; all of it: $log" >&2; exit 1; }
  printf '%-10s %-60s %4d s\n' "$suite" "$text" $(( SECONDS - start ))
}

make_folder() {
  leave
  rm -rf --one-file-system -- "$folder"
  debootstrap --variant=minbase "$suite" "$folder" "${VAEGRAD_MIRROR-http://deb.debian.org/debian}"
  mount -t proc proc "$folder/proc"
  mount --bind /dev "$folder/dev"
  mkdir "$folder/repository"
  mount --bind -o ro "$root" "$folder/repository"
  inside 'apt-get update'
}
apt='apt-get install -y --no-install-recommends'
# A work tree's .git may name a folder outside of it: its HEAD is handed over as one file.
clone() {
  inside "$apt git ca-certificates"
  git -C "$root" bundle create "$folder/vaegrad.bundle" HEAD
  inside 'cd /root && git clone /vaegrad.bundle vaegrad'
}

: >"$log"
step 'debootstrap' make_folder
case $what in
  source)
    step 'git clone' clone
    step './vaegrad train' inside 'cd /root/vaegrad && ./vaegrad train'
    step 'what it left' inside 'cd /root/vaegrad/runs/latest && [[ -s reconstructions.png && -s model.safetensors ]]'
    step './vaegrad test' inside 'cd /root/vaegrad && ./vaegrad test'
    ;;
  consumers)
    step 'git clone' clone
    step 'g++, cmake, make and three libraries' inside "$apt g++ make cmake libdnnl-dev libxsimd-dev librandom123-dev"
    step 'programs of others' inside 'cd /root/vaegrad && tests/consumer/bare.sh'
    ;;
  packages)
    (( $# > 2 )) || { echo 'distributions.sh: which packages?' >&2; exit 2; }
    for deb in "${@:3}"; do cp -- "$deb" "$folder/root/"; done
    step 'apt-get install the packages' inside "$apt /root/*.deb"
    step 'vaegrad train --epochs 1' inside 'cd /root && ! command -v g++ && vaegrad train --epochs 1'
    step 'what it left' inside 'cd /root/runs/latest && [[ -s reconstructions.png && -s model.safetensors ]]'
    ;;
  *) echo "distributions.sh: $what: not one of source, consumers, packages" >&2; exit 2 ;;
esac

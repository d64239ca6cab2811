#!/bin/sh
# The proof that nothing but Python is needed: a minimal Debian 12 made on the spot, this tree in it, and the two
# commands of the README. Prints how long each part took; ends with 0 only if both commands did.
#
#   sh tests/release/bare_root.sh [--tree] [-- COMMAND...]
#
# --tree takes the working tree as it stands instead of the last commit; COMMAND... replaces the two commands.
# Needs root, debootstrap and 5 GB in ${TMPDIR:-/tmp}. Packages come from where this computer gets its own: the
# Debian archive of its apt sources, the settings of its pip, its certificates.
#
# Rules it keeps: everything runs in a mount and process namespace of its own, so no mount reaches this computer and
# no process outlives the proof, however it ends; the folder is deleted only when nothing is mounted below it.
set -eu

suite=bookworm
home_inside=/srv/sealkeeper

refuse() {
    printf 'bare_root: %s\n' "$1" >&2
    exit 1
}

first_mirror() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Identifier: Packages' |
        awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }'
}

timed() { # timed TEXT COMMAND...
    text=$1
    shift
    began=$(date +%s)
    status=0
    "$@" || status=$?
    printf '== %s: %s s, exit %s\n' "$text" "$(($(date +%s) - began))" "$status"
    return "$status"
}

make_root() {
    debootstrap --variant=minbase --include=python3,ca-certificates "$suite" "$root" "$mirror" >"$root/log" 2>&1 || {
        tail -n 20 "$root/log" >&2
        return 1
    }
    chmod 755 "$root" # services and browsers inside run as users of their own
}

copy_settings() { # where packages come from: apt, pip, certificates, names
    rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
    for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf /etc/apt/apt.conf.d \
        /etc/apt/keyrings /usr/share/keyrings /etc/pip.conf "${HOME:-/root}/.config/pip" \
        /etc/resolv.conf /etc/hosts "${PIP_CERT:-}" "${SSL_CERT_FILE:-}"; do
        if [ -n "$path" ] && [ -e "$path" ]; then
            mkdir -p "$root$(dirname "$path")"
            cp -RL "$path" "$root$(dirname "$path")/"
        fi
    done
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
}

copy_tree() {
    mkdir -p "$root$home_inside"
    if [ "$from" = commit ]; then
        git -C "$tree" archive --output "$root/tree.tar" HEAD
        tar -x -f "$root/tree.tar" -C "$root$home_inside"
        rm "$root/tree.tar"
    else
        git -C "$tree" ls-files -z --cached --others --exclude-standard |
            tar -c -C "$tree" --null -T - | tar -x -C "$root$home_inside"
    fi
}

mount_system() { # what any computer has: processes, devices, pseudo-terminals, shared memory
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
}

inside() { # inside COMMAND...: with nothing of this computer's environment but its certificates
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
        ${PIP_CERT:+"PIP_CERT=$PIP_CERT"} ${SSL_CERT_FILE:+"SSL_CERT_FILE=$SSL_CERT_FILE"} \
        chroot "$root" sh -c "cd $home_inside"' && exec "$@"' sh "$@" </dev/null
}

prove() { # the part inside the namespaces
    trap 'exit 130' INT TERM
    timed "minimal Debian with python3" make_root
    copy_settings
    copy_tree
    mount_system
    echo "== in it: $(inside python3 --version), $(inside dpkg-query -f '.' -W | wc -c) Debian packages"
    if [ $# -gt 0 ]; then
        timed "$*" inside "$@"
        return
    fi
    bad=0
    timed "./seal demo --once (first start)" inside ./seal demo --once || bad=1
    timed "./seal test" inside ./seal test || bad=1
    return "$bad"
}

if [ "${1:-}" = --in-namespaces ]; then
    root=$2 from=$3 tree=$4 mirror=$5
    shift 5
    prove "$@"
    exit
fi

from=commit
if [ "${1:-}" = --tree ]; then
    from=tree
    shift
fi
if [ "${1:-}" = -- ]; then shift; elif [ $# -gt 0 ]; then refuse "usage: bare_root.sh [--tree] [-- COMMAND...]"; fi
[ "$(id -u)" -eq 0 ] || refuse "must be root, for chroot and mount"
command -v debootstrap >/dev/null || refuse "apt-get install debootstrap"
mirror=$(first_mirror)
[ -n "$mirror" ] || refuse "apt knows no archive of $suite; apt-get update, or another Debian"
tree=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
root=$(mktemp -d "${TMPDIR:-/tmp}/bare-root.XXXXXX")
root=$(CDPATH='' cd -- "$root" && pwd -P)

clean_up() {
    status=$?
    if awk -v root="$root" 'index($5, root) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        echo "bare_root: something is mounted below $root, so it is left as it is" >&2
        exit 1
    fi
    rm -rf --one-file-system "$root"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

unshare --mount --pid --fork --kill-child \
    sh "$tree/tests/release/bare_root.sh" --in-namespaces "$root" "$from" "$tree" "$mirror" "$@"

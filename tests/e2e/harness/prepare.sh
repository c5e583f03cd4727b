# What ./demo and ./check share: packages and the build. Sourced by bash with $top set to the source tree.
#
# prepare_packages LIST…        installs what is missing, through apt-get
# prepare_build FOLDER ARGS…    autogen, configure ARGS and make, out of tree; what is there is not made again
# prepare_root                  sets the array `as_root` to what runs a command as root: nothing, or sudo

PREPARE_BUILD="gcc libc6-dev make autoconf automake pkg-config libglib2.0-dev libgmime-3.0-dev libsodium-dev libjansson-dev
    libsqlite3-dev libzstd-dev nettle-dev libicu-dev libetpan-dev libgnutls28-dev libsasl2-dev libmilter-dev"
PREPARE_RUN="python3 postfix util-linux libsasl2-modules"
PREPARE_CHECK="clang clang-format libclang-rt-14-dev universal-ctags python3-pytest openssl sasl2-bin"
PREPARE_LONG="chromium"

prepare_say() { printf '%s\n' "$*"; }
prepare_die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

prepare_root() {
    as_root=()
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null || return 1
    as_root=(sudo)
}

# Prints those of the packages that are not installed.
prepare_missing() {
    local have package
    have=" $(dpkg-query -W -f='${db:Status-Status}=${Package} ' "$@" 2>/dev/null)"
    for package; do
        case $have in *" installed=$package "*) ;; *) printf '%s ' "$package" ;; esac
    done
}

# Installing Postfix starts a server on port 25 and removes another MTA, unless it is told not to.
prepare_apt() {
    local simulated removed policy=/usr/sbin/policy-rc.d
    local -a get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
    mkdir -p "$top/build"
    prepare_run "$top/build/apt.log" "${get[@]}" update || prepare_die "apt-get update failed"
    simulated=$("${get[@]}" install -s --no-install-recommends "$@") || prepare_die "apt-get cannot install: $*"
    removed=$(awk '$1 == "Remv" { printf "%s ", $2 }' <<<"$simulated")
    [ -z "$removed" ] || prepare_die "installing $* would remove: $removed
That is another mail server, most likely, and it stays. Use another machine or a container, or install these by hand."
    printf 'postfix postfix/main_mailer_type select No configuration\n' | "${as_root[@]}" debconf-set-selections
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
        "${as_root[@]}" chmod 755 $policy
        trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    prepare_run "$top/build/apt.log" "${get[@]}" install -y --no-install-recommends "$@" || prepare_die "apt-get install failed"
    if [ "$(trap -p EXIT)" ]; then
        "${as_root[@]}" rm -f $policy
        trap - EXIT
    fi
}

prepare_packages() {
    local missing
    command -v dpkg-query >/dev/null || prepare_die "this is no Debian: install by hand what README.md lists, then use make"
    missing=$(prepare_missing "$@")
    [ -n "$missing" ] || return 0
    prepare_root || prepare_die "these packages are missing, and there is neither root nor sudo: $missing"
    prepare_say "Installing: $missing"
    # shellcheck disable=SC2086 # a list of words
    prepare_apt $missing
}

# One line that changes on a terminal, nothing elsewhere.
prepare_progress() {
    local line
    while IFS= read -r line; do
        [ -t 1 ] && printf '\r\033[K  %.76s' "$line"
    done
    [ -t 1 ] && printf '\r\033[K'
    return 0
}

prepare_run() { # LOG COMMAND…
    local log=$1 status
    shift
    "$@" 2>&1 | tee "$log" | prepare_progress
    status=${PIPESTATUS[0]}
    [ "$status" -eq 0 ] && return 0
    tail -n 40 "$log" >&2
    printf '%s: “%s” failed; all of its words are in %s\n' "${0##*/}" "$*" "$log" >&2
    return "$status"
}

prepare_configure() { # FOLDER ARGS…
    local folder=$1
    shift
    if [ ! -x "$top/configure" ]; then
        prepare_say "Making configure (autoreconf)"
        prepare_run "$folder/autogen.log" "$top/autogen.sh" || return
    fi
    [ -x "$folder/config.status" ] && [ "$(cat "$folder/configured-with" 2>/dev/null)" = "$*" ] && return 0
    prepare_say "Configuring ${folder#"$top"/} ${*:+($*)}"
    (cd "$folder" && prepare_run configure.log "$top/configure" "$@") || return
    printf '%s\n' "$*" >"$folder/configured-with"
}

prepare_build() { # FOLDER ARGS…
    local folder=$1
    shift
    mkdir -p "$folder" || return
    exec 9>"$folder/lock"
    flock -n 9 || { prepare_say "Waiting for another build in ${folder#"$top"/}" && flock 9; }
    # A folder of another checkout, or a tree configured in place, would build something else.
    [ ! -e "$top/config.status" ] || prepare_die "the source tree is configured in place: run \`make distclean\` there first"
    prepare_configure "$folder" "$@" || return
    if [ -e "$folder/make.log" ]; then
        prepare_say "Bringing ${folder#"$top"/} up to date"
    else
        prepare_say "Building in ${folder#"$top"/}"
    fi
    prepare_run "$folder/make.log" make --no-print-directory -C "$folder" -j"$(nproc)" all 9>&- || return
    exec 9>&-
}

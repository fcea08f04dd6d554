# Shared by the scripts: say what is being done, install what is missing. Sourced by bash.
say() { printf '== %s\n' "$*" >&2; }

# apt_install PACKAGE...: Debian packages that are not there yet; needs root.
apt_install() {
    if [ "$(id -u)" != 0 ]; then
        say "missing: $*. Run this as root, or install them yourself."
        exit 77
    fi
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    if ! apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; then
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    fi
}

# need_command COMMAND PACKAGE
need_command() { command -v "$1" >/dev/null || apt_install "$2"; }

# need_python_module MODULE PACKAGE: for parts that Debian splits from python3.
need_python_module() {
    python3 -c "import $1, ensurepip" 2>/dev/null || apt_install "$2"
}

# build_venv: make .cache/build-venv, the environment of what only builds need.
build_venv() {
    need_command python3 python3
    need_python_module venv python3-venv
    if [ ! -x .cache/build-venv/bin/pip ]; then
        say "making the build environment"
        rm -rf .cache/build-venv
        python3 -m venv .cache/build-venv
    fi
}

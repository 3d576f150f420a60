#!/usr/bin/env bash
# What can be told about the scripts without installing or building anything.
#   scripts_test.sh PROJECT_ROOT
set -euo pipefail
root=$1
problems=0
fail() { echo "FAILED: $*"; problems=$((problems + 1)); }

for script in deploy/quickstart deploy/install-packages tests/run .ci/run; do
  bash -n "$root/$script" || fail "$script cannot be read"
  [[ -x $root/$script ]] || fail "$script is not executable"
done

ends_with() {  # STATUS TEXT COMMAND...
  local expected=$1 text=$2 status=0 output
  shift 2
  output=$("$@" 2>&1 </dev/null) || status=$?
  ((status == expected)) || fail "$* ended with $status, not $expected"
  [[ $output == *"$text"* ]] || fail "$* does not say \"$text\": $output"
}
ends_with 2 '"--nonsense" is not an option' "$root/deploy/quickstart" --nonsense
ends_with 2 '--port wants a number' "$root/deploy/quickstart" --port=http
ends_with 2 '--minutes wants a number' "$root/deploy/quickstart" --minutes=0
ends_with 0 '--no-start' "$root/deploy/quickstart" --help
ends_with 2 '"--nonsense" is not an option' "$root/tests/run" --nonsense
ends_with 0 '--quick' "$root/tests/run" --help
ends_with 2 'usage:' "$root/deploy/install-packages"
ends_with 2 'no set nothing-like-this' "$root/deploy/install-packages" nothing-like-this

# Each package once, in a set that is known.
while read -r set package rest; do
  [[ $set =~ ^(build|test|bench)$ && -n $package && -z $rest ]] || fail "deploy/packages: $set $package $rest"
done < <(grep -v -E '^(#|$)' "$root/deploy/packages")
twice=$(awk '!/^#/ && NF { print $2 }' "$root/deploy/packages" | sort | uniq -d)
[[ -z $twice ]] || fail "deploy/packages has twice: $twice"

# With an apt-get that would remove something, and packages that are not there: nothing happens without consent.
stubs=$(mktemp -d)
trap 'rm -rf "$stubs"' EXIT
cat >"$stubs/apt-get" <<'END'
#!/bin/sh
case "$*" in
  *--simulate*) echo "Remv libboost-dev [1.74]"; echo "Inst libboost1.81-dev (1.81)" ;;
  *install*) echo "$*" >>"${0%/*}/installed" ;;
esac
END
printf '#!/bin/sh\nexit 1\n' >"$stubs/dpkg-query"
printf '#!/bin/sh\nexec "$@"\n' >"$stubs/sudo"
chmod +x "$stubs"/*
# shellcheck disable=SC1091
if [[ $(. /etc/os-release && echo "$ID $VERSION_ID") == "debian 12" ]]; then
  with_stubs=(env PATH="$stubs:$PATH" "$root/deploy/install-packages")
  ends_with 1 'would REMOVE these packages' "${with_stubs[@]}" build
  ends_with 1 'libboost-dev' "${with_stubs[@]}" build
  ends_with 1 'To agree, run: deploy/install-packages --yes build' "${with_stubs[@]}" build
  [[ ! -e $stubs/installed ]] || fail "packages were installed without consent: $(cat "$stubs/installed")"
  printf '#!/bin/sh\necho installed\n' >"$stubs/dpkg-query"
  ends_with 0 'are installed' "${with_stubs[@]}" build test
else
  ends_with 1 'installs packages on Debian 12' "$root/deploy/install-packages" build
fi

((problems == 0))

#!/usr/bin/env bash
# Unpack the Ceph of another Debian suite below a folder, with every library it needs. Nothing is installed.
#   fetch_ceph.sh SUITE MAJOR FOLDER      (for instance: sid 20 .lanes/ceph20)
# FOLDER appears when all is done. Needs Debian's apt and archive keys, not root. The packages come from the mirror
# that this machine uses already, checked by apt as always. Fails when the suite's Ceph is not of that major version.
set -euo pipefail
suite="$1" major="$2" folder="$(realpath -m "$3")"
part="$folder.part"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
fail() { printf '%s\n' "$*" >&2; exit 1; }

command -v apt-get >/dev/null && [[ -f "$keys" ]] || fail "this is no Debian"
rm -rf "$part"
mkdir -p "$part"/{lists/partial,cache/archives/partial,root}
trap 'rm -rf "$part"' EXIT

find_mirror() {
  apt-get "$@" indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' | awk '$2 " " $3 == "Debian Debian" && !n++ {print $1}'
}
mirror="$(find_mirror)"
if [[ -z "$mirror" ]]; then # apt has not looked at its sources yet
  private=(-o Dir::State::lists="$part/lists" -o Dir::Cache="$part/cache" -o APT::Sandbox::User=)
  apt-get -qq "${private[@]}" update
  mirror="$(find_mirror "${private[@]}")"
fi
[[ -n "$mirror" ]] || fail "apt knows no mirror of Debian"

: >"$part/status" # as if nothing were installed: every library is fetched
printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$mirror" "$suite" >"$part/sources.list"
apt=(apt-get -qq -o Dir::Etc::sourcelist="$part/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$part/lists"
  -o Dir::State::status="$part/status" -o Dir::Cache="$part/cache" -o APT::Sandbox::User= -o Acquire::Languages=none)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends --download-only radosgw ceph-mon ceph-osd >/dev/null

archives=("$part"/cache/archives/radosgw_*.deb)
version="$(dpkg-deb --field "${archives[0]}" Version)"
[[ "$version" == "$major".* ]] || fail "the Ceph of Debian $suite is $version, not $major"
for name in bin sbin lib lib64; do # these are links to /usr in Debian, and must be so before anything is unpacked
  mkdir -p "$part/root/usr/$name"
  ln -s "usr/$name" "$part/root/$name"
done
for archive in "$part"/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$part/root" --keep-directory-symlink --no-same-owner
done
rm -rf "$part/root"/usr/share/{doc,man,locale,icons}
rm -rf "$folder"
mv "$part/root" "$folder"

#!/bin/sh
# What the tests use from Debian: dciodvfy, Pango for the PDF, a browser for the report, PostgreSQL's programs. Each test
# that needs one of them says so and is skipped where it is missing.
packages="dicom3tools libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 chromium poppler-utils postgresql"
missing=""
for package in $packages; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests:$missing"
  # The tests start their own server in a temporary folder: Debian need not make one for the whole machine.
  servers=/etc/postgresql-common/createcluster.conf
  [ -e "$servers" ] || { mkdir -p "${servers%/*}" && echo "create_main_cluster = false" >"$servers"; }
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null \
    || echo "could not install$missing: the tests that need them are left out"
else
  echo "not root, or no apt-get: left out are the tests that need$missing"
fi
exit 0

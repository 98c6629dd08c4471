#!/bin/sh
# Makes the password with which TrackFlow speaks to ClickHouse, once: the password for TrackFlow alone to read, its hash for
# ClickHouse. Run it as root, or give the file away as it says.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
if [ -e secrets/clickhouse-password ]; then
  echo "secrets/clickhouse-password is there already; nothing was changed" >&2
  exit 0
fi
umask 077
password=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
hash=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
printf %s "$password" > secrets/clickhouse-password
cat > secrets/clickhouse-users.xml <<XML
<clickhouse>
  <users>
    <!-- The image's own user, who has no password, is held to the container itself. -->
    <default>
      <networks replace="replace"><ip>127.0.0.1</ip><ip>::1</ip></networks>
    </default>
    <trackflow>
      <password_sha256_hex>$hash</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </trackflow>
  </users>
</clickhouse>
XML
chmod 644 secrets/clickhouse-users.xml
# The user of the image (Dockerfile).
if ! chown 10001:10001 secrets/clickhouse-password 2>/dev/null; then
  echo "now: sudo chown 10001:10001 $(pwd)/secrets/clickhouse-password" >&2
fi

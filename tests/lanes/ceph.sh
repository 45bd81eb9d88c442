#!/usr/bin/env bash
# An S3 server on the loopback address: Ceph's RADOS Gateway over one monitor and one OSD that keeps all in memory.
#   ceph.sh start DIR PORT MONITOR_PORT | stop DIR | status DIR
# Needs neither root nor systemd. Two S3 users are made, first and other, with the keys ACCESS_KEY, SECRET_KEY and OTHER_ACCESS_KEY,
# OTHER_SECRET_KEY of the environment. TLS=yes serves https, with a certificate of its own in DIR/tls.pem.
# CEPH_ROOT=FOLDER runs the Ceph that fetch_ceph.sh unpacked there, by its own libraries, instead of the installed one.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

loader=()
if [[ -n "${CEPH_ROOT:-}" ]]; then
  libraries=("$CEPH_ROOT"/usr/lib/*-linux-gnu*)
  loaders=("$CEPH_ROOT"/usr/lib*/ld-linux-*.so.* "${libraries[0]}"/ld-linux-*.so.*)
  loader=("${loaders[0]}" --library-path "${libraries[0]}:${libraries[0]}/ceph:$CEPH_ROOT/usr/lib/ceph")
fi

# program NAME: the command that runs a program of Ceph, in the array `ceph`.
program() { ceph=("${loader[@]}" "${CEPH_ROOT:+$CEPH_ROOT/usr/bin/}$1"); }

new_osd() {
  if [[ -n "${CEPH_ROOT:-}" ]]; then
    program python3
    PYTHONHOME="$CEPH_ROOT/usr" "${ceph[@]}" "$CEPH_ROOT/usr/bin/ceph" --connect-timeout 5 osd new "$1" 0
  else
    ceph --connect-timeout 5 osd new "$1" 0
  fi
}

user() {
  program radosgw-admin
  logged "$1" timeout 60 "${ceph[@]}" user create --uid="$1" --display-name="$1" --access-key="$2" --secret-key="$3"
}

certificate() {
  logged certificate openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext keyUsage=critical,digitalSignature,keyCertSign \
    -keyout "$DIR/data/tls.key" -out "$DIR/tls.pem"
}

configuration() { # FSID PORT MONITOR_PORT
  local door="endpoint=127.0.0.1:$2"
  [[ -z "${TLS:-}" ]] || door="ssl_$door ssl_certificate=$DIR/tls.pem ssl_private_key=$DIR/data/tls.key"
  cat <<TEXT
[global]
fsid = $1
mon_host = [v2:127.0.0.1:$3]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
ms_mon_client_mode = crc
ms_mon_service_mode = crc
ms_mon_cluster_mode = crc
ms_client_mode = crc
keyring = $DIR/data/keyring
run_dir = $DIR/run
admin_socket =
log_file =
log_to_stderr = true
err_to_stderr = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 2
mon_data_avail_crit = 1
TEXT
  [[ -z "${CEPH_ROOT:-}" ]] || cat <<TEXT
plugin_dir = ${libraries[0]}/ceph
erasure_code_dir = ${libraries[0]}/ceph/erasure-code
osd_class_dir = ${libraries[0]}/rados-classes
TEXT
  cat <<TEXT
[mon]
mon_data = $DIR/data/mon
mon_cluster_log_file = $DIR/log/cluster
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_data = $DIR/data/osd
osd_objectstore = memstore
memstore_device_bytes = $((8 << 30))
osd_op_num_shards = 2
osd_class_load_list = *
osd_class_default_list = *
[client]
rgw_data = $DIR/data/rgw
rgw_frontends = beast $door tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_rados_pool_pg_num_min = 4
rgw_override_bucket_index_max_shards = 1
rgw_dynamic_resharding = false
rgw_enable_usage_log = false
rgw_enable_quota_threads = false
rgw_run_sync_thread = false
TEXT
}

start() { # PORT MONITOR_PORT
  local port="$1" monitor="$2" cluster osd formatting other
  : "${ACCESS_KEY:?}" "${SECRET_KEY:?}" "${OTHER_ACCESS_KEY:?}" "${OTHER_SECRET_KEY:?}"
  cluster="$(</proc/sys/kernel/random/uuid)"
  osd="$(</proc/sys/kernel/random/uuid)"
  mkdir -p "$DIR"/data/{mon,osd,rgw}
  : >"$DIR/data/keyring"
  configuration "$cluster" "$port" "$monitor" >"$DIR/ceph.conf"
  export CEPH_CONF="$DIR/ceph.conf"
  [[ -z "${TLS:-}" ]] || certificate

  program ceph-osd
  logged osd-format "${ceph[@]}" -i 0 --no-mon-config --mkfs --osd-uuid "$osd" &
  formatting=$!
  program monmaptool
  logged map "${ceph[@]}" --create --clobber --fsid "$cluster" --addv a "[v2:127.0.0.1:$monitor]" "$DIR/data/map"
  program ceph-mon
  logged monitor-format "${ceph[@]}" -i a --mkfs --monmap "$DIR/data/map"
  spawn monitor "${ceph[@]}" -i a -f
  wait_for 60 "the quorum" new_osd "$osd"
  wait "$formatting"
  program ceph-osd
  spawn osd "${ceph[@]}" -i 0 -f

  # The first user is written before the gateway starts: that also makes its zone and pools, which two cannot at once.
  user first "$ACCESS_KEY" "$SECRET_KEY"
  program radosgw
  spawn gateway "${ceph[@]}" -n client.rgw -f
  user other "$OTHER_ACCESS_KEY" "$OTHER_SECRET_KEY" &
  other=$!
  wait_for 60 "the gateway" listens "$port"
  wait "$other"
}

serve "$@"

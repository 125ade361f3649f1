#!/bin/sh
# A server of the cluster. The addresses of pods change, so whoever has lost the others introduces itself to them again;
# the first server deals the slots, once all are there.
set -eu
port=6379
peers=$(for number in 0 1 2 3 4 5; do echo "redis-$number.redis-peers"; done)
address_of() { getent hosts "$1" | awk '{ print $1; exit }'; }

cluster_is() { redis-cli -h "$POD_IP" -p "$port" cluster info | grep -q "$1"; }

deal_slots() {
  nodes=''
  for peer in $peers; do
    address=$(address_of "$peer") && [ -n "$address" ] || return 0
    redis-cli -h "$address" -p "$port" ping | grep -q PONG || return 0
    nodes="$nodes $address:$port"
  done
  # shellcheck disable=SC2086
  redis-cli --cluster create $nodes --cluster-replicas 1 --cluster-yes
}

keep_together() {
  while sleep 5; do
    cluster_is '^cluster_state:ok' && continue
    if [ "$POD_NAME" = redis-0 ] && cluster_is '^cluster_known_nodes:1\b' && cluster_is '^cluster_slots_assigned:0\b'; then
      deal_slots || true
      continue
    fi
    # A server that has not been in the cluster waits to be fetched.
    cluster_is '^cluster_known_nodes:1\b' && continue
    for peer in $peers; do
      address=$(address_of "$peer") || continue
      redis-cli -h "$POD_IP" -p "$port" cluster meet "$address" "$port" >/dev/null || true
    done
  done
}

keep_together &
exec redis-server --port "$port" --bind "$POD_IP" 127.0.0.1 --dir /data --save '' --appendonly no \
  --requirepass "$REDIS_PASSWORD" --masterauth "$REDIS_PASSWORD" \
  --maxmemory 384mb --maxmemory-policy allkeys-lru \
  --cluster-enabled yes --cluster-config-file /data/nodes.conf --cluster-node-timeout 5000 --cluster-announce-ip "$POD_IP"

#!/bin/sh
# Makes capture.pcap again: real programs talk over a veth pair between two network namespaces of
# their own, and tcpdump writes down what passes. Needs root, and from Debian: iproute2 ethtool tcpdump
# iputils-ping curl python3 netcat-openbsd dnsmasq-base bind9-dnsutils.
#
#     tests/data/capture.sh [OUTPUT]        (default: capture.pcap beside this script)
#
# Nothing leaves the namespaces; they are removed again, whatever happens.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/capture.pcap}
client=phx-client-$$
server=phx-server-$$
work=$(mktemp -d)
started=

say() { echo "capture.sh: $*" >&2; }

clean_up() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    ip netns del "$client" 2>/dev/null || true
    ip netns del "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

for tool in ip ethtool tcpdump ping curl python3 nc dnsmasq dig; do
    command -v "$tool" >/dev/null || { say "$tool is not installed"; exit 1; }
done

at_client() { ip netns exec "$client" "$@"; }
at_server() { ip netns exec "$server" "$@"; }
# Starts a program in the server's namespace and remembers it for the end.
serve() {
    ip netns exec "$server" "$@" >"$work/served.log" 2>&1 &
    started="$started $!"
}

# Two hosts, one wire. MAC addresses are fixed and locally administered; checksums are computed by the
# sender and segments are cut to the MTU, as on a real wire.
ip netns add "$client"
ip netns add "$server"
ip -n "$client" link add wire address 02:00:00:00:00:01 type veth \
    peer name wire address 02:00:00:00:00:02 netns "$server"
for side in "$client" "$server"; do
    ip netns exec "$side" ethtool -K wire tx off rx off tso off gso off gro off >/dev/null
    ip -n "$side" link set lo up
done
ip -n "$client" addr add 192.0.2.1/24 dev wire
ip -n "$server" addr add 192.0.2.2/24 dev wire
ip -n "$client" addr add 2001:db8::1/64 dev wire nodad
ip -n "$server" addr add 2001:db8::2/64 dev wire nodad

# The recorder listens before the client's end is up, so the first neighbour messages are in.
ip -n "$server" link set wire up
ip netns exec "$server" tcpdump --immediate-mode -Z root -n -s 0 -i wire -w "$work/capture.pcap" \
    2>"$work/tcpdump.log" &
recorder=$!
started="$started $recorder"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q 'listening on' "$work/tcpdump.log" && break
    sleep 0.2
done
grep -q 'listening on' "$work/tcpdump.log" || { cat "$work/tcpdump.log" >&2; exit 1; }
ip -n "$client" link set wire up
sleep 2

# The servers: HTTP over both IP versions, DNS, a TCP sink and a UDP sink.
mkdir "$work/www"
for size in 64 700 1400 5000; do
    head -c "$size" /dev/zero | tr '\0' 'p' >"$work/www/page-$size"
done
serve python3 -m http.server 80 --bind 192.0.2.2 --directory "$work/www"
serve python3 -m http.server 80 --bind 2001:db8::2 --directory "$work/www"
serve dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null --user=root \
    --pid-file --listen-address=192.0.2.2 --bind-interfaces \
    --address=/host.example/192.0.2.2 --address=/host.example/2001:db8::2
serve nc -lk 192.0.2.2 7000
serve nc -luk 192.0.2.2 7001
sleep 1

# The traffic.
at_client ping -q -c 8 -i 0.05 192.0.2.2 >/dev/null
at_client ping -q -c 2 -i 0.05 -s 1400 192.0.2.2 >/dev/null
at_client ping -q -6 -c 8 -i 0.05 2001:db8::2 >/dev/null
for page in page-64 page-700 page-1400; do
    at_client curl -s -o /dev/null "http://192.0.2.2/$page"
    at_client curl -s -o /dev/null -g "http://[2001:db8::2]/$page"
done
at_client curl -s -o /dev/null "http://192.0.2.2/page-5000"
at_client curl -s -o /dev/null "http://192.0.2.2/missing"
for name in a b c d e f g h; do
    at_client dig +short +tries=1 @192.0.2.2 "$name.host.example" A >/dev/null
    at_client dig +short +tries=1 @192.0.2.2 "$name.host.example" AAAA >/dev/null
done
for port in 40001 40002 40003 40004 40005 40006; do
    { for line in one two three; do echo "tcp $port $line"; sleep 0.05; done; } |
        at_client nc -N -p "$port" 192.0.2.2 7000
done
for port in 50001 50002 50003 50004 50005 50006 50007 50008; do
    { for line in one two three; do echo "udp $port $line"; sleep 0.05; done; } |
        at_client nc -u -w 1 -p "$port" 192.0.2.2 7001
done
# Nobody listens there: a TCP reset, and an ICMP "port unreachable".
at_client nc -z -w 1 192.0.2.2 9 || true
echo nobody | at_client nc -u -w 1 192.0.2.2 9 || true

sleep 1
kill -TERM "$recorder"
wait "$recorder" || true
cat "$work/tcpdump.log" >&2
cp "$work/capture.pcap" "$output"
say "wrote $output, $(stat -c %s "$output") bytes"

# A card near node 0 and two near node 1, of which a server has two: queues and packets lie where the first is.

# cards NODE: the network cards near it.
cards() {
    for device in /sys/bus/pci/devices/*; do
        [ "$(cat "$device/class")" = 0x020000 ] && [ "$(cat "$device/numa_node")" = "$1" ] || continue
        basename "$device"
    done
}
ZERO=$(cards 0)
ONE=$(cards 1 | head -n 1)
TWO=$(cards 1 | tail -n 1)
names() { echo "$ZERO $ONE $TWO"; }
check cards names
phalanx bind vfio-pci "$ZERO" "$ONE" "$TWO" >/dev/null

# served NAME CARD CARD: what a server with these has, as another process sees it.
served() {
    mp_server -l 0 --file-prefix="$1" --socket-mem=24,24 -a "$2" -a "$3" -- -p 3 -n 1 >"/tmp/$1.out" 2>&1 &
    server=$!
    for served_try in $(seq 600); do
        grep -q 'Finished Process Init' "/tmp/$1.out" && break
        [ -d /proc/$server ] || break
        sleep 0.1
    done
    serve look phalanx-peer serve -l 1 --file-prefix="$1" --proc-type=secondary
    check "$1_pool" ask look pages-of MProc_pktmbuf_pool
    for card in "$2" "$3"; do
        for queue in rx0 tx0; do check "$1_$queue@$card" ask look pages-of "$queue@$card"; done
    done
    check "$1_logs" phalanx logs --file-prefix "$1"
    check "$1_look_ends" dismiss look
    kill -INT $server
    check "$1_ends" wait $server
}
served near "$ONE" "$TWO"
served mixed "$ZERO" "$ONE"

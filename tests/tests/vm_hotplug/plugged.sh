# Four peers, each with a pipe for its commands: links go and come; a card is plugged in, attached, pulled, and plugged
# in again; one is given by UIO.

cd /tmp
# peer N TYPE ARGUMENTS: starts one.
peer() {
    mkfifo "in$1"; : > "out$1"
    phalanx-peer serve --file-prefix $prefix --proc-type=$2 --lcores "$1@0" $3 < "in$1" >> "out$1" 2>&1 &
    eval "pid$1=$!"
    sleep 600 > "in$1" &
    for i in $(seq 600); do grep -q ^joined "out$1" && break; sleep 0.1; done
}
answers() { grep -c '^ok\|^error' "out$1"; }
say() { n=$1; shift; echo "$*" > "in$n"; }
hear() {
    for i in $(seq 600); do [ "$(answers "$1")" -gt "$2" ] && break; sleep 0.1; done
    grep '^ok\|^error' "out$1" | tail -n 1
}
# ask N COMMAND: what it answers.
ask() { n=$1; before=$(answers "$n"); say "$@"; hear "$n" "$before"; }
there() { [ -e /sys/bus/pci/devices/0000:01:00.0 ]; }
# plug MODEL: plugs a card in.
VIRTIO=virtio-net-pci,disable-legacy=on,iommu_platform=on,ats=on
plug() { monitor device_add $1,id=x,bus=late,netdev=n; for i in $(seq 60); do there && break; sleep 1; done; there; }
unplugged() { for i in $(seq 60); do there || break; sleep 0.5; done; ! there; }
ports() { for n in $*; do ask "$n" ports; done; }
hear_all() { for n in $1; do ask "$n" await-port "$2" "$3"; done; }
fired() { awk -v card="(0000:00:$1)" 'index($0, "vfio") && index($0, card) { n += $2 + $3 } END { print n + 0 }' /proc/interrupts; }
link() {
    fired_before=$(fired "$1")
    monitor set_link "$2" "$3" >/dev/null
    hear_all "0 1 2" "$4" "0000:00:$1"
    [ "$(fired "$1")" -gt "$fired_before" ] && echo ok it has interrupted
}

prefix=late
peer 0 primary "-m 16"
peer 1 secondary
peer 2 secondary
peer 3 secondary
for n in 0 1 2 3; do ask $n port-news; done
ask 0 device-news

phalanx bind vfio-pci 00:11.0 00:12.0 00:13.0
ask 0 pool-of-packets peer.packets 1023
for card in 11.0 12.0 13.0; do
    ask 1 attach 0000:00:$card
    ask 0 port-up 0000:00:$card 1 1
done
check e1000e_down link 11.0 nic0 off is-down
check e1000e_up link 11.0 nic0 on is-up-at-1-Gbps-FDX
check virtio_down link 12.0 nic1 off is-down
check virtio_up link 12.0 nic1 on is-up-at-unknown-speed-FDX
check line_down link 13.0 nic2 off is-down
check line_up link 13.0 nic2 on is-up-at-1-Gbps-FDX
for card in 11.0 12.0 13.0; do ask 0 detach 0000:00:$card; done
check absent ask 1 attach 01:00.0
monitor netdev_add hubport,id=n,hubid=7
check plugged plug e1000e
check told_plugged ask 0 await-device pci device 0000:01:00.0 is there
check unbound ask 1 attach 01:00.0
check bind phalanx bind vfio-pci 01:00.0
check attached ask 1 attach 01:00.0,rx_size=256
check seen ports 0 1 2
check virtual ask 2 attach net_null0
check virtual_seen ports 0 1 2
check virtual_gone ask 1 detach net_null0
check seen_after ports 0 1 2
check again ask 2 attach pci:0000:01:00.0
check up ask 0 port-up 0000:01:00.0 1 1
check rx ask 1 open-rx 0000:01:00.0 0
check tx ask 2 open-tx 0000:01:00.0 0
check receive ask 1 port-receive
check busy ask 2 detach 01:00.0 100
check still ports 0 1 2
ask 2 await-port is-going 0000:01:00.0
ask 2 await-port stays 0000:01:00.0
check driven phalanx unbind 01:00.0
check driven_elsewhere phalanx bind uio_pci_generic 00:12.0 01:00.0
check driven_left driver 0000:01:00.0
check driven_table phalanx devices

kill -9 $pid1
monitor device_del x
check told_going hear_all "0 2 3" is-going 0000:01:00.0
check let_go ask 2 drop-queues
check told_gone hear_all "0 2 3" is-gone 0000:01:00.0
check gone ports 0 2
check pulled unplugged
check told_pulled ask 0 await-device pci device 0000:01:00.0 is gone

check plugged_anew plug e1000e
phalanx bind vfio-pci 01:00.0
check attached_anew ask 2 attach 01:00.0,rx_size=1024,tx_size=64
check up_anew ask 0 port-up 0000:01:00.0 1 1
check rx_anew ask 2 open-rx 0000:01:00.0 0
check by_force ask 0 detach 01:00.0 0 force
check forced ports 0 2
check nothing ask 2 port-receive
ask 2 drop-queues
check attached_last ask 2 attach 01:00.0,rx_size=256
kill -9 $pid0
check orphaned ask 2 await-port has-lost-its-owner 0000:01:00.0
check detached_by_an_heir ask 2 detach 01:00.0
check none ports 2
check audit phalanx audit --file-prefix late

prefix=bare
phalanx bind uio_pci_generic 01:00.0
peer 4 primary "-m 16 --iova-mode=pa"
peer 5 secondary
check bare ask 5 attach 01:00.0
ask 5 detach 01:00.0
check bare_own ask 4 attach 01:00.0
ask 4 port-news
ask 4 port-up 0000:01:00.0 1 1
check bus_first ask 4 await-link 0000:01:00.0 up
# Whoever closes it, the kernel keeps the card from memory.
: < /dev/uio0
check bus_lost ask 4 await-port is-down 0000:01:00.0
check bus_again ask 4 await-port is-up-at-1-Gbps-FDX 0000:01:00.0
check driven_by_uio phalanx unbind 01:00.0
ask 4 detach 01:00.0
check driven_no_more phalanx unbind 01:00.0
cat out0 out2 out4 out5

# Three peers, each with a pipe for its commands: a card is plugged in, attached, pulled, and plugged in again.

cd /tmp
prefix=late
# peer N TYPE ARGUMENTS: starts one.
peer() {
    mkfifo "in$1"; : > "out$1"
    phalanx-peer serve --file-prefix $prefix --proc-type=$2 --lcores "$1@0" $3 < "in$1" >> "out$1" 2>&1 &
    eval "pid$1=$!"
    sleep 600 > "in$1" &
    for i in $(seq 600); do grep -q ^joined "out$1" && break; sleep 0.1; done
}
# ask N COMMAND: what it answers.
answers() { grep -c '^ok\|^error' "out$1"; }
say() { n=$1; shift; echo "$*" > "in$n"; }
hear() {
    for i in $(seq 600); do [ "$(answers "$1")" -gt "$2" ] && break; sleep 0.1; done
    grep '^ok\|^error' "out$1" | tail -n 1
}
ask() { n=$1; before=$(answers "$n"); say "$@"; hear "$n" "$before"; }
there() { [ -e /sys/bus/pci/devices/0000:01:00.0 ]; }
plug() { monitor device_add e1000e,id=x,bus=late,netdev=n; for i in $(seq 60); do there && break; sleep 1; done; there; }
unplugged() { for i in $(seq 60); do there || break; sleep 0.5; done; ! there; }
ports() { for n in $*; do ask "$n" ports; done; }

peer 0 primary "-m 16"
peer 1 secondary
peer 2 secondary
for n in 0 1 2; do ask $n port-news; done
ask 0 device-news
check absent ask 1 attach 01:00.0
monitor netdev_add hubport,id=n,hubid=7
check plugged plug
check told_plugged ask 0 await-device pci device 0000:01:00.0 is there
check unbound ask 1 attach 01:00.0
check bind phalanx bind vfio-pci 01:00.0
check attached ask 1 attach 01:00.0,rx_size=256
check seen ports 0 1 2
check again ask 2 attach pci:0000:01:00.0
ask 0 pool-of-packets peer.packets 1023
check up ask 0 port-up 0000:01:00.0 1 1
check rx ask 1 open-rx 0000:01:00.0 0
check tx ask 2 open-tx 0000:01:00.0 0
check receive ask 1 port-receive
check busy ask 2 detach 01:00.0 100
check still ports 0 1 2
ask 2 await-port is-going 0000:01:00.0
ask 2 await-port stays 0000:01:00.0

kill -9 $pid1
monitor device_del x
check told_going ask 2 await-port is-going 0000:01:00.0
check let_go ask 2 drop-queues
check told_gone ask 2 await-port is-gone 0000:01:00.0
check gone ports 0 2
check pulled unplugged
check told_pulled ask 0 await-device pci device 0000:01:00.0 is gone

check plugged_anew plug
phalanx bind vfio-pci 01:00.0
check attached_anew ask 2 attach 01:00.0,rx_size=256
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
cat out0 out2

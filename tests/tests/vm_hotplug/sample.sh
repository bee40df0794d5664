# Behind dying.sh: three hotplug_mp, a virtual device and the plugged card. The first, which owns both, dies.

phalanx bind vfio-pci 01:00.0
# sample N: starts one.
sample() {
    mkfifo "in$1"; : > "out$1"
    hotplug_mp --file-prefix sample --proc-type=auto --lcores "$1@0" $2 < "in$1" >> "out$1" 2>&1 &
    eval "pid$1=$!"
    sleep 600 > "in$1" &
    shown "$1" 'example>'
}
# shown N TEXT: until it has shown that since the last order.
shown() {
    for shown_try in $(seq 600); do grep -q "$2" "out$1" && return 0; sleep 0.1; done
    cat "out$1"
    return 1
}
# order N TEXT COMMAND: gives it one; it has to show that text, and then to wait for the next.
order() {
    order_to=$1 order_text=$2
    shift 2
    : > "out$order_to"
    say "$order_to" "$@"
    shown "$order_to" "$order_text" && shown "$order_to" 'example>'
}
listed() { for n in $*; do order $n "net_null0" list && cat "out$n" || return 1; done; }

sample 17 "-m 16"
sample 18
sample 19
check sample_virtual order 19 "attached device net_null0" attach net_null0
check sample_card order 18 "attached device 0000:01:00.0" attach 01:00.0
check sample_listed listed 17 18 19
kill -9 $pid17
check sample_still listed 18 19
check sample_detached order 19 "detached device 0000:01:00.0" detach 01:00.0
check sample_gone listed 18
check sample_again order 19 "attached device 0000:01:00.0" attach 01:00.0
check sample_back listed 18 19
check sample_last order 18 "detached device net_null0" detach net_null0
ends() { for n in 19 18; do say $n quit; eval "wait \$pid$n" || return 1; done; }
check sample_ends ends
check sample_left find /dev/hugepages -name 'sample*'

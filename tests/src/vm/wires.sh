# What scripts in a guest may use of phalanx-wire.

# wires PREFIX KILLS COUNT DEVICE DEVICE: two processes send COUNT packets to each other and more; the secondary is killed
# KILLS times and, if that is not 0, the primary once. Shows what the last of each have said.
# naps PREFIX KILLS COUNT DEVICE DEVICE [OPTION]: one process owns the ports, one sleeps on the second, one sends COUNT
# packets by the first with pauses. If KILLS is not 0, COUNT more are sent while the sleeper is killed, and the owner.
export XDG_RUNTIME_DIR=/tmp
mkdir -p /tmp
give() {
    driver=$1
    shift
    for device in "$@"; do
        path=/sys/bus/pci/devices/0000:00:$device
        [ -e $path/driver ] && echo 0000:00:$device >$path/driver/unbind
        echo $driver >$path/driver_override
        echo 0000:00:$device >/sys/bus/pci/drivers_probe
    done
}
await() {
    for i in $(seq 600); do grep -q "$2" "$1" 2>/dev/null && return 0; sleep 0.1; done
    echo "$1 never said $2:"
    cat "$1"
    return 1
}
secondary() {
    phalanx-wire 1 $count --lcores=1@1 --proc-type=secondary --file-prefix=$prefix >$1 2>&1 &
    two=$!
    await $1 open:
}
wires() {
    prefix=$1 kills=$2 count=$3 devices="-a 0000:00:$4 -a 0000:00:$5"
    rm -f /tmp/enough /tmp/one /tmp/two
    : >/tmp/wrong
    phalanx-wire 0 $count $devices -l 0 -m 24 --file-prefix=$prefix >/tmp/one 2>&1 &
    one=$!
    await /tmp/one open: || return 1
    for kill in $(seq $kills); do
        secondary /tmp/two || return 1
        sleep 0.2
        kill -9 $two
        wait $two 2>/dev/null
        grep WRONG /tmp/two >>/tmp/wrong
    done
    secondary /tmp/two || return 1
    if [ $kills != 0 ]; then
        sleep 0.2
        kill -9 $one
        wait $one 2>/dev/null
        grep WRONG /tmp/one >>/tmp/wrong
        phalanx-wire 0 $count --lcores=2@0 --proc-type=primary --file-prefix=$prefix >/tmp/one 2>&1 &
        one=$!
        await /tmp/one open: || return 1
        # What the dead one had on its way is given up, and others come.
        sleep 2
    fi
    touch /tmp/enough
    wait $two
    two=$?
    wait $one
    one=$?
    cat /tmp/wrong /tmp/one /tmp/two
    return $((one + two))
}

napper() {
    phalanx-wire nap --lcores=1@1 --proc-type=secondary --file-prefix=$prefix >/tmp/nap 2>&1 &
    nap=$!
    await /tmp/nap open: || return 1
}
naps() {
    prefix=$1 kills=$2 count=$3 devices="-a 0000:00:$4 -a 0000:00:$5" option=$6
    rm -f /tmp/enough /tmp/own /tmp/nap
    phalanx-wire own $devices $option -l 0 -m 24 --file-prefix=$prefix >/tmp/own 2>&1 &
    own=$!
    await /tmp/own open: && napper || return 1
    sleep 1
    talker="--lcores=2@0 --proc-type=secondary --file-prefix=$prefix"
    if [ $kills != 0 ]; then
        phalanx-wire talk $count 1000 $talker || return 1
        phalanx-wire talk $count 1000 last $talker &
        talk=$!
        sleep 0.4
        kill -9 $nap
        wait $nap 2>/dev/null
        cat /tmp/nap
        napper || return 1
        sleep 0.4
        kill -9 $own
        wait $own 2>/dev/null
        cat /tmp/own
        phalanx-wire own --lcores=3@0 --proc-type=primary --file-prefix=$prefix >/tmp/own 2>&1 &
        own=$!
        await /tmp/own open: || return 1
        wait $talk || return 1
    else
        phalanx-wire talk $count 1000 last $talker || return 1
    fi
    wait $nap
    nap=$?
    touch /tmp/enough
    wait $own
    own=$?
    cat /tmp/own /tmp/nap
    return $((own + nap))
}

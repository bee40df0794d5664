# What scripts in a guest may use of phalanx-wire.

# wires PREFIX KILLS COUNT DEVICE DEVICE: two processes send COUNT packets to each other and more; the secondary is killed
# KILLS times and, after every tenth and in the end, the primary. Shows what all have said of what was amiss, and the
# last of each altogether.
# naps PREFIX KILLS COUNT DEVICE DEVICE [OPTION]: one process owns the ports, one sleeps on the second, one sends COUNT
# packets by the first with pauses. If KILLS is not 0, COUNT more are sent, and as many as it takes, while the sleeper is
# killed, and the owner; and then until the next sleeper was woken often.
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
primary() {
    : >/tmp/one
    phalanx-wire 0 $count --file-prefix=$prefix "$@" >/tmp/one 2>&1 &
    one=$!
    await /tmp/one open:
}
secondary() {
    : >/tmp/two
    phalanx-wire 1 $count --lcores=1@1 --proc-type=secondary --file-prefix=$prefix >/tmp/two 2>&1 &
    two=$!
    await /tmp/two open:
}
# end NAME PID: at another moment each time.
end() {
    sleep 0.$((1 + kill % 3))$((kill * 7 % 10))
    kill -9 $2
    wait $2 2>/dev/null
    grep 'WRONG\|LATE\|FAILED' /tmp/$1 >>/tmp/amiss
}
wires() {
    prefix=$1 kills=$2 count=$3
    rm -f /tmp/enough /tmp/one /tmp/two
    : >/tmp/amiss
    primary -a 0000:00:$4 -a 0000:00:$5 -l 0 -m 24 || return 1
    for kill in $(seq $kills); do
        secondary || return 1
        end two $two
        [ $kill = $kills ] || [ $((kill % 10)) = 0 ] || continue
        secondary || return 1
        end one $one
        primary --lcores=$((kill + 1))@0 --proc-type=primary || return 1
        end two $two
    done
    secondary || return 1
    touch /tmp/enough
    wait $two
    two=$?
    wait $one
    one=$?
    cat /tmp/amiss /tmp/one /tmp/two
    return $((one + two))
}

napper() {
    phalanx-wire nap --lcores=1@1 --proc-type=secondary --file-prefix=$prefix >/tmp/nap 2>&1 &
    nap=$!
    await /tmp/nap open: || return 1
}
naps() {
    prefix=$1 kills=$2 count=$3 devices="-a 0000:00:$4 -a 0000:00:$5" option=$6 then=${7-$6}
    rm -f /tmp/enough /tmp/settled /tmp/own /tmp/nap
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
        phalanx-wire own $then --lcores=3@0 --proc-type=primary --file-prefix=$prefix >/tmp/own 2>&1 &
        own=$!
        await /tmp/own open: || return 1
        touch /tmp/settled
        wait $talk || return 1
    else
        touch /tmp/settled
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

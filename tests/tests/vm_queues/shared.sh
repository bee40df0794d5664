# Two processes on the two queues of a card; a third has the card at the other end.

export XDG_RUNTIME_DIR=/tmp

# member NAME OPTIONS: a peer of the group.
member() {
    member_name=$1
    shift
    serve "$member_name" phalanx-peer serve --file-prefix="$kind" "$@"
}
# must NAME COMMAND: what it answers is shown only if it is an error.
must() { must_said=$(ask "$@") || { echo "$must_said"; return 1; }; }
hold() { must "$1" hold-rx "$near" "$2" && must "$1" hold-tx "$near" "$2"; }
both() { ask "$1" take-flows && ask "$2" take-flows; }

start() {
    phalanx bind vfio-pci "$near" "$far" >/dev/null
    size=rx_size=256,tx_size=256
    member one -l 0 -m 32 -a "$near,$size" -a "$far,$size"
    must one port-up "$near" 2 2 && must one port-up "$far" 1 1 || return 1
    member two --proc-type=secondary --lcores=1@1
    member third --proc-type=secondary --lcores=2@0
    hold one 0 && hold two 1 && must third hold-rx "$far" 0 && must third hold-tx "$far" 0 || return 1
    for card in "$near" "$far"; do must one await-link "$card" up || return 1; done
    # Queues have buffers once they were looked at.
    for name in one two third; do must $name take-flows || return 1; done
}
there() { must third give-flows 0 200 && both one two; }
sent() {
    for part in "one 0" "two 50"; do
        must ${part% *} give-flows ${part#* } 50 && ask third take-flows || return 1
    done
}
# A tap forgets in some seconds by which queue a flow was sent: so again, if this machine was busy.
back() {
    for back_try in 1 2 3 4 5; do
        must one give-flows 0 50 && must two give-flows 50 50 && must third give-flows 0 100 back || return 1
        must third take-flows && both one two >/tmp/back || return 1
        [ "$kind" = virtio ] && [ "$(head -n 1 /tmp/back)" != "ok $(echo $(seq 0 49))" ] || break
    done
    cat /tmp/back
}
secondary_dead() {
    kill -9 "$(pid two)"
    must third give-flows 0 200 || return 1
    member next --proc-type=secondary --lcores=3@1
    hold next 1 && both one next
}
primary_dead() {
    kill -9 "$(pid one)"
    must third give-flows 0 200 || return 1
    member heir --proc-type=primary --lcores=4@0
    hold heir 0 && both heir next
}
ends() { dismiss third && dismiss next && dismiss heir; }

# queues KIND NEAR FAR
queues() {
    kind=$1 near=0000:00:$2 far=0000:00:$3
    check "${kind}_start" start
    for step in there sent back secondary_dead primary_dead; do check "${kind}_$step" $step; done
    check "${kind}_audit" phalanx audit --file-prefix="$kind"
    check "${kind}_ends" ends
}
queues e1000e 11.0 12.0
[ ! -e /sys/bus/pci/devices/0000:00:13.0 ] || queues virtio 13.0 14.0

# What scripts in a guest may use.

# load MODULE...: with what they need.
load() {
    for module in "$@"; do
        [ -f "/mod/$module.order" ] || { echo "load: there is no module $module in this guest"; return 1; }
        while read -r file; do
            name=$(echo "${file%.ko}" | tr - _)
            [ -d "/sys/module/$name" ] || insmod "/mod/$file" || return 1
        done <"/mod/$module.order"
    done
}

# check NAME COMMAND...: runs it, and marks what it says and how it ends, for tests/src/vm.
# It is no failure of the script: who reads the marks decides.
check() {
    check_name=$1
    shift
    echo "=== begin $check_name"
    "$@"
    echo "=== end $check_name $?"
}

# monitor LINE...: gives QEMU's monitor a line, e.g. `monitor device_del late0`, and shows what it says (QMP).
monitor() {
    monitor_line=$(echo "$*" | sed 's/["\\]/\\&/g')
    exec 3<>/dev/ttyS2
    echo '{"execute":"qmp_capabilities"}' >&3
    echo "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"$monitor_line\"}}" >&3
    while read -t 1 -r monitor_answer <&3; do echo "$monitor_answer"; done
    exec 3>&-
}

# driver ADDRESS, group ADDRESS: the driver that has a device, and its IOMMU group; nothing without.
driver() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")" 2>/dev/null; }
group() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")" 2>/dev/null; }

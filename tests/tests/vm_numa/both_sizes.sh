# Each node has a CPU, a page of 1 GB and 32 of 2 MB.

export XDG_RUNTIME_DIR=/tmp
free_pages() {
    for size in 1048576 2048; do
        cat /sys/devices/system/node/node[01]/hugepages/hugepages-${size}kB/free_hugepages
    done
    find /dev/hugepages /dev/hugepages1G -type f
}
lists() { grep /dev/hugepages "/proc/$(pid "$1")/numa_maps" | grep -o 'file=[^ ]*\| N[0-9]=[0-9]*' | tr -d '\n'; }

serve first phalanx-peer serve -l 0 --socket-mem=1032,1032
serve far phalanx-peer serve -l 1 --proc-type=secondary
check lists lists far
for node in 0 1; do
    check huge$node ask far zone-on $node huge$node 600000000 1G
    check zone$node ask far zone-on $node zone$node 3000000 2M
    check ring$node ask first ring-on $node ring$node 65536
    check pool$node ask first pool-on $node pool$node 4000
    for kind in huge zone ring pool; do check $kind${node}_pages ask first pages-of $kind$node; done
done
check full ask first zone-on 1 more 600000000 1G
check filled ask first zone-on 1 filled 420000000 1G
check near ask first zone-on ~1 near 100000000
check near_pages ask far pages-of near
check far_ends dismiss far
check first_ends dismiss first
check start phalanx-peer join -l 0 --socket-mem=0,2048
check free free_pages

serve limited phalanx-peer serve -l 0 --socket-limit=1056,32
check below ask limited zone-on 0 below 600000000
check above ask limited zone-on 1 above 600000000
check limit ask limited zone-on 1 small 12000000
check limited_ends dismiss limited
check limited_free free_pages

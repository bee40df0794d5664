# Queues of virtio cards, as small, as large and as many as QEMU makes them.

for card in 12 13 14; do phalanx bind vfio-pci 0000:00:$card.0 >/dev/null; done
# sized ARGUMENTS: one queue each way of a card with such.
sized() {
    serve sized phalanx-peer serve -l 0 -m 8 -a "0000:00:12.0,$1"
    ask sized run-ports 1 1
    dismiss sized
}
check rx_beyond sized rx_size=2048
check tx_beyond sized tx_size=512
check no_power phalanx-peer join -l 0 -m 8 -a 0000:00:12.0,rx_size=1000
check too_few phalanx-peer join -l 0 -m 8 -a 0000:00:12.0,tx_size=8

serve wire phalanx-peer serve -l 0 -m 24 -a 0000:00:12.0,rx_size=1024 -a 0000:00:13.0,rx_size=16,tx_size=16
check extremes ask wire run-ports 1 1
# along TO FROM: ten at a time, many times around the small rings.
along() {
    ask wire hold-rx "$1" 0 && ask wire hold-tx "$2" 0 && ask wire take-all || return 1
    for round in 1 2 3 4 5 6; do ask wire give 60 10 && ask wire take 10 || return 1; done
    ask wire shut
}
check into_large along 0000:00:12.0 0000:00:13.0
check into_small along 0000:00:13.0 0000:00:12.0
check wire_ends dismiss wire

if [ -e /sys/bus/pci/devices/0000:00:14.0 ]; then
    serve many phalanx-peer serve -l 0 -m 24 -a 0000:00:14.0
    check most ask many port-up 0000:00:14.0 64 64
    check last_rx ask many hold-rx 0000:00:14.0 63
    check last_tx ask many hold-tx 0000:00:14.0 63
    check by_last ask many give 60 3
    ask many shut
    check beyond ask many port-up 0000:00:14.0 65 65
    check uneven ask many port-up 0000:00:14.0 2 1
    check one ask many port-up 0000:00:14.0 1 1
    check many_ends dismiss many
fi

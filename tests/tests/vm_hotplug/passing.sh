# Behind plugged.sh, with another card on the wire of the one that is plugged in. Peer 8 sends by the card that was
# there, and has what comes back: peer 7, then peer 6, passes what the plugged one receives to a port that gives it
# back, and that to the plugged one.

kill -9 $pid2 $pid3 $pid4 $pid5
prefix=wired
phalanx bind vfio-pci 00:14.0 01:00.0
peer 6 primary "-m 24 -a 0000:00:14.0 --vdev net_ring0 --vdev net_ring1"
peer 7 secondary
peer 8 secondary
for n in 6 7 8; do ask $n port-news; done
check run ask 6 run-ports 1 1
check attached_there ask 8 attach 01:00.0
ask 6 remake 0000:01:00.0 1 1 1500
for card in 0000:00:14.0 0000:01:00.0; do check link_$card ask 6 await-link $card up; done
check pass ask 7 pass 0000:01:00.0 0 net_ring0 0
check hold ask 8 hold-rx 0000:00:14.0 0
check hold_tx ask 8 hold-tx 0000:00:14.0 0
# Its queue has buffers then.
check quiet ask 8 take-all
both() { ask 8 give $1 $2; ask 8 take $2; }
check there_and_back both 60 20
check long_ones both 1514 20

ask 8 give 60 40
kill -9 $pid7
ask 8 give 60 40
check heir ask 6 pass 0000:01:00.0 0 net_ring0 0
check left ask 8 take-all
check after_the_death both 60 20

# What is given now goes round until the card is pulled, some seconds later.
ask 8 give 60 30
ask 8 shut
check round ask 8 pass 0000:00:14.0 0 net_ring1 0
monitor device_del x
check going ask 6 await-port is-going 0000:01:00.0
check passed ask 6 stop-passing
check passed_there ask 8 stop-passing
check went ask 6 await-port is-gone 0000:01:00.0
check ports_left ports 6 8
check pulled_there unplugged
check wired_audit phalanx audit --file-prefix wired
cat out6 out8

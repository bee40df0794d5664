# Behind plugged.sh, with another card on the wire of the one that is plugged in. Peer 5 sends by the card that was
# there, and has what comes back: peer 4, then peer 3, passes what the plugged one receives to a port that gives it
# back, and that to the plugged one.

kill -9 $pid2
prefix=wired
phalanx bind vfio-pci 00:11.0
peer 3 primary "-m 24 -a 0000:00:11.0 --vdev net_ring0 --vdev net_ring1"
peer 4 secondary
peer 5 secondary
for n in 3 4 5; do ask $n port-news; done
check run ask 3 run-ports 1 1
check attached_there ask 5 attach 01:00.0
ask 3 remake 0000:01:00.0 1 1 1500
for card in 0000:00:11.0 0000:01:00.0; do check link_$card ask 3 await-link $card up; done
check pass ask 4 pass 0000:01:00.0 0 net_ring0 0
check hold ask 5 hold-rx 0000:00:11.0 0
check hold_tx ask 5 hold-tx 0000:00:11.0 0
# Its queue has buffers then.
check quiet ask 5 take-all
both() { ask 5 give $1 $2; ask 5 take $2; }
check there_and_back both 60 20
check long_ones both 1514 20

ask 5 give 60 40
kill -9 $pid4
ask 5 give 60 40
check heir ask 3 pass 0000:01:00.0 0 net_ring0 0
check left ask 5 take-all
check after_the_death both 60 20

# What is given now goes round until the card is pulled, some seconds later.
ask 5 give 60 30
ask 5 shut
check round ask 5 pass 0000:00:11.0 0 net_ring1 0
monitor device_del x
check going ask 3 await-port is-going 0000:01:00.0
check passed ask 3 stop-passing
check passed_there ask 5 stop-passing
check went ask 3 await-port is-gone 0000:01:00.0
check ports_left ports 3 5
check pulled_there unplugged
check wired_audit phalanx audit --file-prefix wired
cat out3 out5

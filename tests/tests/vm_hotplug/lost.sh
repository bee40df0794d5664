# Behind sample.sh, the two cards of passing.sh by UIO: one is pulled while packets go round.

prefix=lost
check lost_plugged there
phalanx bind uio_pci_generic 00:14.0 01:00.0
peer 20 primary "-m 24 --iova-mode=pa -a 0000:00:14.0 -a 0000:01:00.0 --vdev net_ring0 --vdev net_ring1"
peer 21 secondary
for n in 20 21; do ask $n port-news; done
ask 20 run-ports 1 1
for card in 0000:00:14.0 0000:01:00.0; do ask 20 remake $card 1 1 1500; ask 20 await-link $card up; done
ask 21 hold-rx 0000:00:14.0 0
ask 21 hold-tx 0000:00:14.0 0
ask 21 take-all
ask 20 pass 0000:01:00.0 0 net_ring0 0
ask 21 give 60 30
ask 21 shut
check lost_round ask 21 pass 0000:00:14.0 0 net_ring1 0
monitor device_del x
check lost_going ask 20 await-port is-going 0000:01:00.0
check lost_passed ask 20 stop-passing
check lost_passed_there ask 21 stop-passing
check lost_went ask 20 await-port is-gone 0000:01:00.0
check lost_ports ports 20 21
check lost_pulled unplugged
ask 20 detach 00:14.0
check lost_mbufs ask 20 free-mbufs
check lost_audit phalanx audit --file-prefix lost
cat out20 out21

# Behind passing.sh. The owner of a card dies in the middle of attaching it, by the hand of one that is asked whether
# it can use it, and in the middle of detaching it, which one that has a queue holds up.

prefix=dying
check anew plug e1000e
phalanx bind vfio-pci 01:00.0
peer 12 primary "-m 16"
peer 13 secondary
peer 14 secondary
peer 15 secondary
for n in 12 13 14; do ask $n port-news; done
ask 15 guard kill $pid12
check attach_ended ask 13 attach 01:00.0
kill -9 $pid15
check nobodys_ports ports 13 14
check nobodys_driver driver 0000:01:00.0
check attached_by_an_heir ask 13 attach 01:00.0
check heirs_ports ports 13 14
check heirs_card ask 13 port-up 0000:01:00.0 1 1
check heirs_link ask 13 await-link 0000:01:00.0 up

peer 16 secondary
check held ask 14 open-rx 0000:01:00.0 0
before=$(answers 16)
say 16 detach 01:00.0 40000
check detaching ask 14 await-port is-going 0000:01:00.0
kill -9 $pid13
check detach_ended hear 16 $before
check kept_ports ports 14 16
ask 14 drop-queues
check detached_by_a_third ask 16 detach 01:00.0
check dying_none ports 14 16
check dying_audit phalanx audit --file-prefix dying
cat out13 out14 out16
kill -9 $pid14 $pid16
check dying_unbound phalanx unbind 01:00.0

# Behind plugged.sh, with another card on the wire of the one that is plugged in. The third peer sends by the card that
# was there, and has what comes back: the second, then the first, passes what the plugged one receives to a port that
# gives it back, and that to the plugged one.

# both LEN COUNT: what the third sends, and what it has back.
both() { ask $sender give $1 $2; ask $sender take $2; }

# passing KIND FIRST SECOND THIRD: with a card of that kind plugged in, and peers of these numbers.
passing() {
    prefix=$1
    owner=$2 passer=$3 sender=$4
    phalanx bind vfio-pci 00:14.0 01:00.0
    peer $owner primary "-m 24 -a 0000:00:14.0 --vdev net_ring0 --vdev net_ring1"
    peer $passer secondary
    peer $sender secondary
    for n in $owner $passer $sender; do ask $n port-news; done
    check $1_run ask $owner run-ports 1 1
    check $1_attached ask $sender attach 01:00.0
    ask $owner remake 0000:01:00.0 1 1 1500
    for card in 0000:00:14.0 0000:01:00.0; do check $1_link_$card ask $owner await-link $card up; done
    check $1_pass ask $passer pass 0000:01:00.0 0 net_ring0 0
    check $1_hold ask $sender hold-rx 0000:00:14.0 0
    check $1_hold_tx ask $sender hold-tx 0000:00:14.0 0
    # Its queue has buffers then.
    check $1_quiet ask $sender take-all
    check $1_there_and_back both 60 20
    check $1_long_ones both 1514 20

    ask $sender give 60 40
    eval "kill -9 \$pid$passer"
    ask $sender give 60 40
    check $1_heir ask $owner pass 0000:01:00.0 0 net_ring0 0
    check $1_left ask $sender take-all
    check $1_after_the_death both 60 20

    # What is given now goes round until the card is pulled, some seconds later.
    ask $sender give 60 30
    ask $sender shut
    check $1_round ask $sender pass 0000:00:14.0 0 net_ring1 0
    monitor device_del x
    check $1_going ask $owner await-port is-going 0000:01:00.0
    check $1_passed ask $owner stop-passing
    check $1_passed_there ask $sender stop-passing
    check $1_went ask $owner await-port is-gone 0000:01:00.0
    check $1_ports_left ports $owner $sender
    check $1_pulled unplugged
    check $1_audit phalanx audit --file-prefix $1
    cat out$owner out$sender
    eval "kill -9 \$pid$owner \$pid$sender"
}

kill -9 $pid2 $pid3 $pid4 $pid5
passing e1000e 6 7 8
check virtio_plugged plug $VIRTIO
passing virtio 9 10 11

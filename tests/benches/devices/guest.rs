//! The guest, what is run in it in turn, and the table of it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

use phalanx_tests::dpdk;

use crate::{Options, Take, other};

const RUN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vm/run");
/// DPDK ends a thread by way of it, and loads it only then.
const LIBGCC: &str = "/lib/x86_64-linux-gnu/libgcc_s.so.1";

/// Each of the two has each pair of cards to itself for a turn of either of its processes, DPDK first, so many times.
const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
mkdir -p /var/run
for card in 11 12 13 14; do
    device=/sys/bus/pci/devices/0000:00:$card.0
    [ -e $device/driver ] && echo 0000:00:$card.0 >$device/driver/unbind
    echo vfio-pci >$device/driver_override
    echo 0000:00:$card.0 >/sys/bus/pci/drivers_probe
done
both() {
    program=$1 name=$2 cards=$3
    $program -l 0 $cards -m 64 --file-prefix=$name -- SECONDS 1 >/tmp/first 2>/tmp/errors &
    first=$!
    for i in $(seq 600); do
        grep -q ready /tmp/first && break
        [ -d /proc/$first ] || { cat /tmp/errors; return 1; }
        sleep 0.1
    done
    $program -l 1 $cards --proc-type=secondary --file-prefix=$name -- SECONDS 1 >/tmp/second 2>/tmp/errors2 || {
        cat /tmp/errors2
        kill $first
        return 1
    }
    wait $first || { cat /tmp/errors; return 1; }
    grep -h -E '^(primary|secondary) ' /tmp/first /tmp/second | sed "s/^/RATE $name /"
}
E1000E="-a 0000:00:11.0 -a 0000:00:12.0"
VIRTIO="-a 0000:00:13.0 -a 0000:00:14.0"
for turn in $(seq TIMES); do
    both wire dpdk-e1000e "$E1000E" || exit 1
    both "devices TAKE" phalanx-e1000e "$E1000E" || exit 1
    both wire dpdk-virtio "$VIRTIO" || exit 1
    both "devices TAKE" phalanx-virtio "$VIRTIO" || exit 1
done
"#;

/// Rates by whose they are, with which cards, and by which process.
type Rates = BTreeMap<(String, String), Vec<f64>>;

/// Boots the guest, and prints the table.
pub(crate) fn measure(options: Options) -> io::Result<()> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let wire = dpdk::wire(scratch)?;
    let script = scratch.join("devices.sh");
    let take = match options.take {
        Take::Mbufs => "--take-turns",
        Take::Bundles => "--take-turns-by-bundles",
    };
    let text = SCRIPT.replace("TAKE", take).replace("SECONDS", &options.seconds.to_string());
    std::fs::write(&script, text.replace("TIMES", &options.times.to_string()))?;
    let mut command = Command::new(RUN);
    command.args(["--iommu", "--pages-2m", "160", "--memory", "1024"]);
    command.args(["--modules", "vfio-pci vfio_iommu_type1"]);
    for card in ["e1000e@a", "e1000e@a", "virtio@b", "virtio@b"] {
        command.args(["--nic", card]);
    }
    command.arg("--file").arg(wire);
    command.args(["--file", &format!("{LIBGCC}:{LIBGCC}")]);
    let own = std::env::current_exe()?;
    command.arg("--file").arg(format!("{}:w/devices", own.display()));
    command.arg("--script").arg(script);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(other(format!("the guest ended with {}: {said}{errors}", output.status)));
    }
    print(&rates(&said))
}

fn rates(said: &str) -> Rates {
    let mut rates = Rates::new();
    for line in said.lines() {
        if let ["RATE", whose, role, rate] = line.split_whitespace().collect::<Vec<_>>()[..]
            && let Ok(rate) = rate.parse()
        {
            rates.entry((whose.to_owned(), role.to_owned())).or_default().push(rate);
        }
    }
    rates
}

/// The middle one, the least and the most, in thousands.
fn spread(rates: &Rates, whose: &str, role: &str) -> io::Result<[f64; 3]> {
    let mut all = rates.get(&(whose.to_owned(), role.to_owned())).cloned().unwrap_or_default();
    all.sort_by(f64::total_cmp);
    match (all.first(), all.get(all.len() / 2), all.last()) {
        (Some(least), Some(middle), Some(most)) => Ok([*middle, *least, *most].map(|it| it / 1e3)),
        _ => Err(other(format!("{whose} has said nothing as {role}"))),
    }
}

fn print(rates: &Rates) -> io::Result<()> {
    println!("| cards, process | Phalanx | DPDK 22.11 | ratio |\n|---|--:|--:|--:|");
    for card in ["e1000e", "virtio"] {
        for role in ["primary", "secondary"] {
            let [ours, least, most] = spread(rates, &format!("phalanx-{card}"), role)?;
            let [theirs, low, high] = spread(rates, &format!("dpdk-{card}"), role)?;
            println!(
                "| {card}, {role} | {ours:.0} ({least:.0} to {most:.0}) | {theirs:.0} ({low:.0} to {high:.0}) | {:.2} |",
                ours / theirs
            );
        }
    }
    println!(
        "\nThousands of packets of 60 bytes received a second: the middle one of all turns, the least, the most."
    );
    Ok(())
}

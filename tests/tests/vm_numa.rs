//! Two NUMA nodes, with hugepages on each: what is asked of a node lies there, as the kernel says of each
//! page to another process than asked for it; a node that is full, or may not have more, is named; who
//! uses memory from afar is told of once, and so is a device that does. Three cards lie near a node each.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, SERVING, Told};
use serde_json::Value;

/// Each node has a CPU and 32 pages of 2 MB.
const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
free_pages() {
    cat /sys/devices/system/node/node[01]/hugepages/hugepages-2048kB/free_hugepages
    find /dev/hugepages -type f
}
# The files of a process's memory, and on which nodes their pages lie.
lists() { grep /dev/hugepages "/proc/$(pid "$1")/numa_maps" | grep -o 'file=[^ ]*\| N[0-9]=[0-9]*' | tr -d '\n'; }

serve first phalanx-peer serve -l 0 --socket-mem=16,8
serve far phalanx-peer serve -l 1 --proc-type=secondary
check lists lists first
for node in 0 1; do
    check zone$node ask first zone-on $node zone$node 3000000
    check ring$node ask first ring-on $node ring$node 65536
    check pool$node ask first pool-on $node pool$node 4000
    for kind in zone ring pool; do check $kind${node}_pages ask far pages-of $kind$node; done
    check first_uses$node ask first use-pool pool$node
    check again$node ask first use-pool pool$node
    check far_uses$node ask far use-pool pool$node
done
check info phalanx info --json
check table phalanx info
check logs phalanx logs

check full ask first zone-on 1 big 60000000
check full_left phalanx info --json
check nowhere ask first zone-on 2 none 64
check filled ask first zone-on 1 filled 45000000
check near ask first zone-on ~1 near 30000000
check near_pages ask far pages-of near
check far_ends dismiss far
check first_ends dismiss first
check free free_pages

check start phalanx-peer join -l 0 --socket-mem=8,1024
check no_node phalanx-peer join -l 0 --socket-mem=8,8,8
check start_free free_pages

serve spread phalanx-peer serve -l 1 -m 80
check spread lists spread
check spread_ends dismiss spread

serve limited phalanx-peer serve -l 0 --socket-limit=16,4
check below ask limited zone-on 0 below 12000000
check above ask limited zone-on 1 above 6000000
check limit ask limited zone-on 1 small 3000000
check limited_ends dismiss limited
check limited_free free_pages
"#;

/// Cards near the nodes.
const CARDS: &str = include_str!("vm_numa/cards.sh");

/// The same with pages of both sizes.
const BOTH_SIZES: &str = include_str!("vm_numa/both_sizes.sh");

fn guest() -> Option<Guest> {
    let guest = Guest::new(require::vm()?).file(&app("phalanx"));
    Some(guest.file(Path::new(env!("CARGO_BIN_EXE_phalanx-peer"))))
}

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let guest = guest()?.with(&["--nodes", "2", "--memory", "1024"]).pages_2m(32);
    let guest = guest.iommu().modules("vfio-pci vfio_iommu_type1").file(&app("mp_server"));
    let cards = ["e1000e@w%0", "e1000e@w%1", "e1000e@w%1"];
    let guest = cards.iter().fold(guest, |guest, card| guest.nic(card));
    Some(TOLD.get_or_init(|| guest.run(&format!("{SERVING}{SCRIPT}{CARDS}"))))
}

/// What check `name` has said, which ended with 0; `None` where there are no guests.
#[track_caller]
fn said(name: &str) -> Option<&'static str> {
    Some(told()?.check(name).assert_success().trim_end())
}

/// The same of a peer that was asked for what it cannot do.
#[track_caller]
fn refused<'a>(told: &'a Told, name: &str) -> &'a str {
    let check = told.check(name);
    assert_eq!(check.status(), 1, "{check:?}");
    check.text().trim_end().strip_prefix("error ").expect("an error")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What `info --json` says of `name` among `kind`.
fn node_of(info: &Value, kind: &str, name: &str) -> Value {
    let all = info[kind].as_array().unwrap();
    all.iter().find(|it| it["name"] == name).map(|it| it["node"].clone()).unwrap()
}

#[test]
fn memory_that_is_asked_of_a_node_at_start_lies_there() {
    let Some(lists) = said("lists") else { return };
    let lists: Vec<&str> = lists.split("file=").filter(|it| !it.is_empty()).collect();
    let on = |node: &str, pages: &str| {
        let suffix = format!(" N{node}={pages}");
        lists
            .iter()
            .filter(|list| list.ends_with(&suffix) && list.matches(" N").count() == 1)
            .count()
    };
    assert_eq!((on("0", "8"), on("1", "4")), (1, 1), "{lists:?}");
}

#[test]
fn zones_rings_and_pools_lie_on_the_node_that_was_asked_for() {
    let Some(info) = said("info") else { return };
    let info = json(info);
    for node in [0, 1] {
        for (kind, kinds) in [("zone", "zones"), ("ring", "rings"), ("pool", "mempools")] {
            let name = format!("{kind}{node}");
            said(&name);
            let pages = said(&format!("{name}_pages")).unwrap_or_default();
            assert!(pages.starts_with(&format!("ok {node}:")), "{name}: {pages}");
            assert!(!pages.contains(' ') || pages.matches(':').count() == 1, "{name}: {pages}");
            assert_eq!(node_of(&info, kinds, &name), node, "{name}");
        }
    }
}

#[test]
fn info_shows_nodes() {
    let Some(info) = said("info") else { return };
    let info = json(info);
    let nodes = |kind: &str| {
        let all = info[kind].as_array().unwrap().iter();
        all.map(|it| it["node"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((nodes("lcores"), nodes("memseg_lists")), (vec![0, 1], vec![0, 1]));
    let table = said("table").unwrap_or_default();
    // The zones come before the rings.
    let line = table.lines().rfind(|line| line.trim_start().starts_with("ring1 ")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("1"), "{table}");
}

#[test]
fn who_uses_a_pool_of_another_node_is_told_of_once() {
    let Some(logs) = said("logs") else { return };
    for (lcore, pool) in [(0, 1), (1, 0)] {
        let words = format!(
            "lcore {lcore} is of NUMA node {lcore} and uses the pool pool{pool}, which lies on node {pool}"
        );
        assert_eq!(logs.matches(&words).count(), 1, "{words}: {logs}");
    }
    assert_eq!(logs.matches(" and uses the pool ").count(), 2, "{logs}");
}

/// The cards near node 0, and near node 1.
fn cards() -> Option<[&'static str; 3]> {
    let names: Vec<_> = said("cards")?.split(' ').collect();
    Some(names.try_into().expect("three cards"))
}

/// Asserts that all pages of what a check was about lie on this node.
#[track_caller]
fn assert_all_on(node: u32, check: &str) {
    let pages = said(check).unwrap_or_default();
    let is_there = pages.starts_with(&format!("ok {node}:")) && pages.matches(':').count() == 1;
    assert!(is_there, "{check}: {pages}");
}

#[test]
fn queues_lie_near_their_card_and_packets_too_unless_something_else_is_asked_for() {
    let Some([zero, one, two]) = cards() else { return };
    for (server, card, node) in
        [("near", one, 1), ("near", two, 1), ("mixed", zero, 0), ("mixed", one, 1)]
    {
        for queue in ["rx0", "tx0"] {
            assert_all_on(node, &format!("{server}_{queue}@{card}"));
        }
    }
    assert_all_on(1, "near_pool");
    // One pool serves the ports of two nodes, and lies near the first.
    assert_all_on(0, "mixed_pool");
}

#[test]
fn a_card_that_writes_into_buffers_of_another_node_is_told_of_once() {
    let Some([_, one, _]) = cards() else { return };
    let far = " and writes into buffers of the pool ";
    let logs = said("near_logs").unwrap_or_default();
    assert_eq!(logs.matches(far).count(), 0, "{logs}");
    let logs = said("mixed_logs").unwrap_or_default();
    let words = format!(
        "the device of rx0@{one} is near NUMA node 1{far}MProc_pktmbuf_pool, which lies on node 0"
    );
    assert_eq!((logs.matches(&words).count(), logs.matches(far).count()), (1, 1), "{logs}");
    for server in ["near", "mixed"] {
        said(&format!("{server}_look_ends"));
        said(&format!("{server}_ends"));
    }
}

#[test]
fn a_node_that_is_full_is_named_and_nothing_has_changed() {
    let Some(told) = told() else { return };
    let why = refused(told, "full");
    let words = "more pages of 2048 kB on node 1 were wanted, ";
    assert!(why.contains(words), "{why}");
    let free = why.split_once(words).and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    assert!(free.is_some_and(|pages: u32| pages < 28), "what is free on that node: {why}");
    let lists = |check| json(told.check(check).assert_success())["memseg_lists"].clone();
    assert_eq!(lists("info"), lists("full_left"));
    assert!(refused(told, "nowhere").contains(" on node 2: the group has no such pages"));
}

#[test]
fn what_only_prefers_a_node_that_is_full_lies_elsewhere() {
    let Some(pages) = said("near_pages") else { return };
    said("filled");
    said("near");
    assert!(pages.starts_with("ok 0:") && !pages.contains(" 1:"), "{pages}");
}

#[test]
fn what_a_group_had_of_each_node_goes_back() {
    let Some(free) = said("free") else { return };
    said("far_ends");
    said("first_ends");
    assert_eq!(free, "32\n32");
    assert_eq!((said("start_free"), said("limited_free")), (Some(free), Some(free)));
}

#[test]
fn a_start_that_a_node_cannot_serve_is_refused_in_one_line() {
    let Some(told) = told() else { return };
    let why = told.check("start").assert_refused();
    assert!(why.contains("512 pages of 2 MB were wanted on node 1 and 32 are free;"), "{why}");
    let why = told.check("no_node").assert_refused();
    assert!(why.contains("--socket-mem") && why.contains('2'), "{why}");
}

#[test]
fn an_amount_is_filled_node_by_node() {
    let Some(lists) = said("spread") else { return };
    assert!(lists.contains(" N0=32") && lists.contains(" N1=8"), "{lists}");
    said("spread_ends");
}

#[test]
fn a_limit_on_a_node_holds_on_that_node_alone() {
    let Some(told) = told() else { return };
    told.check("below").assert_success();
    let why = refused(told, "above");
    assert!(why.contains("on node 1 were wanted: the limit is 4194304 bytes"), "{why}");
    assert!(why.contains("--socket-limit"), "{why}");
    told.check("limit").assert_success();
}

/// Pages of 1 GB want a big guest, and a second each to be cleared.
#[test]
#[ignore = "a guest of 6 GB: cargo test -p phalanx-tests --test vm_numa -- --ignored"]
fn pages_of_both_sizes_lie_on_the_node_that_was_asked_for() {
    let Some(guest) = guest() else { return };
    let guest = guest.with(&["--nodes", "2", "--memory", "6144", "--pages-1g", "1"]).pages_2m(32);
    let told = guest.run(&format!("{SERVING}{BOTH_SIZES}"));
    let ok = |name: &str| told.check(name).assert_success().trim_end();
    for page in ["hugepages1G", "hugepages"] {
        for node in 0..2 {
            let pages = if page == "hugepages" { 4 } else { 1 };
            let is_it = |list: &str| {
                list.starts_with(&format!("/dev/{page}/"))
                    && list.ends_with(&format!(" N{node}={pages}"))
            };
            let lists = ok("lists").split("file=").filter(|list| is_it(list));
            assert_eq!(lists.count(), 1, "{page} on node {node}: {}", ok("lists"));
        }
    }
    for node in 0..2 {
        for kind in ["huge", "zone", "ring", "pool"] {
            ok(&format!("{kind}{node}"));
        }
        // 600 MB in one page of 1 GB, and 3 MB in two of 2 MB.
        assert_eq!(ok(&format!("huge{node}_pages")), format!("ok {node}:1"));
        assert_eq!(ok(&format!("zone{node}_pages")), format!("ok {node}:2"));
        for kind in ["ring", "pool"] {
            let pages = ok(&format!("{kind}{node}_pages"));
            assert!(pages.starts_with(&format!("ok {node}:")), "{kind}{node}: {pages}");
            assert_eq!(pages.matches(':').count(), 1, "{kind}{node}: {pages}");
        }
    }
    let why = refused(&told, "full");
    assert!(why.contains("1 more page of 1048576 kB on node 1 was wanted, 0 are free"), "{why}");
    ok("filled");
    assert_eq!(ok("near_pages"), "ok 0:1", "the other node's page of 1 GB");
    let why = told.check("start").assert_refused();
    assert!(why.contains("on node 1 and "), "{why}");
    ok("below");
    let why = refused(&told, "above");
    assert!(why.contains("on node 1 was wanted: the limit is 33554432 bytes"), "{why}");
    ok("limit");
    for name in ["far_ends", "first_ends", "limited_ends"] {
        ok(name);
    }
    assert_eq!((ok("free"), ok("limited_free")), ("1\n1\n32\n32", "1\n1\n32\n32"));
}

//! On which NUMA node a pool lies, and who is told that it is far.

use super::*;
use crate::fake::FakePlatform;
use crate::group::flags;
use crate::heap::Node;
use crate::log::Told;

fn pool(group: &Group, name: &str, node: Node) -> Mempool<u64> {
    let config = PoolConfig::new(64).cache(8).node(node);
    Mempool::create(group, name, &config).unwrap()
}

fn lcore(group: &Group, id: u16, node: u32) -> Lcore {
    group.claim_lcore(id, &CpuSet::new(), node, LcoreRole::NonEal).unwrap()
}

/// Pools that somebody was told to be far: name, and lcore.
fn far(platform: &FakePlatform) -> Vec<(Name, u16)> {
    let told = platform.told.lock().unwrap();
    let far = told.iter().filter_map(|told| match *told {
        Told::FarPool { pool, lcore, .. } => Some((pool, lcore)),
        _ => None,
    });
    far.collect()
}

#[test]
fn a_pool_lies_on_the_node_that_was_asked_for() {
    let (group, _) = fake::group_with_memory();
    for (name, node, lies_on) in [
        ("any", Node::Any, 0),
        ("on", Node::On(1), 1),
        ("near", Node::Prefer(1), 1),
        ("nowhere", Node::Prefer(7), 0),
    ] {
        let pool = pool(&group, name, node);
        assert_eq!((pool.lies_on(), pool.node()), (Some(lies_on), node.wanted()), "{name}");
    }
    let config = PoolConfig::new(64).node(Node::On(7));
    let refused = Mempool::<u64>::create(&group, "none", &config).unwrap_err();
    assert!(refused.to_string().contains("node 7"), "{refused}");
}

#[test]
fn an_lcore_far_from_its_pool_is_told_of_once() {
    let (group, platform) = fake::group_with_memory();
    let (here, there) = (pool(&group, "here", Node::On(0)), pool(&group, "there", Node::On(1)));
    let lcore = lcore(&group, 5, 0);
    for _ in 0..3 {
        here.cache(&lcore).unwrap();
        there.cache(&lcore).unwrap();
    }
    let name = name("there");
    assert_eq!(far(platform), [(name, 5)]);
    let told = Told::FarPool { pool: name, node: 1, lcore: 5, near: 0 };
    assert!(platform.told.lock().unwrap().contains(&told));
}

#[test]
fn ordinary_pages_are_far_from_nobody() {
    let (group, platform) = fake::group_with_memory();
    group.region().header.flags.set(flags::NO_HUGE);
    let pool = pool(&group, "anywhere", Node::On(7));
    assert_eq!(pool.lies_on(), None);
    pool.cache(&lcore(&group, 5, 3)).unwrap();
    assert_eq!(far(platform), []);
}

//! What is planned from what there is and what was asked for.

use super::*;

const MB: u64 = 1 << 20;
const GB: u64 = 1 << 30;

fn source(page_bytes: u64, nodes: &[(u32, u64)]) -> Source {
    Source { page_bytes, grain_bytes: page_bytes, dir: None, nodes: nodes.to_vec(), limit: None }
}

fn pinned(lists: &[PlannedList]) -> Vec<(u64, u32, u64)> {
    lists.iter().map(|l| (l.page_bytes / MB, l.node, l.pinned_bytes / MB)).collect()
}

#[test]
fn without_an_amount_nothing_is_pinned_and_every_list_may_grow() {
    let lists =
        plan(&[source(2 * MB, &[(0, 64 * MB)])], &Wanted::OnDemand, Growth::Dynamic).unwrap();
    assert_eq!(pinned(&lists), [(2, 0, 0)]);
    assert_eq!(lists[0].range_bytes, RANGE_MAX);
}

#[test]
fn big_pages_take_what_they_fit_and_small_ones_the_rest() {
    let sources = [source(GB, &[(0, 4 * GB)]), source(2 * MB, &[(0, 64 * MB)])];
    let lists = plan(&sources, &Wanted::Total(GB + 3 * MB), Growth::Dynamic).unwrap();
    assert_eq!(pinned(&lists), [(1024, 0, 1024), (2, 0, 4)]);
}

#[test]
fn an_amount_below_a_page_takes_one_page() {
    let lists =
        plan(&[source(2 * MB, &[(0, 64 * MB)])], &Wanted::Total(MB), Growth::Dynamic).unwrap();
    assert_eq!(pinned(&lists), [(2, 0, 2)]);
}

#[test]
fn a_total_is_filled_node_by_node() {
    let sources = [source(2 * MB, &[(0, 6 * MB), (1, 64 * MB)])];
    let lists = plan(&sources, &Wanted::Total(10 * MB), Growth::Dynamic).unwrap();
    assert_eq!(pinned(&lists), [(2, 0, 6), (2, 1, 4)]);
}

#[test]
fn an_amount_a_node_goes_to_that_node_or_fails_with_its_name() {
    let sources = [source(2 * MB, &[(0, 6 * MB), (1, 64 * MB)])];
    let lists = plan(&sources, &Wanted::PerNode(vec![2 * MB, 8 * MB]), Growth::Dynamic).unwrap();
    assert_eq!(pinned(&lists), [(2, 0, 2), (2, 1, 8)]);
    let error = plan(&sources, &Wanted::PerNode(vec![8 * MB]), Growth::Dynamic).unwrap_err();
    assert!(
        matches!(error, MemoryError::NotEnough { ref nodes, free_bytes, .. } if *nodes == [0] && free_bytes == 6 * MB)
    );
}

#[test]
fn what_a_limit_forbids_is_said_to_be_the_limits_doing() {
    let mut small = source(2 * MB, &[(0, 64 * MB)]);
    small.limit = Some(4 * MB);
    let text = plan(&[small], &Wanted::Total(6 * MB), Growth::Dynamic).unwrap_err().to_string();
    assert!(text.contains("--pagesz-mem"), "{text}");
}

#[test]
fn a_limit_on_a_page_size_holds_and_zero_disables_it() {
    let mut small = source(2 * MB, &[(0, 64 * MB)]);
    small.limit = Some(4 * MB);
    assert!(plan(&[small.clone()], &Wanted::Total(6 * MB), Growth::Dynamic).is_err());
    small.limit = Some(0);
    assert!(matches!(
        plan(&[small], &Wanted::OnDemand, Growth::Dynamic),
        Err(MemoryError::None { .. })
    ));
}

#[test]
fn fixed_lists_are_as_long_as_what_they_have() {
    let sources = [source(GB, &[(0, 0)]), source(2 * MB, &[(0, 7 * MB)])];
    let lists = plan(&sources, &Wanted::All, Growth::Fixed).unwrap();
    assert_eq!(lists.len(), 1);
    assert_eq!(lists[0].range_bytes, 6 * MB);
}

#[test]
fn more_than_there_is_says_what_was_wanted_and_what_is_free_and_where() {
    let said = |nodes: &[(u32, u64)]| {
        let wanted = Wanted::Total(GB);
        plan(&[source(2 * MB, nodes)], &wanted, Growth::Dynamic).unwrap_err().to_string()
    };
    let one = said(&[(0, 64 * MB)]);
    assert!(one.starts_with("512 pages of 2 MB were wanted on node 0 and 32 are free;"), "{one}");
    let two = said(&[(0, 64 * MB), (2, 2 * MB)]);
    assert!(two.contains("on nodes 0,2 and 33 are free"), "{two}");
}

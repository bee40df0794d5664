//! The window on the real kernel. Each test has addresses of its own, all in the
//! hole that the kernel never uses by itself.
#![expect(unsafe_code, reason = "reads and writes what it has mapped")]

use super::*;
use crate::hugepage::MemoryFile;
use crate::sys::mempolicy::page_node;
use crate::sys::test_support::{TempDir, skip};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::Errno;

const GIB: usize = 1 << 30;
const HUGE: usize = 2 << 20;

/// A place for test number `n`, 64 GiB apart.
fn place(n: usize) -> usize {
    0x2200_0000_0000 + n * 64 * GIB
}

fn page() -> usize {
    rustix::param::page_size()
}

fn file_of(pages: usize) -> OwnedFd {
    let file = memfd_create(c"mapping-test", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, (pages * page()) as u64).unwrap();
    file
}

fn map(window: &Reservation, file: &OwnedFd, base: usize, access: Access) -> Result<(), MapError> {
    // SAFETY: tests touch the range through `word_at` only, after this.
    unsafe { window.map_file_fixed(file.as_fd(), base, page(), access, 0) }
}

fn word_at(address: usize) -> &'static AtomicU64 {
    let word = ptr::with_exposed_provenance_mut(address);
    // SAFETY: callers have mapped a page there and never unmap it.
    unsafe { AtomicU64::from_ptr(word) }
}

#[test]
fn a_huge_window_is_reserved_at_its_address() {
    let window = reserve(place(0), 32 * GIB).unwrap();
    assert_eq!((window.base(), window.len()), (place(0), 32 * GIB));
}

#[test]
fn a_taken_range_is_refused_with_the_mapping_in_the_way() {
    let _first = reserve(place(1) + GIB, 2 * page()).unwrap();
    let refused = reserve(place(1), 2 * GIB).unwrap_err();
    let ReserveError::Taken { by: Some(by), .. } = refused else { panic!("{refused}") };
    assert_eq!((by.start, by.end), (place(1) + GIB, place(1) + GIB + 2 * page()));
    assert_eq!(by.name, "");
}

#[test]
fn the_error_names_the_file_in_the_way() {
    let file = file_of(1);
    let window = reserve(place(2), page()).unwrap();
    map(&window, &file, place(2), Access::ReadOnly).unwrap();
    let sentence = reserve(place(2), page()).unwrap_err().to_string();
    assert!(sentence.contains("/memfd:mapping-test (deleted)"), "{sentence}");
}

#[test]
fn an_unaligned_or_empty_range_is_refused() {
    for (base, len) in [(place(3) + 1, page()), (place(3), 0), (place(3), 1)] {
        assert!(matches!(reserve(base, len), Err(ReserveError::Misaligned { .. })));
    }
    let overflowing = usize::MAX - page() + 1;
    assert!(matches!(reserve(overflowing, page()), Err(ReserveError::Misaligned { .. })));
}

#[test]
fn an_address_beyond_the_address_space_is_refused() {
    let refused = reserve(1 << 62, page());
    assert_eq!(refused, Err(ReserveError::NoAddressSpace { len: page() }));
}

#[test]
fn a_window_anywhere_keeps_its_alignment() {
    let window = reserve_anywhere(3 * page(), GIB).unwrap();
    assert_eq!(window.base() % GIB, 0);
    assert!(first_overlap(window.base()..window.base() + window.len()).is_some());
    assert_eq!(first_overlap(window.base() - page()..window.base()), None);
}

#[test]
fn two_views_of_a_file_show_the_same_bytes() {
    let file = file_of(1);
    let window = reserve(place(4), GIB).unwrap();
    map(&window, &file, place(4) + page(), Access::ReadWrite).unwrap();
    let observed = map_file_anywhere(file.as_fd(), page(), Access::ReadOnly, 0).unwrap();
    word_at(place(4) + page()).store(42, Ordering::Relaxed);
    assert_eq!(word_at(observed.base()).load(Ordering::Relaxed), 42);
}

#[test]
fn nothing_is_mapped_outside_the_reservation() {
    let file = file_of(1);
    let window = reserve(place(5), 2 * page()).unwrap();
    for base in [place(5) - page(), place(5) + 2 * page(), usize::MAX - page() + 1] {
        let refused = map(&window, &file, base, Access::ReadWrite);
        assert!(matches!(refused, Err(MapError::OutsideReservation { .. })));
    }
}

#[test]
fn an_unaligned_mapping_is_refused_with_the_page_size() {
    let file = file_of(1);
    let window = reserve(place(6), GIB).unwrap();
    let refused = map(&window, &file, place(6) + 8, Access::ReadWrite).unwrap_err();
    let page_size = page() as u64;
    let (base, len, offset) = (place(6) + 8, page(), 0);
    assert_eq!(refused, MapError::Misaligned { base, len, offset, page_size });
}

#[test]
fn a_read_only_file_is_mapped_read_only_or_not_at_all() {
    let temp = TempDir::new("mapping-readonly");
    temp.write("f", &"x".repeat(page()));
    let file = temp.open_ro("f");
    let window = reserve(place(7), GIB).unwrap();
    assert_eq!(map(&window, &file, place(7), Access::ReadWrite), Err(MapError::AccessDenied));
    assert_eq!(map(&window, &file, place(7), Access::ReadOnly), Ok(()));
}

#[test]
fn prefaulting_brings_pages_in_and_keeps_their_content() {
    let file = file_of(4);
    let window = reserve(place(8), GIB).unwrap();
    // SAFETY: fresh reservation, nothing is there.
    let mapped =
        unsafe { window.map_file_fixed(file.as_fd(), place(8), 4 * page(), Access::ReadWrite, 0) };
    mapped.unwrap();
    word_at(place(8)).store(7, Ordering::Relaxed);
    // SAFETY: mapped above with this access.
    let populated = unsafe { window.populate(place(8), 4 * page(), Access::ReadWrite) };
    assert_eq!(populated, Ok(()));
    assert_eq!(word_at(place(8)).load(Ordering::Relaxed), 7);
    assert_eq!(rustix::fs::fstat(&file).unwrap().st_blocks as usize * 512, 4 * page());
}

#[test]
fn prefaulting_beyond_the_end_of_the_file_is_an_error_not_a_crash() {
    let file = file_of(1);
    let window = reserve(place(9), GIB).unwrap();
    let (base, len) = (place(9), 2 * page());
    // SAFETY: fresh reservation, nothing is there.
    let mapped = unsafe { window.map_file_fixed(file.as_fd(), base, len, Access::ReadWrite, 0) };
    mapped.unwrap();
    // SAFETY: mapped above with this access.
    let populated = unsafe { window.populate(base, len, Access::ReadWrite) };
    assert_eq!(populated, Err(PopulateError::NotBacked { base, len }));
}

#[test]
fn prefaulting_what_is_only_reserved_is_an_error_not_a_crash() {
    let window = reserve(place(10), GIB).unwrap();
    // SAFETY: this kernel has the advice, so nothing is touched by hand.
    let populated = unsafe { window.populate(place(10), page(), Access::ReadWrite) };
    let (base, len) = (place(10), page());
    assert_eq!(populated, Err(PopulateError::NotMapped { base, len }));
}

#[test]
fn touching_by_hand_also_brings_pages_in() {
    let file = file_of(2);
    let window = reserve(place(11), GIB).unwrap();
    // SAFETY: fresh reservation, nothing is there.
    let mapped =
        unsafe { window.map_file_fixed(file.as_fd(), place(11), 2 * page(), Access::ReadWrite, 0) };
    mapped.unwrap();
    // SAFETY: mapped above with this access.
    unsafe { populate::touch_each_page(place(11), 2 * page(), Access::ReadWrite) };
    assert_eq!(rustix::fs::fstat(&file).unwrap().st_blocks as usize * 512, 2 * page());
}

/// Page faults of this thread so far that took no input.
fn faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    stat.rsplit(") ").next().unwrap().split(' ').nth(7).unwrap().parse().unwrap()
}

#[test]
fn memory_prefaulted_to_be_read_is_written_without_a_fault() {
    let (base, pages) = (place(16), 200);
    let file = file_of(pages);
    let window = reserve(base, GIB).unwrap();
    // SAFETY: fresh reservation, nothing is there.
    let mapped =
        unsafe { window.map_file_fixed(file.as_fd(), base, pages * page(), Access::ReadWrite, 0) };
    mapped.unwrap();
    // SAFETY: mapped above, to be read as well.
    unsafe { window.populate(base, pages * page(), Access::ReadOnly) }.unwrap();
    let before = faults();
    (0..pages).for_each(|index| word_at(base + index * page()).store(1, Ordering::Relaxed));
    // A few are this test's own; each page would be one.
    assert!(faults() - before < 20, "{} faults", faults() - before);
}

#[test]
fn a_part_taken_away_stays_reserved() {
    let file = file_of(1);
    let window = reserve(place(12), GIB).unwrap();
    map(&window, &file, place(12), Access::ReadWrite).unwrap();
    // SAFETY: nothing refers into the range.
    assert_eq!(unsafe { window.unmap_file(place(12), page()) }, Ok(()));
    assert!(matches!(reserve(place(12), page()), Err(ReserveError::Taken { .. })));
}

#[test]
fn a_window_given_back_is_free_again() {
    let window = reserve(place(13), GIB).unwrap();
    // SAFETY: nothing refers into the range.
    assert_eq!(unsafe { window.unmap() }, Ok(()));
    assert!(reserve(place(13), GIB).is_ok());
}

#[test]
fn a_sparse_file_of_huge_pages_is_mapped_whole_without_taking_a_page() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
    let file = match memfd_create(c"mapping-huge", flags) {
        Ok(file) => file,
        Err(errno) => return skip("hugepages", &format!("{errno:?}")),
    };
    ftruncate(&file, (8 * GIB) as u64).unwrap();
    let window = reserve(place(14), 16 * GIB).unwrap();
    let (base, len) = (place(14), 8 * GIB);
    // SAFETY: fresh reservation, nothing is there.
    let mapped = unsafe { window.map_file_fixed(file.as_fd(), base, len, Access::ReadWrite, 0) };
    assert_eq!(mapped, Ok(()));
    // SAFETY: nothing refers into the range.
    let cut = unsafe { window.unmap_file(base, page()) };
    assert_eq!(cut, Err(MapError::Refused(Errno::INVAL)));
    let misplaced = map(&window, &file, base, Access::ReadWrite).unwrap_err();
    let page_size = HUGE as u64;
    assert_eq!(misplaced, MapError::Misaligned { base, len: page(), offset: 0, page_size });
}

#[test]
fn the_node_of_a_huge_page_is_known_once_it_is_prefaulted() {
    let file = match MemoryFile::memfd("mapping-node", HUGE as u64, HUGE as u64) {
        Ok(file) if file.commit(0, HUGE as u64).is_ok() => file,
        _ => return skip("hugepages", "needs one free page of 2 MiB"),
    };
    let window = reserve(place(15), GIB).unwrap();
    let base = place(15);
    // SAFETY: fresh reservation, nothing is there.
    let mapped = unsafe { window.map_file_fixed(file.as_fd(), base, HUGE, Access::ReadWrite, 0) };
    mapped.unwrap();
    let before = page_node(base);
    if before == Err(Errno::NOSYS) {
        return skip("numa", "this kernel is built without NUMA");
    }
    assert_eq!(before, Ok(None));
    // SAFETY: mapped above with this access.
    unsafe { window.populate(base, HUGE, Access::ReadWrite) }.unwrap();
    assert!(matches!(page_node(base), Ok(Some(_))));
}

//! Described machines in trees of our own, memory files on tmpfs or the disk, and,
//! where huge pages are to be had, on a small hugetlbfs of our own.

use super::*;
use crate::kernel_files::KernelFiles;
use crate::mapping::Access;
use crate::runtime_dir::{FileError, Prefix};
use crate::sys::test_support::{TempDir, has_root, skip};
use std::path::Path;
use std::process::Command;

const MIB: u64 = 1 << 20;

/// A machine with two sizes and two nodes, the second without 1 GiB pages.
fn described_machine(label: &str) -> (TempDir, KernelFiles) {
    let temp = TempDir::new(label);
    temp.write("proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n");
    temp.write("proc/mounts", "a /ro hugetlbfs ro 0 0\nb /2m hugetlbfs rw 0 0\n");
    for (size, numbers) in [("2048kB", [64, 60, 4, 8, 2]), ("1048576kB", [4, 3, 0, 0, 0])] {
        let files = ["nr", "free", "resv", "nr_overcommit", "surplus"];
        for (file, number) in files.iter().zip(numbers) {
            let path = format!("sys/kernel/mm/hugepages/hugepages-{size}/{file}_hugepages");
            temp.write(&path, &format!("{number}\n"));
        }
    }
    for (node, size, free) in [(1, "2048kB", 20), (0, "2048kB", 40), (0, "1048576kB", 3)] {
        let below = format!("sys/devices/system/node/node{node}/hugepages/hugepages-{size}");
        temp.write(&format!("{below}/free_hugepages"), &format!("{free}\n"));
        temp.write(&format!("{below}/nr_hugepages"), "50\n");
    }
    let kernel = KernelFiles::at(temp.path().join("sys"), temp.path().join("proc"));
    (temp, kernel)
}

#[test]
fn a_described_machine_is_read_biggest_size_first() {
    let (_temp, kernel) = described_machine("huge-discover");
    let info = HugepageInfo::discover_in(&kernel).unwrap();
    assert_eq!(info.default_size, Some(2 * MIB));
    let [big, small] = info.sizes.as_slice() else { panic!("{info:?}") };
    assert_eq!((big.page_size, small.page_size), (1024 * MIB, 2 * MIB));
    assert_eq!(big.nodes, [NodePages { node: 0, total: 50, free: 3 }]);
    let both =
        [NodePages { node: 0, total: 50, free: 40 }, NodePages { node: 1, total: 50, free: 20 }];
    assert_eq!(small.nodes, both);
    assert_eq!(small.pages.available(), 60 - 4 + 8 - 2);
}

#[test]
fn each_size_has_its_first_writable_mount_or_none() {
    let (_temp, kernel) = described_machine("huge-mounts");
    let info = HugepageInfo::discover_in(&kernel).unwrap();
    assert_eq!(info.of_size(2 * MIB).unwrap().mount.as_deref(), Some(Path::new("/2m")));
    assert_eq!(info.of_size(1024 * MIB).unwrap().mount, None);
    assert_eq!(info.of_size(4096), None);
}

#[test]
fn a_kernel_without_huge_pages_has_no_sizes() {
    let temp = TempDir::new("huge-none");
    temp.write("proc/meminfo", "MemTotal: 1 kB\n");
    temp.write("proc/mounts", "");
    let kernel = KernelFiles::at(temp.path().join("sys"), temp.path().join("proc"));
    let info = HugepageInfo { sizes: vec![], default_size: None };
    assert_eq!(HugepageInfo::discover_in(&kernel), Ok(info));
}

#[test]
fn a_count_that_is_missing_is_named() {
    let (temp, kernel) = described_machine("huge-missing");
    let path = "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages";
    std::fs::remove_file(temp.path().join(path)).unwrap();
    let sentence = HugepageInfo::discover_in(&kernel).unwrap_err().to_string();
    assert!(sentence.contains(path), "{sentence}");
}

#[test]
fn this_machine_is_understood() {
    let info = HugepageInfo::discover().unwrap();
    assert!(info.sizes.iter().all(|size| size.pages.free <= size.pages.total));
}

fn prefix() -> Prefix {
    Prefix::new("p").unwrap()
}

fn name_of(list: u16) -> String {
    MemoryFileName::of_list(prefix(), 1, list).to_string()
}

/// A memory directory with small pages, which every machine has.
fn small_pages(label: &str) -> (TempDir, MemoryDir) {
    let temp = TempDir::new(label);
    let dir = MemoryDir::create(temp.path_str()).unwrap();
    (temp, dir)
}

#[test]
fn the_directory_carries_the_user_and_is_found_again() {
    let (temp, dir) = small_pages("mem-dir");
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!(dir.path(), format!("{}/phalanx-{uid}", temp.path_str()));
    assert!(MemoryDir::open_existing(temp.path_str()).unwrap().is_some());
    std::fs::remove_dir(dir.path()).unwrap();
    assert!(MemoryDir::open_existing(temp.path_str()).unwrap().is_none());
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let refused = MemoryDir::create("/nonexistent").unwrap_err();
    let errno = rustix::io::Errno::NOENT;
    assert_eq!(refused, MemoryDirError::NoHugeDir { path: "/nonexistent".into(), errno });
}

#[test]
fn a_new_file_is_a_hole_of_full_length() {
    let (_temp, dir) = small_pages("mem-hole");
    let len = 1024 * dir.page_size();
    let file = MemoryFile::create(&dir, "f", len).unwrap();
    assert_eq!((file.len(), file.committed_bytes()), (len, Ok(0)));
    assert_eq!(MemoryFile::open(&dir, "f", Access::ReadOnly).unwrap().len(), len);
}

#[test]
fn committing_and_releasing_move_memory_and_never_the_length() {
    let (_temp, dir) = small_pages("mem-commit");
    let page = dir.page_size();
    let file = MemoryFile::create(&dir, "f", 16 * page).unwrap();
    assert_eq!(file.commit(4 * page, 8 * page), Ok(()));
    assert_eq!(file.committed_bytes(), Ok(8 * page));
    assert_eq!(file.release(4 * page, 2 * page), Ok(()));
    assert_eq!(file.committed_bytes(), Ok(6 * page));
    let reopened = MemoryFile::open(&dir, "f", Access::ReadOnly).unwrap();
    assert_eq!(reopened.len(), 16 * page);
}

#[test]
fn a_range_that_is_not_whole_pages_or_beyond_the_end_is_refused() {
    let (_temp, dir) = small_pages("mem-range");
    let page_size = dir.page_size();
    let file_len = 4 * page_size;
    let file = MemoryFile::create(&dir, "f", file_len).unwrap();
    for (offset, len) in [(1, page_size), (0, 1), (0, 0)] {
        let refused = Err(CommitError::Misaligned { offset, len, page_size });
        assert_eq!(file.commit(offset, len), refused);
        assert_eq!(file.release(offset, len), refused);
    }
    for (offset, len) in [(file_len, page_size), (0, file_len + page_size)] {
        let refused = Err(CommitError::BeyondEnd { offset, len, file_len });
        assert_eq!(file.commit(offset, len), refused);
    }
    let offset = u64::MAX - page_size + 1;
    assert!(matches!(file.commit(offset, page_size), Err(CommitError::BeyondEnd { .. })));
}

#[test]
fn a_length_that_is_not_whole_pages_leaves_no_file() {
    let (_temp, dir) = small_pages("mem-len");
    for len in [0, 1, dir.page_size() + 1] {
        let refused = MemoryFile::create(&dir, "f", len).unwrap_err();
        assert_eq!(refused, MemoryFileError::Misaligned { len, page_size: dir.page_size() });
    }
    assert_eq!(dir.names(), Ok(vec![]));
}

#[test]
fn a_file_is_made_once() {
    let (_temp, dir) = small_pages("mem-once");
    let _file = MemoryFile::create(&dir, "f", dir.page_size()).unwrap();
    let refused = MemoryFile::create(&dir, "f", dir.page_size()).unwrap_err();
    assert!(matches!(refused, MemoryFileError::File(FileError::Exists { .. })));
}

#[test]
fn a_file_is_alive_while_anybody_has_it_open() {
    let (_temp, dir) = small_pages("mem-alive");
    let maker = MemoryFile::create(&dir, &name_of(0), dir.page_size()).unwrap();
    let joiner = MemoryFile::open(&dir, &name_of(0), Access::ReadOnly).unwrap();
    drop(maker);
    assert_eq!(remove_dead_files(&dir, &prefix()), Ok(vec![]));
    drop(joiner);
    let dead = vec![MemoryFileName::of_list(prefix(), 1, 0)];
    assert_eq!(dead_files(&dir, &prefix()), Ok(dead.clone()));
    assert_eq!(remove_dead_files(&dir, &prefix()), Ok(dead));
    assert_eq!(dir.names(), Ok(vec![]));
}

#[test]
fn cleaning_leaves_other_prefixes_and_foreign_files_alone() {
    let (_temp, dir) = small_pages("mem-others");
    let kept = ["p.x", "pp.0000000000000001.0", "rtemap_0"];
    for name in kept {
        dir.create_new(name).unwrap();
    }
    dir.create_new(&name_of(7)).unwrap();
    assert_eq!(remove_dead_files(&dir, &prefix()).unwrap().len(), 1);
    assert_eq!(dir.names().unwrap(), kept);
}

#[test]
fn a_cleaner_never_removes_a_file_that_is_just_being_made() {
    let (_temp, dir) = small_pages("mem-race");
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..3)
            .map(|list| {
                let dir = &dir;
                scope.spawn(move || {
                    for _ in 0..200 {
                        let file = MemoryFile::create(dir, &name_of(list), dir.page_size());
                        let file = file.unwrap();
                        assert_eq!(dir.exists(&name_of(list)), Ok(true));
                        drop(file);
                        dir.unlink(&name_of(list)).unwrap();
                    }
                })
            })
            .collect();
        while !makers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            remove_dead_files(&dir, &prefix()).unwrap();
        }
    });
}

#[test]
fn an_in_memory_file_has_no_name_and_commits_alike() {
    let page = rustix::param::page_size() as u64;
    let file = MemoryFile::memfd("test", page, 64 * page).unwrap();
    assert_eq!(file.commit(0, 2 * page), Ok(()));
    assert_eq!(file.committed_bytes(), Ok(2 * page));
}

#[test]
fn a_page_size_that_the_kernel_lacks_is_refused() {
    for page_size in [1 << 50, 3 << 20, 0] {
        let refused = MemoryFile::memfd("test", page_size, page_size).unwrap_err();
        assert_eq!(refused, MemoryFileError::NoSuchPageSize { page_size });
    }
}

/// A hugetlbfs of three 2 MiB pages, unmounted on drop.
struct HugeMount {
    temp: TempDir,
}

impl HugeMount {
    /// `None`, and a word on why, where there is no root or no page.
    fn new(label: &str) -> Option<Self> {
        if !has_root() {
            return None;
        }
        let info = HugepageInfo::discover().unwrap();
        if info.of_size(2 * MIB).is_none_or(|size| size.pages.available() < 8) {
            skip("hugepages", "needs 8 free pages of 2 MiB");
            return None;
        }
        let temp = TempDir::new(label);
        let options = ["-t", "hugetlbfs", "-o", "pagesize=2M,size=6M", "none"];
        let mounted = Command::new("mount").args(options).arg(temp.path()).status();
        if !mounted.is_ok_and(|status| status.success()) {
            skip("hugepages", "hugetlbfs cannot be mounted");
            return None;
        }
        Some(Self { temp })
    }
}

impl Drop for HugeMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.temp.path()).status();
    }
}

#[test]
fn a_sub_directory_of_a_mount_is_a_huge_dir_with_its_page_size() {
    let Some(mount) = HugeMount::new("huge-dir") else { return };
    let path = mount.temp.path().join("sub");
    std::fs::create_dir(&path).unwrap();
    let found = HugeDir { path: path.clone(), page_size: 2 * MIB };
    assert_eq!(check_huge_dir(&path), Ok(found));
    let mounts = mount::hugetlb_mounts(&KernelFiles::real(), None).unwrap();
    assert!(mounts.iter().any(|m| m.dir == mount.temp.path() && m.page_size == 2 * MIB));
}

#[test]
fn a_commit_beyond_the_pool_is_clean_and_leaves_nothing_behind() {
    let Some(mount) = HugeMount::new("huge-nospace") else { return };
    let dir = MemoryDir::create(mount.temp.path_str()).unwrap();
    assert_eq!(dir.page_size(), 2 * MIB);
    let file = MemoryFile::create(&dir, &name_of(0), 64 << 30).unwrap();
    assert_eq!(file.commit(0, 2 * MIB), Ok(()));
    let (len, page_size) = (6 * MIB, 2 * MIB);
    assert_eq!(file.commit(8 * MIB, len), Err(CommitError::NoSpace { len, page_size }));
    assert_eq!(file.committed_bytes(), Ok(2 * MIB));
    assert_eq!(file.commit(8 * MIB, 4 * MIB), Ok(()));
    assert_eq!(file.release(0, 2 * MIB), Ok(()));
    assert_eq!(file.committed_bytes(), Ok(4 * MIB));
}

#[test]
fn pages_are_committed_on_the_node_that_was_asked_for() {
    let Some(mount) = HugeMount::new("huge-node") else { return };
    let dir = MemoryDir::create(mount.temp.path_str()).unwrap();
    let file = MemoryFile::create(&dir, &name_of(0), 8 * MIB).unwrap();
    assert_eq!(file.commit_on_node(0, 2 * MIB, 0), Ok(()));
    let nowhere = file.commit_on_node(2 * MIB, 2 * MIB, 1023);
    assert!(matches!(nowhere, Err(CommitError::NoSuchNode { node: 1023, .. })));
    assert_eq!(file.committed_bytes(), Ok(2 * MIB));
}

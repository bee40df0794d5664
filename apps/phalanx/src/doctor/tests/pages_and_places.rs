//! Hugepages, and directories that files go to.

use super::*;

#[test]
fn hugepages_are_missing_for_one_of_three_reasons() {
    let (tree, machine) = good();
    let mut none = machine.clone();
    none.pages.as_mut().unwrap().info.sizes[0].pages.total = 0;
    says(&none, Subject::Hugepages, State::Missing, &["none reserved", "echo 1024 >"]);
    let mut used = machine.clone();
    used.pages.as_mut().unwrap().info.sizes[0].pages.free = 0;
    says(&used, Subject::Hugepages, State::Missing, &["1024 reserved, 0 free"]);
    let mut closed = machine;
    closed.pages.as_mut().unwrap().mounts[0].is_usable = false;
    says(&closed, Subject::Hugepages, State::Missing, &["may not write", "install -d -o"]);
    tree.write("proc/mounts", "");
    says(&tree.machine(), Subject::Hugepages, State::Missing, &["not mounted", "pagesize=2M"]);
}

#[test]
fn a_node_without_hugepages_is_named() {
    let (tree, _) = good();
    for (node, count) in [(0, "1024\n"), (1, "0\n")] {
        for file in ["nr_hugepages", "free_hugepages"] {
            let name =
                format!("sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/{file}");
            tree.write(&name, count);
        }
    }
    let words = ["node 1 has none", "/sys/devices/system/node/node1/hugepages"];
    says(&tree.machine(), Subject::Hugepages, State::Poor, &words);
}

#[test]
fn a_full_file_system_and_a_containers_dev_shm_are_named() {
    let (_tree, mut machine) = good();
    machine.shm.room = Room { free_bytes: 60 << 20, all_bytes: 64 << 20, ..Room::default() };
    says(&machine, Subject::Shm, State::Poor, &["60 MB of 64 MB", "--shm-size"]);
    machine.shm.room.free_bytes = 4096;
    says(&machine, Subject::Shm, State::Missing, &["is full"]);
    machine.runtime.as_mut().unwrap().room.free_files = 3;
    says(&machine, Subject::Rundir, State::Missing, &["is full", "3 of 100 files"]);
}

#[test]
fn a_runtime_directory_that_others_may_write_is_refused_as_a_start_would() {
    let (_tree, mut machine) = good();
    let runtime = machine.runtime.as_mut().unwrap();
    runtime.entry.as_mut().unwrap().mode = 0o777;
    says(&machine, Subject::Rundir, State::Missing, &["others may", "0777"]);
    let runtime = machine.runtime.as_mut().unwrap();
    runtime.entry.as_mut().unwrap().mode = 0o1777;
    says(&machine, Subject::Rundir, State::Good, &[]);
    machine.rights = Ok(Rights::new(u32::MAX, 0));
    let runtime = machine.runtime.as_mut().unwrap();
    runtime.own = runtime.entry.clone();
    says(&machine, Subject::Rundir, State::Missing, &[]);
}

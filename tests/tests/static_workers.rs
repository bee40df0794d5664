//! Static workers: small, alone, in the group like anybody, and harmless when they go wrong.

use core::time::Duration;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::cargo;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use phalanx_tests::static_programs::{static_command, static_program};
use rustix::process::{Pid, Signal, kill_process};

/// As long as a test waits for packets.
const PATIENCE: Duration = Duration::from_secs(50);

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Most bytes of a program without its symbols: what is reached. What is asked for is 64 and 32 KiB; of what the rest
/// is, and what it would take, there is a table in `tests/bench/README.md`. Some ten texts are paths of sources: what of
/// these is the checkout's own path does not count.
const WORKER_MOST: usize = 168 << 10;
const ECHO_MOST: usize = 142 << 10;

fn primary(group: &TestGroup) -> Process {
    group.peer(&format!("--no-huge -m 4 {}", lcore(0)))
}

/// Runs the probe with a deed, and checks that the group is as it was.
fn probe(deed: &str) -> Ended {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let ended = Process::run(static_command(&group, "worker-probe", &format!("-- {deed}")));
    assert_eq!(first.ask("members"), Ok("1".to_owned()), "who died is no member");
    group.peer(&format!("--proc-type=secondary {}", lcore(1))).end().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
    ended
}

#[test]
fn a_static_program_needs_nothing_and_is_small() {
    for (name, most) in [("worker", WORKER_MOST), ("echo", ECHO_MOST)] {
        let program = static_program(name);
        let symbols = output_of("nm", &program);
        // By a list of all that may be there: of a libc and an allocator any name would be one too many.
        let others: Vec<&str> = symbols.lines().filter_map(function).filter(is_anothers).collect();
        assert_eq!(others, Vec::<&str>::new(), "{name} brings functions of somebody else");
        let undefined = symbols.lines().filter(|line| line.trim_start().starts_with("U ")).count();
        assert_eq!(undefined, 0, "{name} wants symbols of somebody else:\n{symbols}");
        let dynamic = Command::new("nm").arg("-D").arg(&program).output().expect("nm runs");
        assert_eq!(dynamic.stdout, b"", "{name} has dynamic symbols");
        let scratch = Scratch::new();
        let stripped = scratch.path().join(name);
        let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&program).status();
        assert!(strip.expect("strip runs").success());
        let image = fs::read(&stripped).expect("it was stripped");
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        let path = checkout.as_os_str().as_encoded_bytes();
        let paths = image.windows(path.len()).filter(|window| *window == path).count();
        let bytes = image.len() - paths * path.len();
        assert!(bytes <= most, "{name} has {bytes} bytes without paths, more than {most}");
    }
}

/// The name of a function, if that is what a line of `nm` is about.
fn function(line: &str) -> Option<&str> {
    let (head, name) = line.rsplit_once(' ')?;
    let kind = head.split_whitespace().last()?;
    ["T", "t", "W", "w"].contains(&kind).then_some(name)
}

/// Whether it is neither Rust code outside of `alloc` and `std`, nor what a worker has in their place.
fn is_anothers(name: &&str) -> bool {
    const OWN: [&str; 11] = [
        "_start",
        "memcpy",
        "memmove",
        "memset",
        "memcmp",
        "bcmp",
        "strlen",
        "__phx_worker_main",
        "_defmt_acquire",
        "_defmt_release",
        "_defmt_write",
    ];
    let is_rust = name.starts_with("_ZN") || name.starts_with("_R");
    let is_library =
        ["5alloc", "3std", "__rust_alloc", "__rdl_"].iter().any(|it| name.contains(it));
    !OWN.contains(name) && (!is_rust || is_library)
}

#[test]
fn the_example_to_copy_has_at_most_forty_lines() {
    let example = cargo::workspace().join("apps/static/examples/echo.rs");
    let lines = fs::read_to_string(example).expect("it is there").lines().count();
    assert!(lines <= 40, "echo.rs has {lines} lines");
}

fn output_of(tool: &str, program: &Path) -> String {
    let output = Command::new(tool).arg(program).output().expect("binutils are installed");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_worker_sends_back_what_it_is_sent() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("ring ping 1024 single").unwrap();
    first.ask("ring pong 1024 single").unwrap();
    let mut worker = Process::start(static_command(&group, "echo", ""));
    worker.await_line("static worker in slot 1, lcore 1, sandboxed");
    for _ in 0..10 {
        first.ask("produce ping 7 1000").unwrap();
        assert_eq!(first.ask("consume pong 1000").unwrap(), "7:1000");
    }
    assert_eq!(first.ask("members"), Ok("2".to_owned()));
    signal(worker.id(), Signal::TERM);
    worker.end().assert_success();
    assert_eq!(first.ask("members"), Ok("1".to_owned()), "it has left the tables");
    first.end().assert_success();
    group.assert_nothing_left();
}

fn signal(process: u32, signal: Signal) {
    let pid = Pid::from_raw(process as i32).expect("a process has an id");
    kill_process(pid, signal).expect("it runs");
}

#[test]
fn a_spinning_worker_makes_no_system_call() {
    let Some(()) = require::strace() else { return };
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("ring ping 1024 single").unwrap();
    first.ask("ring pong 1024 single").unwrap();
    let mut worker = Process::start(static_command(&group, "echo", ""));
    worker.await_line("static worker");
    let scratch = Scratch::new();
    let log = scratch.path().join("calls");
    let mut watch = Command::new("strace");
    watch.arg("-o").arg(&log).args(["-p", &worker.id().to_string()]);
    let mut watch = watch.stderr(Stdio::null()).spawn().expect("strace runs");
    while !is_traced(worker.id()) {
        std::thread::yield_now();
    }
    for _ in 0..100 {
        first.ask("produce ping 7 1000").unwrap();
        first.ask("consume pong 1000").unwrap();
    }
    signal(watch.id(), Signal::INT);
    watch.wait().expect("strace ends");
    let calls = fs::read_to_string(&log).expect("strace has written");
    let calls: Vec<&str> = calls.lines().filter(|line| line.contains('(')).collect();
    assert_eq!(calls, Vec::<&str>::new());
    worker.kill().assert_killed();
    first.end().assert_success();
}

#[test]
fn a_worker_answers_pings_and_requests_from_its_loop_and_asks_itself() {
    let group = TestGroup::of(PEER);
    let mut first = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    let mut worker = Process::start(static_command(&group, "worker-probe", "-- answer"));
    worker.await_line("the primary is well");
    let mut ping = group.other_command(&app("phalanx"));
    ping.args(["ping", "--file-prefix", group.prefix(), "--slot", "1", "--count", "20"]);
    let ended = Process::run(ping);
    assert!(ended.assert_success().stdout.contains("20/20"), "{ended}");
    assert_eq!(first.ask("ask 1 turn abc 30000"), Ok("1/1 1=cba".to_owned()));
    assert_eq!(first.ask("ask 1 other abc 30000").map(|it| it.starts_with("1/0")), Ok(true));
    signal(worker.id(), Signal::TERM);
    worker.end().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_worker_that_sleeps_on_its_ring_is_woken_and_either_side_survives_the_other() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("waitable-ring ping 1024 single").unwrap();
    first.ask("ring pong 1024 single").unwrap();
    let start = || Process::start(static_command(&group, "worker-probe", "-- sleep"));
    let mut worker = start();
    worker.await_line("static worker");
    for _ in 0..10 {
        await_sleep(worker.id());
        first.ask("produce ping 7 1000").unwrap();
        assert_eq!(first.ask("consume pong 1000").unwrap(), "7:1000");
    }
    await_sleep(worker.id());
    worker.kill().assert_killed();
    first.ask("produce ping 7 1000").unwrap();
    let mut worker = start();
    assert_eq!(first.ask("consume pong 1000").unwrap(), "7:1000", "what came meanwhile is there");
    worker.await_line("static worker");
    await_sleep(worker.id());
    first.kill().assert_killed();
    signal(worker.id(), Signal::TERM);
    worker.end().assert_success();
}

/// Waits until the kernel says that a process sleeps.
fn await_sleep(pid: u32) {
    let sleeps = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    };
    while !sleeps() {
        std::thread::yield_now();
    }
}

fn is_traced(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
}

#[test]
fn a_worker_that_opens_a_file_in_its_sandbox_dies_and_says_for_what() {
    let ended = probe("open");
    assert_eq!(ended.status.code(), Some(159), "{ended}");
    assert!(ended.stderr.contains("openat (257)"), "{ended}");
}

#[test]
fn a_worker_that_panics_says_where_and_exits_with_101() {
    let ended = probe("panic");
    assert_eq!(ended.status.code(), Some(101), "{ended}");
    assert!(ended.stderr.contains("main.rs") && ended.stderr.contains("as it was told"), "{ended}");
}

#[test]
fn a_worker_whose_stack_overflows_says_so() {
    let ended = probe("overflow");
    assert_eq!(ended.status.signal(), Some(11), "{ended}");
    assert!(ended.stderr.contains("its stack has overflowed"), "{ended}");
}

#[test]
fn a_worker_that_touches_what_is_not_there_says_where() {
    for (deed, found) in [("outside", "0x210000000000"), ("hole", "no memory behind it")] {
        let ended = probe(deed);
        assert_eq!(ended.status.signal(), Some(11), "{ended}");
        assert!(ended.stderr.contains(found), "{ended}");
    }
}

#[test]
fn a_worker_without_a_sandbox_may_open_files() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let ended = Process::run(static_command(&group, "worker-probe", "--no-sandbox -- open"));
    assert!(ended.assert_success().stdout.contains("opened: true"), "{ended}");
    first.end().assert_success();
}

#[test]
fn a_worker_refuses_what_it_cannot_be() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    for (arguments, found) in [
        ("--proc-type=primary", "cannot make one"),
        ("-c 0", "-c"),
        ("--sched rr:1", "fifo:N"),
        ("--file-prefx=x", "did you mean '--file-prefix'"),
    ] {
        let ended =
            Process::run(static_command(&group, "worker-probe", &format!("{arguments} -- wait")));
        let why = ended.assert_refused();
        assert!(why.contains(found), "{arguments}: {why}");
    }
    first.end().assert_success();
}

#[test]
fn an_ordinary_user_has_a_worker_and_is_told_what_was_left_out() {
    let Some(()) = require::root() else { return };
    let Some(nobody) = require::as_nobody() else { return };
    // A place of nobody's own, programs included: nobody may not look into the workspace.
    let place = Scratch::new();
    let here = |name: &str| place.path().join(name);
    copy_program(PEER, &here("peer"));
    copy_program(static_program("worker-probe"), &here("probe"));
    fs::create_dir(here("run")).expect("a directory");
    for path in [place.path().to_owned(), here("run"), here("peer"), here("probe")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its owner may");
    }
    std::os::unix::fs::chown(here("run"), Some(65534), Some(65534)).expect("root may");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(&nobody[0]);
        // Nor may it lock memory.
        command.args(&nobody[1..]).args(["sh", "-c", "ulimit -l 0; exec \"$0\" \"$@\""]);
        command.arg(here(program)).args(arguments);
        command.env("RUNTIME_DIRECTORY", here("run")).env_remove("XDG_RUNTIME_DIR");
        command
    };
    let (zero, one) = (lcore(0), lcore(1));
    let (zero, one) = (zero.split_once(' ').unwrap(), one.split_once(' ').unwrap());
    let mut first = Process::start(run("peer", &["serve", "--no-huge", "-m", "4", zero.0, zero.1]));
    first.await_line("joined ");
    let arguments = [one.0, one.1, "--sched=fifo:50", "--", "open"];
    let ended = Process::run(run("probe", &arguments));
    assert_eq!(ended.status.code(), Some(159), "sandboxed all the same: {ended}");
    assert!(ended.stderr.contains("--sched fifo:50 is left out"), "{ended}");
    assert!(ended.stderr.contains("raise the limit with `ulimit -l unlimited`"), "{ended}");
    assert_eq!(ended.stderr.lines().count(), 3, "what was left out, and why it ended: {ended}");
    first.end().assert_success();
}

#[test]
fn a_static_worker_forwards_packets_of_a_port_that_it_learned_from_the_group() {
    let group = TestGroup::of(PEER);
    let ports = "--vdev=net_ring0 --vdev=net_ring1,peer=net_ring0";
    let mut first = group.peer(&format!("--no-huge -m 8 {ports} {}", lcore(0)));
    for port in ["net_ring0", "net_ring1"] {
        first.ask(&format!("port-up {port} 1 1")).expect("it owns it");
    }
    first.ask("open-tx net_ring0 0").expect("nobody has it");
    first.ask("open-rx net_ring0 0").expect("nobody has it");
    assert_eq!(first.ask("port-send 5").as_deref(), Ok("5"));
    let mut worker = Process::start(static_command(&group, "worker-probe", "-- ports"));
    worker.await_line("forwarding");
    assert_eq!(first.ask("port-send 7").as_deref(), Ok("7"));
    let (mut came, begun) = (0, Instant::now());
    while came < 12 && begun.elapsed() < PATIENCE {
        came += first.ask("port-receive").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    }
    assert_eq!(came, 12);
    let refused = first.ask("open-rx net_ring1 0").unwrap_err();
    assert!(refused.contains(&format!("(pid {}", worker.id())), "{refused}");
    worker.kill();
    first.ask("open-rx net_ring1 0").expect("who had it is dead");
    first.end().assert_success();
}

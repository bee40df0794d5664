//! How long a secondary takes to join, on both sides in turn: from the exec to the moment at which it
//! is a member, and inside of the call that makes it one.

use core::time::Duration;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use phalanx_linux::eal::watch::Watching;
use phalanx_linux::eal::{EalBuilder, Fallback, MessageService};
use phalanx_tests::group::TestGroup;
use rustix::time::{ClockId, clock_gettime};

use crate::dpdk::Dpdk;
use crate::options::Options;
use crate::ours;
use crate::pair::{Priority, Raised};

/// After each start, so that what it leaves behind is done with.
const REST: Duration = Duration::from_millis(2);

/// How long one secondary took, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attach {
    /// From the exec to the call's return.
    pub(crate) from_exec_ns: u64,
    /// The call alone.
    pub(crate) init_ns: u64,
    /// Of it, until the process was a member with all memory mapped; only ours says so.
    pub(crate) attached_ns: Option<u64>,
}

/// All starts of one kind of secondary.
#[derive(Debug)]
pub(crate) struct Attaches {
    /// Whose secondary, and how.
    pub(crate) who: String,
    /// Each start.
    pub(crate) starts: Vec<Attach>,
}

/// A kind of secondary: what it is called, and how one is started.
type Kind<'a> = (String, Box<dyn Fn() -> io::Result<Attach> + 'a>);

/// Starts the secondaries that the options ask for, of every kind in turn.
pub(crate) fn measure(
    dpdk: Option<&Dpdk>,
    options: &Options,
    priority: Priority,
) -> io::Result<Vec<Attaches>> {
    let group = BigGroup::start(options.attach_memory_mb)?;
    let mut kinds: Vec<Kind<'_>> = vec![
        (group.name(), Box::new(|| group.join_once("--join"))),
        (format!("{}, no threads", group.name()), Box::new(|| group.join_once("--join-bare"))),
    ];
    if let Some(dpdk) = dpdk {
        let of = |more: &str| format!("DPDK, {} MB{more}", options.memory_mb);
        let one_plugin = ["-d", "librte_mempool_ring.so"];
        kinds.push((of(""), Box::new(|| dpdk.join_once(&[]))));
        kinds.push((of(", one plugin"), Box::new(move || dpdk.join_once(&one_plugin))));
    }
    let mut all: Vec<Attaches> = kinds
        .iter()
        .map(|(who, _)| Attaches { who: who.clone(), starts: Vec::with_capacity(options.attaches) })
        .collect();
    let _raised = Raised::to(priority);
    for _ in 0..options.attaches {
        for (attaches, (_, join_once)) in all.iter_mut().zip(&kinds) {
            attaches.starts.push(join_once()?);
            std::thread::sleep(REST);
        }
    }
    Ok(all)
}

/// A group with as much memory as the issue asks for, and a primary that does nothing.
#[derive(Debug)]
struct BigGroup {
    primary: Child,
    said: String,
    memory_mb: usize,
    // Dropped last: it removes what is left.
    group: TestGroup,
}

impl BigGroup {
    fn start(memory_mb: usize) -> io::Result<Self> {
        let group = TestGroup::of(std::env::current_exe()?);
        let mut command = group.bare_command();
        command.arg("--hold").args(ours::eal_arguments(&group, 0));
        command.args(["-m", &memory_mb.to_string()]);
        let mut primary = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        if let Some(output) = primary.stdout.take() {
            BufReader::new(output).read_line(&mut said)?;
        }
        if said.is_empty() {
            let ended = primary.wait()?;
            return Err(io::Error::other(format!("no group of {memory_mb} MB: {ended}")));
        }
        Ok(Self { primary, said, memory_mb, group })
    }

    /// What the table calls it: 4 KB pages are said, for they are another thing.
    fn name(&self) -> String {
        format!("{}, {} MB{}", ours::NAME, self.memory_mb, self.said.trim_end())
    }

    fn join_once(&self, how: &str) -> io::Result<Attach> {
        let mut command = self.group.bare_command();
        command.arg(how);
        time(command, &ours::eal_arguments(&self.group, 1))
    }
}

impl Drop for BigGroup {
    /// The primary leaves when its input ends.
    fn drop(&mut self) {
        drop(self.primary.stdin.take());
        // Fails only if it is gone already, which is what is wanted.
        let _ = self.primary.wait();
    }
}

/// Runs `command` with the present moment and `eal` as its arguments; it prints two numbers, ours
/// three.
pub(crate) fn time(mut command: Command, eal: &[String]) -> io::Result<Attach> {
    let output = command.arg(now_ns().to_string()).args(eal).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = printed.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    match numbers[..] {
        [from_exec_ns, init_ns, ref more @ ..] => {
            Ok(Attach { from_exec_ns, init_ns, attached_ns: more.first().copied() })
        }
        _ => Err(io::Error::other(format!(
            "a secondary did not attach: {}",
            String::from_utf8_lossy(&output.stderr)
        ))),
    }
}

fn now_ns() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// `--join EXEC_NS EAL-ARGUMENTS...`: one of our secondaries, as `tests/bench/dpdk/attach.c` is one of
/// DPDK's. The second number is the whole start's, with the threads of watcher and messages.
pub(crate) fn join(arguments: &[String]) -> io::Result<()> {
    join_as(EalBuilder::new(), arguments)
}

/// `--join-bare EXEC_NS EAL-ARGUMENTS...`: the same as a worker that polls: without those threads.
pub(crate) fn join_bare(arguments: &[String]) -> io::Result<()> {
    join_as(EalBuilder::new().watching(Watching::Off).messages(MessageService::Off), arguments)
}

fn join_as(builder: EalBuilder, arguments: &[String]) -> io::Result<()> {
    let (executed, eal) = arguments.split_first().ok_or_else(|| io::Error::other("no time"))?;
    let executed: i64 = executed.parse().map_err(io::Error::other)?;
    let (eal, _) = builder.init(eal.iter().cloned()).map_err(io::Error::other)?;
    let (took, attached) = (eal.took().as_nanos(), eal.attached().as_nanos());
    println!("{} {took} {attached}", now_ns() - executed);
    Ok(())
}

/// `--hold EAL-ARGUMENTS...`: a member that stays until its input ends.
pub(crate) fn hold(eal: &[String]) -> io::Result<()> {
    let (eal, _) = EalBuilder::new()
        .fallback(Fallback::NoHuge)
        .init(eal.iter().cloned())
        .map_err(io::Error::other)?;
    let list = eal.group().memseg_lists().iter().next();
    let small = list.is_some_and(|list| list.page_bytes() < 1 << 20);
    println!("{}", if small { " of 4 KB pages" } else { "" });
    io::copy(&mut io::stdin().lock(), &mut io::sink()).map(|_| ())
}

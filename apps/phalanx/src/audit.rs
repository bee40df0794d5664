//! `phalanx audit`: walks everything that a living group shares, and reports what contradicts
//! itself.

use core::fmt;
use core::time::Duration;
use std::process::ExitCode;

use phalanx_core::count::Count;
use phalanx_core::group::Group;
use phalanx_core::recovery::{AuditError, Audited, Finding, audit};
use phalanx_linux::console::{say, show};
use phalanx_linux::eal::watch::Watching;
use phalanx_linux::eal::{EalBuilder, MessageService, Observer};
use serde::Serialize;

use crate::Failure;
use crate::cli::AuditOptions;
use crate::member::join_as;

/// How often a finding that movement can explain is looked for again, and after which pause.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// What was walked through, and what was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub processes: u32,
    pub lcores: u32,
    pub names: u32,
    pub rings: u32,
    pub pools: u32,
    pub ports: u32,
    pub objects: u64,
    pub free: u64,
    pub in_caches: u64,
    pub in_rings: u64,
    pub with_devices: u64,
    pub held: u64,
    pub owed: u64,
    pub findings: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(options: &AuditOptions) -> Result<ExitCode, Failure> {
    let builder = EalBuilder::new().watching(Watching::Off).messages(MessageService::Off);
    let eal = join_as(builder, &options.group.file_prefix)?;
    let report = look(eal.group())?;
    if options.group.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        show(&report)?;
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Audits a copy of a dead group. The one process more, which looks, is not counted.
pub(crate) fn of_dead(observer: &Observer) -> Result<Report, Failure> {
    let copy = observer.copy_dead()?;
    let mut findings = Vec::new();
    let audited = audit(&copy, |finding| findings.push(*finding))?;
    let processes = audited.processes.saturating_sub(1);
    Ok(Report { processes, ..Report::new(&audited, &findings) })
}

/// Audits until what is found cannot be movement, or is found again and again.
fn look(group: &Group) -> Result<Report, AuditError> {
    let mut findings = Vec::new();
    let mut audited = audit(group, |finding| findings.push(*finding))?;
    for _ in 1..LOOKS {
        if !findings.iter().any(Finding::may_be_movement) {
            break;
        }
        std::thread::sleep(PAUSE);
        findings.clear();
        audited = audit(group, |finding| findings.push(*finding))?;
    }
    Ok(Report::new(&audited, &findings))
}

impl Report {
    fn new(audited: &Audited, findings: &[Finding]) -> Self {
        Self {
            processes: audited.processes,
            lcores: audited.lcores,
            names: audited.names,
            rings: audited.rings,
            pools: audited.pools,
            ports: audited.ports,
            objects: audited.objects,
            free: audited.common,
            in_caches: audited.cached,
            in_rings: audited.in_rings,
            with_devices: audited.with_devices,
            held: audited.held,
            owed: audited.owed,
            findings: findings.iter().map(Finding::to_string).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "looked at {}, {}, {}, {}, {} and {}",
            Count::of(self.processes, "process", "processes"),
            Count::of(self.lcores, "lcore", "lcores"),
            Count::of(self.names, "name", "names"),
            Count::of(self.rings, "ring", "rings"),
            Count::of(self.pools, "pool", "pools"),
            Count::of(self.ports, "port", "ports"),
        )?;
        let Self { objects, free, in_caches, in_rings, with_devices, held, .. } = self;
        let devices = fmt::from_fn(|f| match with_devices {
            0 => Ok(()),
            count => write!(f, "with devices: {count}, "),
        });
        writeln!(
            f,
            "of {}, free: {free}, in caches: {in_caches}, in rings: {in_rings}, {devices}in somebody's hands: {held}",
            Count::of(*objects, "object", "objects"),
        )?;
        if self.owed > 0 {
            writeln!(
                f,
                "{} more are owed to pools whose rings a stopped process holds up",
                self.owed
            )?;
        }
        for finding in &self.findings {
            writeln!(f, "FOUND {finding}")?;
        }
        match self.findings.len() {
            0 => writeln!(f, "nothing is inconsistent"),
            count => writeln!(f, "{}", Count::of(count, "inconsistency", "inconsistencies")),
        }
    }
}

//! Which program the demo's workers are: the static one where it is found, else this one.

use core::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The static program's name.
const NAME: &str = "worker";

/// Where its workspace builds it to, seen from the root of this one.
const BUILT: &str = "apps/static/target/release";

/// A source of this program, seen from there.
const SOURCE: &str = "/apps/phalanx/src/main.rs";

/// Builds it, or builds it anew.
pub(super) const BUILD: &str = "cargo build --release --manifest-path apps/static/Cargo.toml";

/// Which program the workers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WorkerKind {
    /// The static one.
    Static {
        /// Its path.
        program: PathBuf,
        /// Why this one.
        place: Place,
    },
    /// This very program.
    Itself,
}

/// Where a static program was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In this program's directory: an installation, or a build of both in one target directory.
    Beside,
    /// In the same target directory, of another profile.
    Target,
    /// Where the workspace of this program builds it to.
    Workspace,
}

/// Whether a file is this user's or root's, and nobody else may write it.
fn is_trusted(file: &Path) -> bool {
    let owners = [0, rustix::process::geteuid().as_raw()];
    file.metadata()
        .is_ok_and(|it| it.is_file() && owners.contains(&it.uid()) && it.mode() & 0o002 == 0)
}

impl WorkerKind {
    /// The static worker if there is one where this program can know of it, else this program.
    pub(super) fn find() -> Self {
        std::env::current_exe().map_or(Self::Itself, |own| Self::seen_from(&own))
    }

    fn seen_from(own: &Path) -> Self {
        let beside = own.parent().map(|dir| (dir.join(NAME), Place::Beside));
        // <target>/<profile>/phalanx
        let target = own.ancestors().nth(2);
        let target = target.map(|dir| (dir.join("release").join(NAME), Place::Target));
        // <workspace>/target/<profile>/phalanx, or a target directory anywhere
        let roots = [own.ancestors().nth(3).map(Path::to_owned), workspace_of(own)];
        let built = roots.into_iter().flatten().map(|root| root.join(BUILT).join(NAME));
        let all = beside.into_iter().chain(target).chain(built.map(|it| (it, Place::Workspace)));
        let found = all.into_iter().find(|(program, _)| is_trusted(program));
        found.map_or(Self::Itself, |(program, place)| Self::Static { program, place })
    }

    /// The command that starts worker `index`.
    pub(super) fn command(&self, index: usize, eal: &[String]) -> Command {
        let index = index.to_string();
        match self {
            Self::Static { program, .. } => {
                let mut command = Command::new(program);
                command.args(eal).args(["--", &index, "rest"]);
                command
            }
            Self::Itself => {
                let mut command = Command::new("/proc/self/exe");
                command.args(["demo-worker", "--index", &index, "--"]).args(eal);
                command
            }
        }
    }

    /// The program's path, for whoever reads the report.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Static { program, .. } => program.display().to_string(),
            Self::Itself => std::env::current_exe().unwrap_or_default().display().to_string(),
        }
    }
}

impl fmt::Display for WorkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static { program, place } => {
                let why = match place {
                    Place::Beside => "it lies beside this program",
                    Place::Target => "it is in this program's target directory",
                    Place::Workspace => "its workspace is this program's",
                };
                write!(f, "the static {} ({why})", program.display())
            }
            Self::Itself => write!(
                f,
                "this program itself (the static one is neither beside it, nor in its target directory, nor built in its workspace: {BUILD})"
            ),
        }
    }
}

/// The workspace that a program was built in, whatever its target directory is: cargo writes beside it what it was
/// made of.
fn workspace_of(own: &Path) -> Option<PathBuf> {
    let rule = Some(own.with_extension("d")).filter(|it| is_trusted(it))?;
    let text = fs::read_to_string(rule).ok()?;
    let (before, _) = text.split_once(SOURCE)?;
    // Paths are separated by blanks; one that is part of a path has a backslash before it.
    let is_gap = |at: &usize| !before.get(..*at).is_some_and(|text| text.ends_with('\\'));
    let gap = before.rmatch_indices(' ').map(|(at, _)| at).find(is_gap);
    let root = before.get(gap.map_or(0, |at| at + 1)..)?.replace("\\ ", " ");
    Some(PathBuf::from(root)).filter(|root| root.is_absolute())
}

//! Which directory the runtime directory lies under (`RD-1`).
//!
//! | first that holds | base | component |
//! |---|---|---|
//! | `RUNTIME_DIRECTORY` is set (by systemd; the first of several) | its value | `phalanx` |
//! | root | `/run`, or `/var/run` where there is no `/run` | `phalanx` |
//! | `XDG_RUNTIME_DIR` is set | its value | `phalanx` |
//! | otherwise | `/tmp` | `phalanx-<uid>` |
//!
//! The last component carries the user id because `/tmp` belongs to everybody: two
//! users cannot share one `/tmp/phalanx` that only its owner may write, and whoever
//! came first would lock the other out.
//!
//! The base itself may be a link (`/var/run` is one) and may belong to anybody.

use super::{OwnedDir, OwnedDirError, PathText, Prefix, RuntimeDirError, ShownPath};
use crate::sys::user::own_uid;
use core::fmt;
use core::fmt::Write as _;
use rustix::fs::{FileType, stat};

/// The variable in which systemd names a service's directory.
pub const RUNTIME_DIRECTORY: &str = "RUNTIME_DIRECTORY";

/// The variable that names a session's directory.
pub const XDG_RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";

/// Where runtime directories lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    path: PathText,
    component: heapless::String<24>,
}

/// What the choice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseInputs<'a> {
    /// `$RUNTIME_DIRECTORY`; empty counts as unset.
    pub runtime_directory: Option<&'a str>,
    /// `$XDG_RUNTIME_DIR`; empty counts as unset.
    pub xdg_runtime_dir: Option<&'a str>,
    /// Effective user id.
    pub uid: u32,
    /// Root's choice: `/run` or `/var/run`.
    pub system_directory: &'a str,
}

/// Why no base could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseError {
    /// The path does not start with `/`.
    NotAbsolute {
        /// The path.
        path: ShownPath,
    },
    /// The path is longer than a runtime directory may be.
    TooLong {
        /// Its length, bytes.
        len: usize,
    },
    /// There is a control character in the path.
    Control {
        /// The path, made fit to show.
        path: ShownPath,
    },
    /// An environment variable is no UTF-8 text.
    NotUtf8 {
        /// The variable.
        variable: &'static str,
    },
}

impl fmt::Display for BaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { path } => write!(
                f,
                "the base of the runtime directory, '{path}', has a control character in it; \
                 set RUNTIME_DIRECTORY to a path without"
            ),
            Self::NotAbsolute { path } => write!(
                f,
                "the base of the runtime directory, '{path}', is not an absolute path; start it \
                 with '/'"
            ),
            Self::TooLong { len } => write!(
                f,
                "the base of the runtime directory has {len} bytes; use at most {}",
                super::MAX_PATH
            ),
            Self::NotUtf8 { variable } => {
                write!(f, "{variable} is not valid UTF-8; set it to a plain path or unset it")
            }
        }
    }
}

impl core::error::Error for BaseError {}

impl Base {
    /// The base for this process, from its environment and effective user.
    ///
    /// # Errors
    /// [`BaseError`].
    #[cfg(feature = "std")]
    pub fn from_environment() -> Result<Self, BaseError> {
        let runtime_directory = variable(RUNTIME_DIRECTORY)?;
        let xdg_runtime_dir = variable(XDG_RUNTIME_DIR)?;
        Self::for_user(runtime_directory.as_deref(), xdg_runtime_dir.as_deref())
    }

    /// The base for this process's effective user, given the values of [`RUNTIME_DIRECTORY`] and
    /// [`XDG_RUNTIME_DIR`]: for who reads his environment himself.
    ///
    /// # Errors
    /// [`BaseError`].
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn for_user(
        runtime_directory: Option<&str>,
        xdg_runtime_dir: Option<&str>,
    ) -> Result<Self, BaseError> {
        // Whoever says where it is is not made to wait for a look at where else it could be.
        if let Some(path) = first_of(runtime_directory) {
            return Self::at(path);
        }
        let is_dir =
            |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        let has_run = stat(c"/run").is_ok_and(is_dir);
        Self::choose(&BaseInputs {
            runtime_directory,
            xdg_runtime_dir,
            uid: own_uid(),
            system_directory: if has_run { "/run" } else { "/var/run" },
        })
    }

    /// The choice itself, see the table above.
    ///
    /// # Errors
    /// [`BaseError`].
    pub fn choose(inputs: &BaseInputs<'_>) -> Result<Self, BaseError> {
        let is_set = |value: &&str| !value.is_empty();
        if let Some(path) = first_of(inputs.runtime_directory) {
            return Self::at(path);
        }
        if inputs.uid == 0 {
            return Self::at(inputs.system_directory);
        }
        if let Some(path) = inputs.xdg_runtime_dir.filter(is_set) {
            return Self::at(path);
        }
        let mut shared = Self::at("/tmp")?;
        // Cannot fail: ten digits fit.
        let _ = write!(shared.component, "-{}", inputs.uid);
        Ok(shared)
    }

    /// A base of the caller's choice; the component is `phalanx`.
    ///
    /// # Errors
    /// [`BaseError`].
    pub fn at(path: &str) -> Result<Self, BaseError> {
        if !path.starts_with('/') {
            return Err(BaseError::NotAbsolute { path: path.into() });
        }
        if path.chars().any(char::is_control) {
            return Err(BaseError::Control { path: path.into() });
        }
        let text = PathText::try_from(path);
        let path = text.map_err(|_| BaseError::TooLong { len: path.len() })?;
        let mut component = heapless::String::new();
        // Cannot fail: seven bytes fit.
        let _ = component.push_str("phalanx");
        Ok(Self { path, component })
    }

    /// The base directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The directory below it that holds the prefixes.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// Where the group `prefix` has, or would have, its directory.
    pub fn path_of(&self, prefix: &Prefix) -> ShownPath {
        let base = self.path.trim_end_matches('/');
        ShownPath::written(format_args!("{base}/{}/{prefix}", self.component))
    }

    pub(super) fn open(&self) -> Result<OwnedDir, RuntimeDirError> {
        OwnedDir::open_base(&self.path).map_err(|error| match error {
            OwnedDirError::Refused { path, errno } => RuntimeDirError::NoBase { path, errno },
            other => RuntimeDirError::Directory(other),
        })
    }
}

/// The first directory of several that systemd joins with colons (`RuntimeDirectory=`), if it is one.
fn first_of(runtime_directory: Option<&str>) -> Option<&str> {
    runtime_directory?.split(':').next().filter(|path| !path.is_empty())
}

#[cfg(feature = "std")]
fn variable(name: &'static str) -> Result<Option<String>, BaseError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(BaseError::NotUtf8 { variable: name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING_SET: BaseInputs<'_> = BaseInputs {
        runtime_directory: None,
        xdg_runtime_dir: None,
        uid: 1000,
        system_directory: "/run",
    };

    fn chosen(inputs: BaseInputs<'_>) -> String {
        Base::choose(&inputs).unwrap().path_of(&Prefix::new("p").unwrap()).to_string()
    }

    #[test]
    fn the_service_directory_comes_first_also_for_root() {
        let inputs = BaseInputs { runtime_directory: Some("/run/a:/run/b"), uid: 0, ..NOTHING_SET };
        assert_eq!(chosen(inputs), "/run/a/phalanx/p");
    }

    #[test]
    fn root_uses_the_system_directory_and_not_its_session() {
        let inputs = BaseInputs { xdg_runtime_dir: Some("/run/user/0"), uid: 0, ..NOTHING_SET };
        assert_eq!(chosen(inputs), "/run/phalanx/p");
    }

    #[test]
    fn a_user_uses_the_session_directory() {
        let inputs = BaseInputs { xdg_runtime_dir: Some("/run/user/1000/"), ..NOTHING_SET };
        assert_eq!(chosen(inputs), "/run/user/1000/phalanx/p");
    }

    #[test]
    fn the_shared_directory_comes_last_and_carries_the_user_id() {
        assert_eq!(chosen(NOTHING_SET), "/tmp/phalanx-1000/p");
        let empty =
            BaseInputs { runtime_directory: Some(""), xdg_runtime_dir: Some(""), ..NOTHING_SET };
        assert_eq!(chosen(empty), "/tmp/phalanx-1000/p");
        let highest = BaseInputs { uid: u32::MAX, ..NOTHING_SET };
        assert_eq!(chosen(highest), "/tmp/phalanx-4294967295/p");
    }

    #[test]
    fn a_relative_or_endless_path_is_refused() {
        let relative = BaseError::NotAbsolute { path: "run".into() };
        assert_eq!(Base::at("run"), Err(relative));
        let long = format!("/{}", "x".repeat(256));
        assert_eq!(Base::at(&long), Err(BaseError::TooLong { len: 257 }));
    }
}

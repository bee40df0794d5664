//! What is known of an option: the shape of a row of [`OPTIONS`](super::OPTIONS).

/// Which option, whatever name it was written by. In the order of [`OPTIONS`](super::OPTIONS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the row of the same name in OPTIONS, which has the help text"
)]
#[non_exhaustive]
pub enum OptionId {
    Lcores,
    Coremask,
    MainLcore,
    RemapLcoreIds,
    MemorySize,
    SocketMem,
    SocketLimit,
    PageszMem,
    HugeDir,
    HugeUnlink,
    NoHuge,
    InMemory,
    BaseVirtaddr,
    LegacyMem,
    SingleFileSegments,
    MatchAllocations,
    MemoryChannels,
    MemoryRanks,
    Vdev,
    Allow,
    Block,
    NoPci,
    NoHpet,
    IovaMode,
    VfioIntr,
    VfioVfToken,
    ProcType,
    FilePrefix,
    NoShconf,
    Wait,
    LogLevel,
    Version,
    Help,
}

/// Under which heading an option stands in the help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Lcores and CPUs.
    Cores,
    /// Hugepages and how much of them.
    Memory,
    /// Ports, and the devices behind them.
    Devices,
    /// The group of processes, and the part of this one in it.
    Process,
    /// Log, version, help.
    Output,
}

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// No: the option is a switch.
    None,
    /// Yes: `--name value`, `--name=value`, `-x value`, `-xvalue` or `-x=value`.
    Required {
        /// What stands for the value in the help text.
        placeholder: &'static str,
        /// What is accepted, to follow "give" in an error.
        accepts: &'static str,
    },
    /// Only if attached: `--name=value` or `-xvalue`.
    Optional {
        /// What stands for the value in the help text.
        placeholder: &'static str,
        /// What is accepted, to follow "give" in an error.
        accepts: &'static str,
    },
}

/// Whether an option may be given several times with different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// No: a second, different value is an error.
    Once,
    /// Yes: the values add up.
    Many,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Which option this is.
    pub id: OptionId,
    /// The letter behind one dash.
    pub short: Option<char>,
    /// The name behind two dashes.
    pub long: &'static str,
    /// A second name behind two dashes.
    pub alias: Option<&'static str>,
    /// Its value.
    pub value: Value,
    /// How often it may be given.
    pub repeat: Repeat,
    /// Its heading in the help text.
    pub group: Group,
    /// Its line in the help text.
    pub help: &'static str,
}

impl OptionSpec {
    /// An option without letter, alias, value and help; the methods below add them.
    pub(super) const fn named(id: OptionId, group: Group, long: &'static str) -> Self {
        let (short, alias, value, repeat) = (None, None, Value::None, Repeat::Once);
        Self { id, short, long, alias, value, repeat, group, help: "" }
    }

    pub(super) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(super) const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    pub(super) const fn alias(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }

    pub(super) const fn many(self) -> Self {
        Self { repeat: Repeat::Many, ..self }
    }

    pub(super) const fn required(self, placeholder: &'static str, accepts: &'static str) -> Self {
        Self { value: Value::Required { placeholder, accepts }, ..self }
    }

    pub(super) const fn optional(self, placeholder: &'static str, accepts: &'static str) -> Self {
        Self { value: Value::Optional { placeholder, accepts }, ..self }
    }

    /// What the option accepts, to follow "give" in an error.
    #[must_use]
    pub const fn accepts(&self) -> &'static str {
        match self.value {
            Value::None => "it without a value",
            Value::Required { accepts, .. } | Value::Optional { accepts, .. } => accepts,
        }
    }
}

//! What follows `--`: `-p`, `--num-procs`, `--proc-id`, `--sleep`, and the texts where something is wrong.

use crate::doze::Sleeping;
use forwarding::{BadOption, Known, PortMask, QUEUES_MAX, decimal};

/// How the program is called, as the sample says it.
pub(crate) const USAGE: &str = "\n\
symmetric_mp [EAL options] -- -p <port mask> --num-procs <n> --proc-id <id> [--sleep]\n\
-p         : a hex bitmask indicating what ports are to be used\n\
--num-procs: the number of processes which will be used\n\
--proc-id  : the id of the current process (id < num-procs)\n\
--sleep    : sleep while nothing comes, until a device wakes this process; ports without one are looked at each ms\n";

/// The program's options.
pub(crate) const KNOWN: Known =
    Known { with_value: &["-p", "--num-procs", "--proc-id"], flags: &["--sleep"] };

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The ports.
    pub mask: PortMask,
    /// How many processes there will be; a secondary may leave it out.
    pub processes: Option<u16>,
    /// Which of them this one is.
    pub id: u16,
    /// Whether it sleeps while nothing comes.
    pub sleeping: Sleeping,
}

impl Options {
    /// Understands `words`, or says what is wrong and how it is called.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        Self::read(words).map_err(|why| format!("\nError: {why}\n{USAGE}"))
    }

    fn read(words: &[String]) -> Result<Self, String> {
        let all = KNOWN.read(words).map_err(|bad: BadOption<'_>| {
            format!("Cannot parse all command-line arguments: {bad}")
        })?;
        let last = |name| all.iter().rev().find(|it| it.name == name).map(|it| it.value);
        let (id, processes) = (last("--proc-id"), last("--num-procs"));
        let id = id.map(|text| (text, decimal(text)));
        let Some((id_text, Some(id))) = id else {
            return Err(invalid("proc-id parameter", id.map(|(text, _)| text)));
        };
        let number = |text| decimal(text).filter(|number| *number > 0);
        let processes = processes.map(|text| number(text).ok_or(text)).transpose();
        let processes = processes.map_err(|text| invalid("num-procs parameter", Some(text)))?;
        let mask = last("-p");
        let Some(mask) = mask.and_then(PortMask::parse) else {
            return Err(invalid("port mask", mask));
        };
        if let Some(many) = processes.filter(|many| *many > u64::from(QUEUES_MAX)) {
            return Err(format!("num-procs {many} is more than a port has queues, {QUEUES_MAX}"));
        }
        let limit = processes.unwrap_or(u64::from(QUEUES_MAX));
        let too_high = || format!("proc-id {id_text} is not below num-procs, {limit}");
        let id = u16::try_from(id).ok().filter(|id| u64::from(*id) < limit).ok_or_else(too_high)?;
        let is_given = |flag| all.iter().any(|it| it.name == flag);
        let sleeping = if is_given("--sleep") { Sleeping::WhenIdle } else { Sleeping::Never };
        let processes = processes.and_then(|many| u16::try_from(many).ok());
        Ok(Self { mask, processes, id, sleeping })
    }
}

/// What is wrong with what was asked for once the group is there: in one line, behind the program's name.
pub(crate) fn wrong(why: &str) -> String {
    format!("{why}; see symmetric_mp -- --help")
}

/// The sample's words, and what was found if there was anything.
fn invalid(what: &str, found: Option<&str>) -> String {
    let found = found.map(|text| format!(" ('{text}')")).unwrap_or_default();
    format!("Invalid or missing {what}{found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&words)
    }

    #[test]
    fn the_samples_own_lines_are_understood() {
        let options = parse("-p 3 --num-procs=4 --proc-id=3").unwrap();
        assert_eq!((options.mask.bits(), options.processes, options.id), (3, Some(4), 3));
        assert_eq!(options.sleeping, Sleeping::Never);
        let options = parse("-p f --proc-id 63 --sleep").unwrap();
        assert_eq!((options.processes, options.sleeping), (None, Sleeping::WhenIdle));
    }

    #[test]
    fn what_is_missing_is_said_in_the_samples_words() {
        let missing = |line| parse(line).unwrap_err();
        assert_eq!(missing("-p 3 --num-procs 2"), "Invalid or missing proc-id parameter");
        assert_eq!(missing("--proc-id 0"), "Invalid or missing port mask");
        assert_eq!(
            missing("-p 3 --proc-id 0 --num-procs 0"),
            "Invalid or missing num-procs parameter ('0')"
        );
        assert_eq!(missing("-p 3 --proc-id -1"), "Invalid or missing proc-id parameter ('-1')");
        assert!(missing("-p 3 -x").starts_with("Cannot parse all command-line arguments"));
    }

    #[test]
    fn an_id_that_is_not_below_num_procs_is_refused() {
        let error = parse("-p 3 --num-procs 4 --proc-id 4").unwrap_err();
        assert_eq!(error, "proc-id 4 is not below num-procs, 4");
        assert_eq!(
            parse("-p 3 --proc-id 64").unwrap_err(),
            "proc-id 64 is not below num-procs, 64"
        );
        assert!(parse("-p 3 --proc-id 70000").is_err());
    }

    #[test]
    fn more_processes_than_queues_are_refused() {
        let error = parse("-p 3 --num-procs 65 --proc-id 0").unwrap_err();
        assert_eq!(error, "num-procs 65 is more than a port has queues, 64");
    }
}

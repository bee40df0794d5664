//! What follows `--`: `-p`, `-n`, and how statistics are shown.

use forwarding::{BadOption, CLIENTS_MAX, Known, PortMask, Voice, decimal};

/// How the program is called: the sample's text without the option that it names and has not, and
/// with those that it lacks.
pub(crate) const USAGE: &str = "mp_server [EAL options] -- -p PORTMASK -n NUM_CLIENTS\n \
-p PORTMASK: hexadecimal bitmask of ports to use\n \
-n NUM_CLIENTS: number of client processes to use\n \
--flows: give all packets of a flow to one client, instead of each packet to the next\n \
--no-drop: receive only what all clients have room for, those not there too\n \
--no-screen: show no statistics\n \
--json: show statistics as a line of JSON each\n";

/// The program's options.
pub(crate) const KNOWN: Known =
    Known { with_value: &["-p", "-n"], flags: &["--flows", "--no-drop", "--no-screen", "--json"] };

/// How statistics are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Show {
    /// As the sample's screen; plain where it is no terminal.
    #[default]
    Screen,
    /// A line of JSON each.
    Json,
    /// Not at all.
    Nothing,
}

impl Show {
    /// Where is said what is no statistics: not among lines of JSON.
    pub(crate) fn voice(self) -> Voice {
        if self == Self::Json { Voice::Err } else { Voice::Out }
    }
}

/// Who gets a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Deal {
    /// The next client.
    #[default]
    InTurn,
    /// The client that has its flow.
    ByFlow,
}

/// What happens to a packet whose client has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Full {
    /// It is freed, and counted.
    #[default]
    Drop,
    /// It is not received before all have room, those who are not there too.
    Wait,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The ports.
    pub mask: PortMask,
    /// How many clients there may be.
    pub clients: u16,
    /// Who gets a packet.
    pub deal: Deal,
    /// What happens to one whose client has no room.
    pub full: Full,
    /// How statistics are shown.
    pub show: Show,
}

impl Options {
    /// Understands `words`, or says what is wrong and how it is called.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        Self::read(words).map_err(|why| format!("ERROR: {why}\n{}", USAGE.trim_end()))
    }

    fn read(words: &[String]) -> Result<Self, String> {
        let all = KNOWN.read(words).map_err(|bad| match bad {
            BadOption::Unknown(word) => {
                format!("Unknown option '{}'", word.trim_start_matches('-'))
            }
            other => other.to_string(),
        })?;
        let last = |name| all.iter().rev().find(|it| it.name == name).map(|it| it.value);
        let has = |name| all.iter().any(|it| it.name == name);
        let mask = last("-p")
            .ok_or("no ports were given; give -p with a mask of port ids, for example -p 3")?;
        let no_mask =
            || format!("-p '{mask}' is no mask of ports; give a hexadecimal number above 0");
        let mask = PortMask::parse(mask).ok_or_else(no_mask)?;
        let clients =
            last("-n").ok_or("no number of clients was given; give -n, for example -n 2")?;
        Ok(Self {
            mask,
            clients: count(clients)?,
            deal: if has("--flows") { Deal::ByFlow } else { Deal::InTurn },
            full: if has("--no-drop") { Full::Wait } else { Full::Drop },
            show: show(has("--json"), has("--no-screen"))?,
        })
    }
}

fn count(text: &str) -> Result<u16, String> {
    let all = 1..=u64::from(CLIENTS_MAX);
    let found = decimal(text).filter(|count| all.contains(count));
    found.and_then(|count| u16::try_from(count).ok()).ok_or_else(|| {
        format!("{text} clients were asked for and a server has 1 to {CLIENTS_MAX}; give -n with such a number")
    })
}

fn show(json: bool, no_screen: bool) -> Result<Show, String> {
    match (json, no_screen) {
        (true, true) => {
            Err("--json and --no-screen exclude each other; give one of them".to_owned())
        }
        (true, false) => Ok(Show::Json),
        (false, true) => Ok(Show::Nothing),
        (false, false) => Ok(Show::Screen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&words)
    }

    #[test]
    fn the_samples_own_line_is_understood() {
        let options = parse("-p 3 -n 2").unwrap();
        assert_eq!((options.mask.bits(), options.clients), (3, 2));
        assert_eq!((options.show, options.deal, options.full), Default::default());
    }

    #[test]
    fn sixteen_clients_are_served_and_the_seventeenth_is_refused() {
        assert_eq!(parse("-p 3 -n 16").unwrap().clients, 16);
        for text in ["17", "0", "-1", "256", "65537", "x"] {
            let error = parse(&format!("-p 3 -n {text}")).unwrap_err();
            let wanted = format!(
                "{text} clients were asked for and a server has 1 to 16; give -n with such a number"
            );
            assert_eq!(error, wanted);
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert!(parse("-n 2").unwrap_err().contains("give -p"));
        assert!(parse("-p 3").unwrap_err().contains("give -n"));
        assert!(parse("-p 0 -n 1").unwrap_err().contains("-p '0' is no mask"));
        assert_eq!(parse("-p 3 -n 2 -s 1").unwrap_err(), "Unknown option 's'");
        assert!(parse("-p 3 -n 2 --json --no-screen").unwrap_err().contains("exclude"));
    }
}

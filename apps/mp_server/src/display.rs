//! Where and when the statistics are shown: on a worker lcore each second, and once at the end.

use core::time::Duration;
use std::io::{IsTerminal, stdout};
use std::time::Instant;

use forwarding::client_server::Figures;
use forwarding::{Stop, Voice};
use phalanx_core::group::Lcore;
use phalanx_core::port::MacAddress;
use phalanx_linux::console::ConsoleError;
use phalanx_linux::eal::{Eal, LaunchError, Launched};

use crate::options::Show;
use crate::screen::{CLEAR, Json, Screen};
use crate::setup::Shared;

/// Before the first screen, so that what was said until then can be read.
const FIRST: Duration = Duration::from_secs(3);

/// Between two screens.
const EVERY: Duration = Duration::from_secs(1);

/// How soon an end is noticed meanwhile.
const TICK: Duration = Duration::from_millis(20);

/// What shows the statistics.
#[derive(Clone, Debug)]
pub(crate) struct Display {
    shared: Shared,
    macs: Vec<MacAddress>,
    how: Show,
}

impl Display {
    /// That of `shared`.
    pub(crate) fn of(shared: &Shared, how: Show) -> Self {
        let macs = shared.ports.iter().map(|port| port.facts().mac).collect();
        Self { shared: shared.clone(), macs, how }
    }

    /// Shows them from the first worker lcore until the program ends. With one lcore nobody does.
    pub(crate) fn launch(
        &self,
        eal: &Eal,
        stop: &Stop,
    ) -> Result<Option<Launched<Result<(), ConsoleError>>>, LaunchError> {
        let Some(id) = eal.lcores().worker_ids().next().filter(|_| self.how != Show::Nothing)
        else {
            return Ok(None);
        };
        let (display, stop) = (self.clone(), stop.clone());
        let work = move |lcore: &Lcore| {
            let shown = display.run(lcore, &stop);
            // Nobody reads any more, or nothing can be written.
            stop.end_if(shown.is_err());
            shown
        };
        eal.lcores().launch(id, work).map(Some)
    }

    fn run(&self, lcore: &Lcore, stop: &Stop) -> Result<(), ConsoleError> {
        if self.how == Show::Screen {
            Voice::Out.say(format_args!("Core {} displaying statistics", lcore.id()))?;
            pause(FIRST, stop);
        }
        while !stop.is_asked() {
            self.show(stdout().is_terminal())?;
            pause(EVERY, stop);
        }
        Ok(())
    }

    /// The figures at the end, of all that server and clients have ever passed on.
    pub(crate) fn last_words(&self, stop: &Stop) -> Result<(), ConsoleError> {
        if self.how == Show::Json {
            return self.show(false);
        }
        if let Some(signal) = stop.signal() {
            Voice::Out.say(format_args!("\nExiting on signal {signal}\n"))?;
        }
        self.show(false)
    }

    fn show(&self, clears: bool) -> Result<(), ConsoleError> {
        let figures = Figures::of(self.shared.info.value(), &self.shared.ports);
        let screen = Screen { figures: &figures, macs: &self.macs };
        if self.how == Show::Json {
            let json = Json::of(&screen, |id| self.is_there(id));
            // It has nothing that JSON lacks.
            return Voice::Out.say(serde_json::to_string(&json).unwrap_or_default());
        }
        Voice::Out.show(format_args!("{}{screen}", if clears { CLEAR } else { "" }))
    }

    fn is_there(&self, id: u16) -> bool {
        let ring = self.shared.rings.get(usize::from(id));
        let who = ring.and_then(|ring| ring.facts().consumer);
        who.zip(self.shared.ports.first()).is_some_and(|(who, port)| port.group().is_alive(who))
    }
}

/// Waits, unless the program is to end.
fn pause(time: Duration, stop: &Stop) {
    let until = Instant::now() + time;
    while !stop.is_asked() && Instant::now() < until {
        std::thread::sleep(TICK);
    }
}

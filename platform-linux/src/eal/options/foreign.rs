//! Options that DPDK has and Phalanx has not.
//!
//! Somebody who ports a DPDK program brings its command line along. "Unknown" would make them look for a
//! typing error; so these are known by name and refused as what they are (rows `OP-5`, `OP-20`, `OP-24` to
//! `OP-31`).

/// An option of DPDK.
struct Foreign {
    short: Option<char>,
    long: &'static str,
}

const fn long(long: &'static str) -> Foreign {
    Foreign { short: None, long }
}

const fn both(short: char, long: &'static str) -> Foreign {
    Foreign { short: Some(short), long }
}

const FOREIGN: [Foreign; 19] = [
    both('S', "service-corelist"),
    both('s', "service-coremask"),
    long("huge-worker-stack"),
    both('A', "no-auto-probing"),
    long("auto-probing"),
    long("create-uio-dev"),
    both('d', "driver-path"),
    long("mbuf-pool-ops-name"),
    long("log-color"),
    long("log-timestamp"),
    long("syslog"),
    long("trace"),
    long("trace-bufsz"),
    long("trace-dir"),
    long("trace-mode"),
    long("vmware-tsc-map"),
    long("force-max-simd-bitwidth"),
    long("telemetry"),
    long("no-telemetry"),
];

/// The long name, if DPDK has an option of that name.
pub(super) fn by_long(name: &str) -> Option<&'static str> {
    FOREIGN.iter().map(|foreign| foreign.long).find(|long| *long == name)
}

/// The long name of DPDK's option of that letter.
pub(super) fn by_short(letter: char) -> Option<&'static str> {
    FOREIGN.iter().find(|foreign| foreign.short == Some(letter)).map(|foreign| foreign.long)
}

#[cfg(test)]
mod tests {
    use super::super::{Given, OPTIONS};
    use super::*;

    #[test]
    fn no_option_is_both_ours_and_foreign() {
        for foreign in &FOREIGN {
            assert_eq!(Given::by_long(foreign.long), None);
            assert_eq!(foreign.short.and_then(Given::by_short), None);
        }
        assert!(OPTIONS.iter().all(|spec| by_long(spec.long).is_none()));
    }

    #[test]
    fn a_foreign_letter_leads_to_its_long_name() {
        assert_eq!(by_short('d'), Some("driver-path"));
        assert_eq!(by_short('l'), None);
    }
}

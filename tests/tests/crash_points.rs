//! A process dies after each instruction of each operation; others recover, and nothing is lost.
//!
//! ```text
//! cargo test -p phalanx-tests --test crash_points -- --nocapture
//! cargo test --release -p phalanx-tests --test crash_points -- --ignored exhaustive --nocapture
//! ```
//!
//! The first judges each state that the operations leave to others once, and prints how many points
//! of death that covers; the second judges after every instruction, or, of an operation of more than
//! 2,000, after each new state and at about 2,000 points between, evenly spread. Points that leave the
//! same state leave the same to others, bit for bit. `src/step/mod.rs` says how a kill is tried.

use std::path::Path;

use phalanx_tests::step::ops;
use phalanx_tests::step::report::Report;
use phalanx_tests::step::walk::{Plan, walk};

/// Walks through all operations of `structure`.
#[track_caller]
fn survive(structure: &str, plan: &Plan) {
    if cfg!(not(target_arch = "x86_64")) {
        println!("SKIPPED: marks and system calls are known by x86-64 opcodes only");
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_phalanx-step"));
    let only = std::env::var("PHALANX_STEP_ONLY").unwrap_or_default();
    let chosen = ops::all()
        .into_iter()
        .filter(|op| op.name().starts_with(structure) && op.name().contains(&only));
    println!("{}", Report::head());
    let reports: Vec<Report> = chosen
        .enumerate()
        .map(|(index, op)| {
            // What a recovery does depends little on the operation: see `Plan::repairs`.
            let repairs = if index % plan.repairs_in == 0 { plan.repairs } else { 0 };
            let report = walk(program, op.as_ref(), &Plan { repairs, ..*plan });
            println!("{report}");
            report
        })
        .collect();
    println!("{}", Report::sum(&format!("{structure} in all"), &reports));
}

macro_rules! structures {
    ($($structure:literal => $quick:ident $exhaustive:ident),+ $(,)?) => {$(
        #[test]
        fn $quick() {
            survive($structure, &Plan::QUICK);
        }

        #[test]
        #[ignore = "judges after every instruction, or every so many'th; wants --release"]
        fn $exhaustive() {
            survive($structure, &Plan::EXHAUSTIVE);
        }
    )+};
}

structures! {
    "ring.single" => a_single_ring_survives_any_death exhaustive_single_ring,
    "ring.multi" => a_multi_ring_survives_any_death exhaustive_multi_ring,
    "ring.rts" => an_rts_ring_survives_any_death exhaustive_rts_ring,
    "ring.hts" => an_hts_ring_survives_any_death exhaustive_hts_ring,
    "pool" => a_pool_survives_any_death exhaustive_pool,
    "buffers" => buffers_survive_any_death exhaustive_buffers,
    "mbuf" => an_mbuf_survives_any_death exhaustive_mbuf,
    "heap" => the_heap_survives_any_death exhaustive_heap,
    "zone" => a_zone_survives_any_death exhaustive_zone,
    "directory" => the_directory_survives_any_death exhaustive_directory,
    "lcore" => an_lcore_survives_any_death exhaustive_lcore,
    "lock" => the_lock_survives_any_death exhaustive_lock,
    "member" => a_membership_survives_any_death exhaustive_membership,
    "message" => messages_survive_any_death exhaustive_messages,
    "wait" => waiting_survives_any_death exhaustive_waiting,
    "port" => a_port_survives_any_death exhaustive_port,
    "af_packet" => queues_of_an_interface_survive_any_death exhaustive_af_packet,
    "capture" => a_capture_survives_any_death exhaustive_capture,
    "device" => a_device_survives_any_death exhaustive_device,
}

//! Lcores for tests: any id, on a CPU that this machine lets them use.

use rustix::thread::sched_getaffinity;

/// The EAL's arguments for one lcore, `id`, on the first CPU that may be used. Processes of one
/// group need different ids; they may share the CPU.
pub fn lcore(id: u16) -> String {
    format!("--lcores {id}@({})", first_allowed())
}

/// The same on one of the CPUs that may be used, in turn.
///
/// # Panics
/// If there is none.
pub fn lcore_in_turn(id: u16) -> String {
    let allowed: Vec<usize> = (0..1024).filter(|cpu| is_allowed(*cpu)).collect();
    match allowed.get(usize::from(id) % allowed.len().max(1)) {
        Some(cpu) => format!("--lcores={id}@({cpu})"),
        None => panic!("this process may use no CPU below 1024"),
    }
}

/// The first CPU that this process may use.
///
/// # Panics
/// If there is none.
pub fn first_allowed() -> usize {
    match (0..1024).find(|cpu| is_allowed(*cpu)) {
        Some(cpu) => cpu,
        None => panic!("this process may use no CPU below 1024"),
    }
}

/// Whether this process may use `cpu`, whatever the calling thread is pinned to: the main thread's
/// word.
pub fn is_allowed_at_all(cpu: usize) -> bool {
    sched_getaffinity(Some(rustix::process::getpid())).is_ok_and(|set| set.is_set(cpu))
}

/// Whether this thread may use `cpu`.
pub fn is_allowed(cpu: usize) -> bool {
    sched_getaffinity(None).is_ok_and(|set| set.is_set(cpu))
}

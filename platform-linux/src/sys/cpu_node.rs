//! The NUMA node of the CPU that the calling thread runs on, without a look at sysfs.
#![expect(unsafe_code, reason = "getcpu with a pointer to two numbers")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_getcpu;
use rustix::io::Errno;

/// The node, 0 on a machine without NUMA. Means something for pinned threads only.
///
/// Cost: one system call.
///
/// # Errors
/// The kernel's: none is known.
pub fn current_node() -> Result<u32, Errno> {
    let (mut cpu, mut node) = (0u32, 0u32);
    let (cpu, node_at): (*mut u32, *mut u32) = (&raw mut cpu, &raw mut node);
    let arguments = [cpu.expose_provenance(), node_at.expose_provenance(), 0, 0, 0, 0];
    // SAFETY: the kernel writes one `u32` through each pointer, and both outlive the call.
    unsafe { syscall(__NR_getcpu, arguments) }?;
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_is_one_that_the_machine_has() {
        let nodes = crate::numa::Topology::discover().unwrap().node_count();
        assert!(current_node().unwrap() < u32::from(nodes));
    }
}

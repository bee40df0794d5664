//! On which NUMA node memory lies: asking for it, and looking.
//!
//! Two ways to ask, because two things allocate:
//!
//! * a **fault** follows the policy of the mapping: [`bind_range`], then touch;
//! * a **`fallocate`** on hugetlbfs has no mapping and follows the policy of the
//!   calling thread: [`ThreadBinding`] sets it for as long as the value lives.
//!
//! Looking is [`page_node`], which never brings a page in by itself.
//!
//! On a kernel without NUMA these return `ENOSYS`; everything is node 0 then.
#![expect(unsafe_code, reason = "system calls with pointers to node masks")]

use super::syscall::syscall;
use core::marker::PhantomData;
use core::ptr;
use linux_raw_sys::general::{__NR_get_mempolicy, __NR_mbind, __NR_move_pages, __NR_set_mempolicy};
use linux_raw_sys::mempolicy::{MPOL_BIND, MPOL_DEFAULT};
use rustix::io::Errno;

/// Nodes a mask has room for: the most that any Linux is built for.
pub const MAX_NODES: u32 = 1024;

type NodeMask = [u64; MAX_NODES as usize / 64];

/// The kernel reads one bit less than it is told.
const MASK_BITS: usize = MAX_NODES as usize + 1;

/// Pages of `[start, start + len)` that are first touched from now on come from
/// `node` and no other. Pages already there stay where they are.
///
/// On a shared file mapping the policy is that of this mapping; other processes
/// set their own. Cost: one system call.
///
/// # Errors
/// `EINVAL` for a node that does not exist or an unaligned start, `EFAULT` for
/// an unmapped part, `ENOSYS` without NUMA.
#[doc(alias = "mbind")]
pub fn bind_range(start: usize, len: usize, node: u32) -> Result<(), Errno> {
    let mask = mask_of(node)?;
    let arguments = [start, len, MPOL_BIND as usize, address(&mask), MASK_BITS, 0];
    // SAFETY: the kernel reads `MASK_BITS - 1` bits, which `mask` has. A policy
    // changes where later pages come from, not the content of any.
    unsafe { syscall(__NR_mbind, arguments) }.map(|_| ())
}

/// While it lives, this thread's new pages come from one node only; its earlier
/// policy returns on drop.
///
/// A policy belongs to a thread, so the value cannot be sent to another.
#[derive(Debug)]
#[doc(alias = "set_mempolicy")]
pub struct ThreadBinding {
    earlier_mode: u32,
    earlier_nodes: NodeMask,
    stays_on_thread: PhantomData<*const ()>,
}

impl ThreadBinding {
    /// Binds the calling thread to `node`. Cost: two system calls, one more on drop.
    ///
    /// # Errors
    /// `EINVAL` for a node that does not exist or that this process may not use,
    /// `ENOSYS` without NUMA.
    pub fn to_node(node: u32) -> Result<Self, Errno> {
        let mask = mask_of(node)?;
        let (earlier_mode, earlier_nodes) = thread_policy()?;
        set_thread_policy(MPOL_BIND as u32, &mask)?;
        Ok(Self { earlier_mode, earlier_nodes, stays_on_thread: PhantomData })
    }
}

impl Drop for ThreadBinding {
    fn drop(&mut self) {
        // An earlier policy whose nodes have since gone away cannot return.
        if set_thread_policy(self.earlier_mode, &self.earlier_nodes).is_err() {
            let _ = set_thread_policy(MPOL_DEFAULT as u32, &[0; MAX_NODES as usize / 64]);
        }
    }
}

/// The node on which the page at `address` lies; `None` while there is no page.
///
/// Never faults a page in. Cost: one system call.
///
/// # Errors
/// `EFAULT` if nothing is mapped there, `ENOSYS` without NUMA.
#[doc(alias = "move_pages")]
pub fn page_node(address_in_page: usize) -> Result<Option<u32>, Errno> {
    let pages = [address_in_page];
    let mut status = [0_i32];
    let arguments = [0, 1, address(&pages), 0, ptr::from_mut(&mut status).expose_provenance(), 0];
    // SAFETY: for this process (0), the kernel reads one address from `pages`
    // and writes one `int` to `status`; a null node list only queries.
    unsafe { syscall(__NR_move_pages, arguments) }?;
    match status[0] {
        node @ 0.. => Ok(Some(node as u32)),
        error if error == -Errno::NOENT.raw_os_error() => Ok(None),
        error => Err(Errno::from_raw_os_error(-error)),
    }
}

fn thread_policy() -> Result<(u32, NodeMask), Errno> {
    let mut mode = 0_i32;
    let mut nodes: NodeMask = [0; MAX_NODES as usize / 64];
    let mode_address = ptr::from_mut(&mut mode).expose_provenance();
    let nodes_address = ptr::from_mut(&mut nodes).expose_provenance();
    // SAFETY: the kernel writes one `int` and `MASK_BITS - 1` bits, which the
    // two locals have room for.
    unsafe { syscall(__NR_get_mempolicy, [mode_address, nodes_address, MASK_BITS, 0, 0, 0]) }?;
    Ok((mode as u32, nodes))
}

fn set_thread_policy(mode: u32, nodes: &NodeMask) -> Result<(), Errno> {
    // The default policy insists on an empty mask, which a zeroed one is.
    let arguments = [mode as usize, address(nodes), MASK_BITS, 0, 0, 0];
    // SAFETY: the kernel reads `MASK_BITS - 1` bits, which `nodes` has.
    unsafe { syscall(__NR_set_mempolicy, arguments) }.map(|_| ())
}

fn mask_of(node: u32) -> Result<NodeMask, Errno> {
    let mut mask: NodeMask = [0; MAX_NODES as usize / 64];
    let word = mask.get_mut(node as usize / 64).ok_or(Errno::INVAL)?;
    *word = 1 << (node % 64);
    Ok(mask)
}

fn address<T>(value: &T) -> usize {
    ptr::from_ref(value).expose_provenance()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True when the kernel has no NUMA, where nothing below can be tried.
    fn lacks_numa() -> bool {
        let lacks = page_node(address(&0_u8)) == Err(Errno::NOSYS);
        if lacks {
            crate::sys::test_support::skip("numa", "this kernel is built without NUMA");
        }
        lacks
    }

    #[test]
    fn a_touched_page_lies_on_a_node() {
        let touched = Box::new(7_u64);
        assert!(lacks_numa() || matches!(page_node(address(&*touched)), Ok(Some(_))));
    }

    #[test]
    fn a_binding_returns_the_earlier_policy() {
        if lacks_numa() {
            return;
        }
        let before = thread_policy();
        let binding = ThreadBinding::to_node(0).unwrap();
        assert_eq!(thread_policy(), Ok((MPOL_BIND as u32, mask_of(0).unwrap())));
        drop(binding);
        assert_eq!(thread_policy(), before);
    }

    #[test]
    fn a_node_that_does_not_exist_is_refused() {
        if lacks_numa() {
            return;
        }
        assert_eq!(ThreadBinding::to_node(MAX_NODES - 1).unwrap_err(), Errno::INVAL);
        assert_eq!(ThreadBinding::to_node(MAX_NODES).unwrap_err(), Errno::INVAL);
    }

    #[test]
    fn an_unmapped_range_cannot_be_bound() {
        if lacks_numa() {
            return;
        }
        let page = rustix::param::page_size();
        assert_eq!(bind_range(page, page, 0), Err(Errno::FAULT));
        assert_eq!(page_node(page), Err(Errno::FAULT));
    }
}

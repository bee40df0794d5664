//! NUMA nodes, and which CPUs belong to which.
//!
//! A machine (or kernel) without NUMA is one node 0 with every CPU, so nobody else
//! has to ask whether there is any. [`Topology`] is one look, kept.

use crate::cpu::read_cpu_list;
use crate::kernel_files::{KernelFileError, KernelFiles};
use phalanx_core::group::{CPU_MAX, CpuSet};

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "socket_id")]
pub struct Node {
    /// Its number; numbers may have gaps.
    pub id: u32,
    /// Its CPUs; none for a node that is memory only, and every number for the only node.
    pub cpus: CpuSet,
}

/// The nodes that are online, by number; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    nodes: Vec<Node>,
}

impl Topology {
    /// Looks at this machine. Cost: one small file, and with several nodes one more for each.
    ///
    /// # Errors
    /// [`KernelFileError`].
    pub fn discover() -> Result<Self, KernelFileError> {
        Self::discover_in(&KernelFiles::real())
    }

    /// Looks at the machine that `kernel` describes.
    ///
    /// # Errors
    /// [`KernelFileError`].
    pub fn discover_in(kernel: &KernelFiles) -> Result<Self, KernelFileError> {
        let ids = match read_cpu_list(&kernel.sys("devices/system/node/online")) {
            Err(error) if error.is_absent() => CpuSet::new(),
            result => result?,
        };
        // The only node has every CPU, and asking which would cost each start a file.
        if ids.len() < 2 {
            let id = ids.iter().next().map_or(0, u32::from);
            return Ok(Self { nodes: vec![Node { id, cpus: (0..CPU_MAX).collect() }] });
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for id in ids.iter().map(u32::from) {
            let path = kernel.sys(&format!("devices/system/node/node{id}/cpulist"));
            nodes.push(Node { id, cpus: read_cpu_list(&path)? });
        }
        Ok(Self { nodes })
    }

    /// The nodes, by number.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of `cpu`; `None` if no node has it.
    pub fn node_of(&self, cpu: u16) -> Option<u32> {
        self.nodes.iter().find(|node| node.cpus.contains(cpu)).map(|node| node.id)
    }

    /// How many node numbers there are: one more than the highest, so that a list which is
    /// counted by node has room for each.
    #[doc(alias = "rte_socket_count")]
    pub fn node_count(&self) -> u16 {
        let highest = self.nodes.last().map_or(0, |node| node.id);
        u16::try_from(highest).unwrap_or(u16::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::online;
    use crate::sys::test_support::TempDir;

    fn described(label: &str, files: &[(&str, &str)]) -> Result<Topology, KernelFileError> {
        let temp = TempDir::new(label);
        for (name, text) in files {
            temp.write(&format!("sys/devices/system/{name}"), text);
        }
        Topology::discover_in(&KernelFiles::at(temp.path().join("sys"), temp.path().join("proc")))
    }

    #[test]
    fn nodes_with_gaps_and_nodes_without_cpus_are_read() {
        let topology = described(
            "numa-gaps",
            &[
                ("node/online", "0,2-3\n"),
                ("node/node0/cpulist", "0-1,8\n"),
                ("node/node2/cpulist", "2-3\n"),
                ("node/node3/cpulist", "\n"),
            ],
        )
        .unwrap();
        assert_eq!(topology.nodes().iter().map(|node| node.id).collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(topology.nodes()[0].cpus.to_string(), "0-1,8");
        assert!(topology.nodes()[2].cpus.is_empty());
        assert_eq!((topology.node_of(3), topology.node_of(4)), (Some(2), None));
    }

    #[test]
    fn a_machine_without_numa_is_one_node_with_every_cpu() {
        let topology = described("numa-none", &[("cpu/online", "0-3\n")]).unwrap();
        assert_eq!(topology.nodes().len(), 1);
        assert_eq!((topology.node_of(0), topology.node_of(1023)), (Some(0), Some(0)));
    }

    #[test]
    fn the_only_node_has_every_cpu_whatever_its_number() {
        let topology = described("numa-one", &[("node/online", "2\n")]).unwrap();
        assert_eq!((topology.node_of(0), topology.node_of(1023)), (Some(2), Some(2)));
        assert_eq!(topology.node_count(), 3);
    }

    #[test]
    fn a_node_that_cannot_be_read_is_named() {
        let refused = described("numa-broken", &[("node/online", "0-1\n")]).unwrap_err();
        assert!(refused.to_string().contains("node0/cpulist"), "{refused}");
    }

    #[test]
    fn every_cpu_of_this_machine_has_a_node() {
        let topology = Topology::discover().unwrap();
        for cpu in online(&KernelFiles::real()).unwrap().iter() {
            assert!(
                topology.node_of(cpu).is_some_and(|node| node < u32::from(topology.node_count()))
            );
        }
    }
}

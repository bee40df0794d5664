//! What a pool looks like in text: the lines that people of the field know (MP-14).

use core::fmt;

use super::view::PoolView;

/// A pool, to be printed.
///
/// ```text
/// mempool <MSG_POOL>@+0x4000080
///   flags=10
///   ...
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PoolDump<'p>(&'p PoolView);

impl PoolView {
    /// The pool in text: what it is, where it lies, what is in it.
    #[doc(alias = "rte_mempool_dump")]
    pub fn dump(&self) -> PoolDump<'_> {
        PoolDump(self)
    }

    fn dump_facts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mempool <{}>@+{:#x}", self.name(), self.at.get())?;
        writeln!(f, "  flags={:x}", self.shape.flags.bits())?;
        writeln!(f, "  socket_id={}", self.node().map_or(-1, i64::from))?;
        writeln!(f, "  pool=+{:#x}", self.at.get() + self.shape.footprint.handler)?;
        writeln!(f, "  nb_mem_chunks={}", self.memory().count())?;
        writeln!(f, "  size={}", self.size())?;
        writeln!(f, "  populated_size={}", self.populated())?;
        writeln!(f, "  header_size=0")?;
        writeln!(f, "  elt_size={}", self.element().size)?;
        writeln!(f, "  trailer_size={}", self.stride() - u64::from(self.element().size))?;
        writeln!(f, "  total_obj_size={}", self.stride())?;
        writeln!(f, "  private_data_size={}", self.private_bytes())?;
        writeln!(f, "  ops_index={}", self.handler().number())?;
        writeln!(f, "  ops_name: <{}>", self.handler())
    }

    fn dump_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.memory() {
            writeln!(
                f,
                "  memory chunk at +{:#x}, len={}, objects={}",
                chunk.at, chunk.bytes, chunk.objects
            )?;
        }
        let bytes = self.memory().map(|chunk| chunk.bytes).fold(0, u64::saturating_add);
        match u64::from(self.populated()) {
            0 => Ok(()),
            objects => {
                let tenths = bytes.saturating_mul(10) / objects;
                writeln!(f, "  avg bytes/object={}.{}", tenths / 10, tenths % 10)
            }
        }
    }

    fn dump_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  internal cache infos (hide zero value items):")?;
        writeln!(f, "    cache_size={}", self.cache_size())?;
        for (lcore, cache) in self.caches().filter(|(_, cache)| cache.len() > 0) {
            writeln!(f, "    cache_count[{lcore}]={}", cache.len())?;
        }
        writeln!(f, "    total_cache_count={}", self.cached_count())?;
        writeln!(f, "  common_pool_count={}", self.common_count())
    }

    fn dump_stats(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = self.stats();
        writeln!(f, "  stats:")?;
        writeln!(f, "    put_bulk={}", stats.puts)?;
        writeln!(f, "    put_objs={}", stats.put)?;
        writeln!(f, "    put_common_pool_bulk={}", stats.pool_puts)?;
        writeln!(f, "    put_common_pool_objs={}", stats.pool_put)?;
        writeln!(f, "    get_common_pool_bulk={}", stats.pool_gets)?;
        writeln!(f, "    get_common_pool_objs={}", stats.pool_got)?;
        writeln!(f, "    get_success_bulk={}", stats.gets)?;
        writeln!(f, "    get_success_objs={}", stats.got)?;
        writeln!(f, "    get_fail_bulk={}", stats.failures)
    }
}

impl fmt::Display for PoolDump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.dump_facts(f)?;
        self.0.dump_memory(f)?;
        self.0.dump_counts(f)?;
        self.0.dump_stats(f)
    }
}

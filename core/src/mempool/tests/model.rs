//! Cache and pool against the rule written down once more, on lists.
#![expect(unsafe_code, reason = "the model puts back by hand what it got by hand")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The rule on lists: a cache, oldest first, and the set of what the pool has.
#[derive(Debug)]
struct Model {
    size: usize,
    cache: Vec<u64>,
    common: Vec<u64>,
    held: Vec<u64>,
}

impl Model {
    /// What a get of `count` must give: so many from the top of the cache, the rest from the
    /// pool; and how many are then fetched into the cache. `None` if there are too few.
    fn get(&self, count: usize) -> Option<(usize, usize)> {
        let cached = count.min(self.cache.len());
        let (missing, half) = (count - cached, self.size / 2);
        match missing {
            0 => Some((cached, 0)),
            _ if missing <= half && self.common.len() >= half => Some((cached, half - missing)),
            _ => (self.common.len() >= missing).then_some((cached, 0)),
        }
    }

    /// How many of the oldest a put of `count` flushes; `None` if it goes past the cache.
    fn put(&self, count: usize) -> Option<usize> {
        match self.cache.len() + count {
            all if all <= self.size => Some(0),
            _ if count <= self.size / 2 => Some(self.size / 2),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Get(usize),
    Put(usize),
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40usize).prop_map(Step::Get),
        4 => (0..40usize).prop_map(Step::Put),
        1 => Just(Step::Flush),
    ]
}

fn slots(cache: &PoolCache<'_, u64>) -> Vec<u64> {
    (0..cache.len()).map(|i| cache.cache.slots.glance(i).unwrap()).collect()
}

fn take_out(from: &mut Vec<u64>, what: &[u64]) {
    for place in what {
        let at = from.iter().position(|there| there == place).expect("it was there");
        from.swap_remove(at);
    }
}

fn run_get(model: &mut Model, cache: &PoolCache<'_, u64>, count: usize) {
    let mut places = vec![Offset::NONE; count];
    let had = cache.get_bulk(&mut places).is_ok();
    let Some((cached, _)) = model.get(count) else {
        assert!(!had);
        return;
    };
    assert!(had);
    let places: Vec<u64> = places.into_iter().map(Offset::get).collect();
    let (_, fetched) = model.get(count).unwrap();
    let top = model.cache.split_off(model.cache.len() - cached);
    assert_eq!(places[..cached], top);
    take_out(&mut model.common, &places[cached..]);
    if count > cached {
        let now = slots(cache);
        assert_eq!(now.len(), fetched);
        take_out(&mut model.common, &now);
        model.cache = now;
    }
    model.held.extend(places);
}

fn run_put(model: &mut Model, cache: &PoolCache<'_, u64>, count: usize) {
    let count = count.min(model.held.len());
    let places: Vec<u64> = model.held.split_off(model.held.len() - count);
    let offsets: Vec<Offset<u64>> = places.iter().copied().map(Offset::new).collect();
    // SAFETY: the model held them.
    unsafe { cache.put_bulk(&offsets) };
    match model.put(count) {
        Some(oldest) => {
            model.common.extend(model.cache.drain(..oldest));
            model.cache.extend(places);
        }
        None => model.common.extend(places),
    }
}

fn check(model: &Model, pool: &Mempool<u64>, cache: &PoolCache<'_, u64>) {
    assert_eq!(slots(cache), model.cache);
    assert_eq!(pool.common_count() as usize, model.common.len());
    let audit = pool.audit().expect("a sound pool");
    assert_eq!(audit.outside as usize, model.held.len());
    assert_eq!(audit.cached as usize, model.cache.len());
    let mut common = Vec::new();
    pool.handler.visit(pool, |at| common.push(at));
    let mut expected = model.common.clone();
    common.sort_unstable();
    expected.sort_unstable();
    assert_eq!(common, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_of_gets_and_puts_follows_the_rule(
        size in 0..24u32,
        handler in 0..HandlerId::ALL.len(),
        steps in vec(step(), 1..60),
    ) {
        let (group, _) = fake::group();
        let config = PoolConfig::new(64).cache(size).handler(HandlerId::ALL[handler]);
        let pool = pool::<u64>(&group, &config);
        let lcore = lcore(&group, 1);
        let cache = pool.cache(&lcore).unwrap();
        let common = pool.objects().map(Offset::get).collect();
        let mut model = Model { size: size as usize, cache: Vec::new(), common, held: Vec::new() };
        for step in steps {
            match step {
                Step::Get(count) => run_get(&mut model, &cache, count),
                Step::Put(count) => run_put(&mut model, &cache, count),
                Step::Flush => {
                    cache.flush();
                    model.common.append(&mut model.cache);
                }
            }
            check(&model, &pool, &cache);
        }
    }
}

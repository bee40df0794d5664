//! What was dropped, and why: counted by reason, told at most once a second.
//!
//! A library does not print, and whoever floods a process must not flood its log as well.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::socket::Malformed;

/// Why something that came was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// A datagram without bytes.
    Empty,
    /// A datagram with more bytes than a frame has.
    TooLong,
    /// More descriptors, or other things beside the bytes, than a frame may bring.
    TooManyDescriptors,
    /// Bytes that are no frame.
    NotAFrame,
    /// Who sent it is not the process that the frame names, or wants an answer and is gone.
    WrongSender,
    /// It is for another process, or for the slot's last tenant.
    WrongTarget,
    /// Another number of descriptors than the frame says.
    DescriptorMismatch,
    /// An answer that nobody waits for (any more).
    Unexpected,
    /// A message for an action that there is not.
    UnknownAction,
    /// A message for an action that is for another role, or without a proof of its sender.
    NotAllowed,
    /// More messages than this process keeps.
    TooMany,
    /// Nothing was, yet: the kernel refuses to wait for what comes by socket, or to hand it over. It
    /// is asked again ten times a second, and each time is counted.
    NotHandedOver,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Empty,
        Self::TooLong,
        Self::TooManyDescriptors,
        Self::NotAFrame,
        Self::WrongSender,
        Self::WrongTarget,
        Self::DescriptorMismatch,
        Self::Unexpected,
        Self::UnknownAction,
        Self::NotAllowed,
        Self::TooMany,
        Self::NotHandedOver,
    ];
}

impl From<Malformed> for DropReason {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Empty => Self::Empty,
            Malformed::TooLong => Self::TooLong,
            Malformed::TooManyDescriptors => Self::TooManyDescriptors,
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Empty => "it was empty",
            Self::TooLong => "it was longer than a frame",
            Self::TooManyDescriptors => "it came with too much beside its bytes",
            Self::NotAFrame => "it was no frame of this version",
            Self::WrongSender => "its sender is not the member that it names",
            Self::WrongTarget => "it was for another process",
            Self::DescriptorMismatch => "it came with another number of descriptors than it says",
            Self::Unexpected => "no request waits for this answer",
            Self::UnknownAction => "there is no such action",
            Self::NotAllowed => "the action is for another role, or wants a proof of the sender",
            Self::TooMany => "there are too many to keep",
            Self::NotHandedOver => "the kernel does not hand it over",
        })
    }
}

/// One line about what was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropNotice {
    /// Why the last one was.
    pub reason: DropReason,
    /// Who sent it, as far as is known; 0 if it is not.
    pub pid: u32,
    /// How many were dropped since the last notice, whatever the reasons.
    pub dropped: u64,
}

impl fmt::Display for DropNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, pid, dropped } = self;
        if *reason == DropReason::NotHandedOver {
            return write!(
                f,
                "{dropped} times messages were dropped or, as now, the kernel would not wait for datagrams or hand \
                 them over, so they come late; raise this process's limit of descriptors above what it has open, or \
                 free memory"
            );
        }
        write!(
            f,
            "{dropped} messages were dropped, the last one of process {pid} because {reason}; look at that process"
        )
    }
}

type Listener = Arc<dyn Fn(&DropNotice) + Send + Sync>;

/// The counters, and who is told.
pub(super) struct Drops {
    counts: [AtomicU64; DropReason::ALL.len()],
    told: AtomicU64,
    /// Milliseconds since `began` when somebody was told last, plus one; 0 for never.
    last: AtomicU64,
    began: Instant,
    news: Mutex<News>,
}

/// Who is told, and what he has not been told yet.
#[derive(Default)]
struct News {
    listener: Option<Listener>,
    notice: Option<DropNotice>,
}

const PAUSE: Duration = Duration::from_secs(1);

impl fmt::Debug for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drops").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Drops {
    pub(super) fn new() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; DropReason::ALL.len()],
            told: AtomicU64::new(0),
            last: AtomicU64::new(0),
            began: Instant::now(),
            news: Mutex::default(),
        }
    }

    pub(super) fn listen(&self, listener: Listener) {
        self.news().listener = Some(listener);
    }

    fn news(&self) -> std::sync::MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, reason: DropReason) -> u64 {
        self.counts.get(reason as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Counts one; `true` if it is time to [`tell`](Self::tell): not within a second after the last.
    pub(super) fn count(&self, reason: DropReason, pid: u32) -> bool {
        if let Some(count) = self.counts.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX) + 1;
        let last = self.last.load(Ordering::Relaxed);
        let is_early = last != 0 && now < last + PAUSE.as_millis() as u64;
        let order = Ordering::Relaxed;
        if is_early || self.last.compare_exchange(last, now, order, order).is_err() {
            return false;
        }
        let total = self.total();
        let dropped = total - self.told.swap(total, order).min(total);
        let mut news = self.news();
        // One that has not been told yet is told with this one.
        let untold = news.notice.map_or(0, |earlier| earlier.dropped);
        news.notice = Some(DropNotice { reason, pid, dropped: dropped + untold });
        true
    }

    /// Tells the listener what there is to tell. No lock is held meanwhile.
    pub(super) fn tell(&self) {
        let (listener, notice) = {
            let mut news = self.news();
            (news.listener.clone(), news.notice.take())
        };
        if let (Some(listener), Some(notice)) = (listener, notice) {
            // One that panics harms itself only; its message is on standard error.
            let _ = catch_unwind(AssertUnwindSafe(|| listener(&notice)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_holds_back_is_said_as_what_it_is() {
        let notice = DropNotice { reason: DropReason::NotHandedOver, pid: 0, dropped: 3 };
        let text = notice.to_string();
        assert!(text.contains("would not wait") && text.contains("limit of descriptors"), "{text}");
    }

    #[test]
    fn what_a_notice_says_that_nobody_was_told_is_in_the_next() {
        let drops = Drops::new();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        drops.listen(Arc::new(move |notice| heard.lock().unwrap().push(notice.dropped)));
        assert!(drops.count(DropReason::NotAFrame, 7));
        assert!(!drops.count(DropReason::NotAFrame, 7));
        // As after a second.
        drops.last.store(0, Ordering::Relaxed);
        assert!(drops.count(DropReason::Empty, 7));
        drops.tell();
        assert_eq!(*told.lock().unwrap(), [3]);
    }

    #[test]
    fn a_flood_is_counted_whole_and_told_once() {
        let drops = Drops::new();
        let told = Arc::new(AtomicU64::new(0));
        let heard = Arc::clone(&told);
        drops.listen(Arc::new(move |_| {
            heard.fetch_add(1, Ordering::Relaxed);
        }));
        for _ in 0..1000 {
            if drops.count(DropReason::NotAFrame, 7) {
                drops.tell();
            }
        }
        assert_eq!(drops.of(DropReason::NotAFrame), 1000);
        assert_eq!(told.load(Ordering::Relaxed), 1);
    }
}

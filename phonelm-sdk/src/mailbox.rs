//! Where events wait until they are taken: filled by a thread of ours, emptied by a future that waits only on its waker.
//!
//! Letters that can be joined (pieces of text, readings of progress) are: the first is ready at once, later ones at most
//! every [`PACE`], and nothing is ever lost to a slow reader. A future that is dropped has taken nothing.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::PoisonError,
    task::{Poll, Waker},
    time::Duration,
};

use crate::sync::{Instant, Mutex, MutexGuard};

/// Shortest time between two letters of which the second could still grow.
const PACE: Duration = Duration::from_millis(10);

/// What a mailbox holds.
pub(crate) trait Letter: Sized {
    /// Whether more may be joined to it, so that it need not be taken at once.
    fn can_grow(&self) -> bool;

    /// Joins the letter behind this one to it, or gives that one back.
    fn join(&mut self, next: Self) -> Option<Self>;
}

/// A queue of letters with one or several readers.
pub(crate) struct Mailbox<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    letters: VecDeque<T>,
    readers: Vec<Waker>,
    taken: Option<Instant>,
    closed: bool,
}

impl<T: Letter> Mailbox<T> {
    pub(crate) fn new() -> Self {
        let state = State { letters: VecDeque::new(), readers: Vec::new(), taken: None, closed: false };
        Self { state: Mutex::new(state) }
    }

    /// Puts a letter in. After [`Self::close`] it is dropped.
    pub(crate) fn put(&self, letter: T) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let rest = match state.letters.back_mut() {
            Some(last) => last.join(letter),
            None => Some(letter),
        };
        state.letters.extend(rest);
        wake(state);
    }

    /// Puts the last letter in.
    pub(crate) fn put_last(&self, letter: T) {
        self.put(letter);
        self.close();
    }

    /// Nothing comes any more; what lies there can still be taken.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        wake(state);
    }

    /// Wakes the readers if a letter has waited long enough. To be called now and then by whoever fills the mailbox.
    pub(crate) fn tick(&self) {
        wake(self.lock());
    }

    /// Wakes the readers if there is a letter, however short it has waited: the next one may be long in coming.
    pub(crate) fn flush(&self) {
        let mut state = self.lock();
        state.taken = None;
        wake(state);
    }

    /// The next letter; `None` once the mailbox is closed and empty.
    pub(crate) async fn next(&self) -> Option<T> {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.ready() {
                state.taken = Some(Instant::now());
                return Poll::Ready(state.letters.pop_front());
            }
            if !state.readers.iter().any(|reader| reader.will_wake(context.waker())) {
                state.readers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Letter> State<T> {
    /// Whether a reader is to be answered now.
    fn ready(&self) -> bool {
        match self.letters.front() {
            None => self.closed,
            Some(first) => {
                let paced = self.taken.is_none_or(|taken| taken.elapsed() >= PACE);
                self.closed || self.letters.len() > 1 || paced || !first.can_grow()
            }
        }
    }
}

/// Wakers run foreign code, so they are called without the lock.
fn wake<T: Letter>(mut state: MutexGuard<'_, State<T>>) {
    if state.ready() {
        let readers = std::mem::take(&mut state.readers);
        drop(state);
        readers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, task::Context};

    use super::*;

    impl Letter for String {
        fn can_grow(&self) -> bool {
            !self.ends_with('.')
        }

        fn join(&mut self, next: Self) -> Option<Self> {
            if !self.can_grow() {
                return Some(next);
            }
            self.push_str(&next);
            None
        }
    }

    #[test]
    fn the_first_piece_comes_at_once_and_later_ones_together() {
        let mailbox = Mailbox::new();
        mailbox.put("a".to_owned());
        assert_eq!(pollster::block_on(mailbox.next()).as_deref(), Some("a"));
        mailbox.put("b".to_owned());
        mailbox.put("c".to_owned());
        let mut next = Box::pin(mailbox.next());
        assert!(next.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        std::thread::sleep(PACE);
        mailbox.tick();
        assert_eq!(pollster::block_on(next).as_deref(), Some("bc"));
    }

    #[test]
    fn what_waits_comes_at_once_when_no_more_will() {
        let mailbox = Mailbox::new();
        mailbox.put("a".to_owned());
        assert_eq!(pollster::block_on(mailbox.next()).as_deref(), Some("a"));
        mailbox.put("b".to_owned());
        mailbox.flush();
        let mut next = Box::pin(mailbox.next());
        let letter = next.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(letter, Poll::Ready(Some("b".to_owned())));
    }

    #[test]
    fn a_closed_mailbox_gives_what_it_holds_and_then_nothing() {
        let mailbox = Mailbox::new();
        mailbox.put("one.".to_owned());
        mailbox.put_last("two".to_owned());
        mailbox.put("late".to_owned());
        let all: Vec<_> = std::iter::from_fn(|| pollster::block_on(mailbox.next())).collect();
        assert_eq!(all, ["one.", "two"]);
    }

    #[test]
    fn every_reader_is_woken() {
        let mailbox = Arc::new(Mailbox::<String>::new());
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let mailbox = mailbox.clone();
                std::thread::spawn(move || pollster::block_on(mailbox.next()))
            })
            .collect();
        std::thread::sleep(PACE);
        mailbox.close();
        readers.into_iter().for_each(|reader| assert_eq!(reader.join().unwrap(), None));
    }

    #[test]
    fn a_dropped_future_has_taken_nothing() {
        let mailbox = Mailbox::new();
        let mut early = Box::pin(mailbox.next());
        assert!(early.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(early);
        mailbox.put("a.".to_owned());
        assert_eq!(pollster::block_on(mailbox.next()).as_deref(), Some("a."));
    }
}

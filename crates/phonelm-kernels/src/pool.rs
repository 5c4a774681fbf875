//! The compute pool: a few threads that share the chunks of one job at a time.
//!
//! ```
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! let pool = phonelm_kernels::Pool::new(2);
//! let sum = AtomicUsize::new(0);
//! pool.run(10, &|chunk| {
//!     sum.fetch_add(chunk, Ordering::Relaxed);
//! });
//! assert_eq!(sum.into_inner(), 45);
//! ```
//!
//! The trap: a job started while another one runs, or inside one, is done by its caller alone.
//!
//! Chunks are claimed one by one, the caller works too, and nothing is allocated for a job. Idle threads spin for
//! [`SPIN`], since the next operation of a forward pass follows within microseconds, and then sleep. A thread that wakes
//! too late is not waited for: a job ends when its chunks are done.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::cores::ask_for_big_cores;

/// How long an idle thread looks for the next job before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

/// Threads that compute together. Dropping it ends them.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held by the caller whose job runs.
    busy: Mutex<()>,
    /// What [`Self::set_threads`] asked for.
    asked: usize,
    /// The share of those that may work.
    share: f64,
    /// Threads that work on a job, the caller included; the others sleep.
    active: usize,
}

struct Shared {
    /// Counts jobs; a change wakes the workers.
    epoch: AtomicU32,
    /// [`OPEN`] while a job takes workers in, plus the number of workers inside.
    gate: AtomicUsize,
    /// The job. Written while the gate is shut and empty, read by workers inside.
    job: UnsafeCell<Option<Job>>,
    /// The next chunk to be claimed.
    next: AtomicUsize,
    /// Workers that the job takes in: the first ones.
    helpers: AtomicUsize,
    /// The first panic of the job.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    stop: AtomicBool,
    asleep: Vec<AtomicBool>,
}

const OPEN: usize = 1 << (usize::BITS - 1);

#[derive(Clone, Copy)]
struct Job {
    chunks: usize,
    /// Alive while any worker is inside the gate.
    work: *const (dyn Fn(usize) + Sync),
}

// SAFETY: `job` is guarded by the gate as its comment says, and `work` points to a `Sync` closure.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Pool {
    /// A pool of `threads` threads, the caller of [`Self::run`] counted as one; 0 is taken as 1.
    ///
    /// If the system refuses a thread, the pool has fewer.
    pub fn new(threads: usize) -> Self {
        let helpers = threads.max(1) - 1;
        let shared = Arc::new(Shared {
            epoch: AtomicU32::new(0),
            gate: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            next: AtomicUsize::new(0),
            helpers: AtomicUsize::new(helpers),
            panic: Mutex::new(None),
            stop: AtomicBool::new(false),
            asleep: (0..helpers).map(|_| AtomicBool::new(false)).collect(),
        });
        let workers: Vec<_> = (0..helpers)
            .map_while(|index| {
                let shared = Arc::clone(&shared);
                let name = format!("phonelm-compute-{}", index + 1);
                std::thread::Builder::new().name(name).spawn(move || shared.serve(index)).ok()
            })
            .collect();
        let threads = workers.len() + 1;
        Self { shared, workers, busy: Mutex::new(()), asked: threads, share: 1.0, active: threads }
    }

    /// Threads that work on a job, the caller included.
    pub fn threads(&self) -> usize {
        self.active
    }

    /// Lets so many threads work on the next jobs: at least 1, at most those it was made with.
    pub fn set_threads(&mut self, threads: usize) {
        self.asked = threads.clamp(1, self.workers.len() + 1);
        self.set_share(self.share);
    }

    /// Lets only this share of them, 0 to 1 and rounded up to whole threads, work on the next jobs: at least 1 does.
    pub fn set_share(&mut self, share: f64) {
        self.share = share;
        self.active = ((self.asked as f64 * share).ceil() as usize).clamp(1, self.asked);
    }

    /// Calls `work` once with each of `0..chunks`, on all threads, and returns when all calls have. A panic in `work`
    /// skips the chunks not yet begun and goes on in the caller.
    pub fn run(&self, chunks: usize, work: &(dyn Fn(usize) + Sync)) {
        let busy = self.busy.try_lock();
        if self.active == 1 || chunks <= 1 || busy.is_err() {
            (0..chunks).for_each(work);
            return;
        }
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. The pointer is used inside the gate alone, and this function leaves only
        // after `shut` has seen the gate empty.
        let work = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(work) };
        let job = Job { chunks, work };
        // SAFETY: `busy` is held and the last job's `shut` left the gate shut and empty, so nobody reads.
        unsafe { *shared.job.get() = Some(job) };
        shared.next.store(0, Ordering::Relaxed);
        shared.helpers.store(self.active - 1, Ordering::Relaxed);
        shared.gate.store(OPEN, Ordering::Release);
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        self.wake();
        shared.work(job);
        shared.shut();
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(busy);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    fn wake(&self) {
        for (worker, asleep) in self.workers.iter().zip(&self.shared.asleep).take(self.active - 1) {
            if asleep.load(Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker catches the panics of its chunks and has no other.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn serve(&self, index: usize) {
        ask_for_big_cores();
        let mut seen = 0;
        loop {
            seen = self.wait(seen, &self.asleep[index]);
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let enter = |gate| if gate & OPEN != 0 { Some(gate + 1) } else { None };
            if index < self.helpers.load(Ordering::Relaxed)
                && self.gate.fetch_update(Ordering::Acquire, Ordering::Relaxed, enter).is_ok()
            {
                // SAFETY: inside the gate the job is set and not written.
                if let Some(job) = unsafe { *self.job.get() } {
                    self.work(job);
                }
                self.gate.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// Waits for another epoch than `seen` and returns it.
    fn wait(&self, seen: u32, asleep: &AtomicBool) -> u32 {
        let changed = || Some(self.epoch.load(Ordering::SeqCst)).filter(|epoch| *epoch != seen);
        let start = Instant::now();
        loop {
            for _ in 0..64 {
                if let Some(epoch) = changed() {
                    return epoch;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > SPIN {
                break;
            }
        }
        asleep.store(true, Ordering::SeqCst);
        // Either this load sees the new epoch, or the job's starter sees `asleep`: both are sequentially consistent.
        let epoch = loop {
            if let Some(epoch) = changed() {
                break epoch;
            }
            std::thread::park();
        };
        asleep.store(false, Ordering::SeqCst);
        epoch
    }

    /// Claims chunks until none is left.
    fn work(&self, job: Job) {
        // SAFETY: the caller of `run` keeps the closure alive until the gate is empty, and is itself still in `run`.
        let work = unsafe { &*job.work };
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let chunk = self.next.fetch_add(1, Ordering::Relaxed);
                if chunk >= job.chunks {
                    return;
                }
                work(chunk);
            }
        }));
        if let Err(panic) = result {
            self.next.store(job.chunks, Ordering::Relaxed);
            self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
        }
    }

    /// Shuts the gate and waits until the workers inside have left.
    fn shut(&self) {
        self.gate.fetch_and(!OPEN, Ordering::Acquire);
        let mut spins = 0u32;
        while self.gate.load(Ordering::Acquire) != 0 {
            // The worker may have lost its core to another program.
            if spins < 2000 {
                std::hint::spin_loop();
                spins += 1;
            } else {
                std::thread::yield_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So often, or a few times where Miri looks at each step.
    const fn times(natively: usize) -> usize {
        if cfg!(miri) { 3 } else { natively }
    }

    #[test]
    fn every_chunk_runs_once() {
        for threads in [1, 2, 3, 5] {
            let pool = Pool::new(threads);
            for chunks in [0, 1, 2, 7, 100] {
                for _ in 0..times(200) {
                    let counts: Vec<AtomicUsize> = (0..chunks).map(|_| AtomicUsize::new(0)).collect();
                    pool.run(chunks, &|c| {
                        counts[c].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
                }
            }
        }
    }

    #[test]
    fn fewer_threads_work_when_told() {
        let mut pool = Pool::new(3);
        for (asked, active) in [(1, 1), (2, 2), (0, 1), (9, 3)] {
            pool.set_threads(asked);
            assert_eq!(pool.threads(), active);
            for _ in 0..times(50) {
                let workers = Mutex::new(std::collections::HashSet::new());
                pool.run(40, &|_| {
                    workers.lock().unwrap().insert(std::thread::current().id());
                    std::thread::yield_now();
                });
                assert!(workers.into_inner().unwrap().len() <= active);
            }
        }
    }

    #[test]
    fn a_share_holds_for_whatever_number_is_asked_for() {
        let mut pool = Pool::new(4);
        for (share, active) in [(0.5, 2), (0.51, 3), (0.01, 1), (1.0, 4)] {
            pool.set_share(share);
            assert_eq!(pool.threads(), active);
        }
        pool.set_share(0.5);
        pool.set_threads(3);
        assert_eq!(pool.threads(), 2);
        pool.set_share(1.0);
        assert_eq!(pool.threads(), 3);
    }

    #[test]
    fn sleeping_threads_wake_up() {
        let pool = Pool::new(2);
        for _ in 0..times(20) {
            std::thread::sleep(SPIN * 4);
            // Each chunk waits for the other, so one thread alone could not finish.
            let barrier = std::sync::Barrier::new(2);
            pool.run(2, &|_| {
                barrier.wait();
            });
        }
    }

    #[test]
    fn panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(3);
        for _ in 0..times(50) {
            let result = catch_unwind(AssertUnwindSafe(|| pool.run(20, &|c| assert_ne!(c, 7, "chunk seven"))));
            assert!(result.is_err());
            let done = AtomicUsize::new(0);
            pool.run(20, &|_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 20);
        }
    }

    #[test]
    fn nested_and_concurrent_jobs_finish() {
        let pool = Pool::new(2);
        let done = AtomicUsize::new(0);
        std::thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    for _ in 0..times(100) {
                        pool.run(4, &|_| {
                            pool.run(3, &|_| {
                                done.fetch_add(1, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 3 * times(100) * 4 * 3);
    }
}

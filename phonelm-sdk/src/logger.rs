//! What the library reports on itself, handed to a logger of the app.
//!
//! Records wait in a short queue and reach the logger from one long-lived thread, never from the one that computes. When
//! the queue is full they are counted and dropped. What users and models say is left out unless asked for.

use std::{
    fmt::{Debug, Write as _},
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crossbeam_channel::{Sender, bounded};
use tracing::{
    Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

use crate::SdkError;

/// Target of records that hold what a user or a model said.
pub(crate) const TEXT: &str = "phonelm_sdk::text";

/// How much is reported: each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Failures.
    Error,
    /// What may become a failure.
    Warn,
    /// Models loaded and turns dropped.
    Info,
    /// Each generation with its cost.
    Debug,
    /// Everything.
    Trace,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// How grave it is.
    pub level: LogLevel,
    /// The module that it comes from.
    pub target: String,
    /// The words, with numbers as `name=value`.
    pub message: String,
}

/// What to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogOptions {
    /// The gravest level that is left out begins above this one.
    pub level: LogLevel,
    /// Whether prompts and answers may be reported, at level debug.
    #[uniffi(default = false)]
    pub include_text: bool,
}

/// Takes reports. Called from one thread of the library; it may take its time, but must not call back into a session.
#[uniffi::export(foreign)]
pub trait Logger: Send + Sync {
    /// Takes one report.
    fn log(&self, record: LogRecord);
}

/// Sends reports to `logger` from now on, in place of an earlier one; `None` ends them.
///
/// Errors: [`SdkError::Unsupported`] if the process has another `tracing` subscriber, which then gets everything already.
#[uniffi::export]
pub fn set_logger(logger: Option<Arc<dyn Logger>>, options: LogOptions) -> Result<(), SdkError> {
    static RELAY: OnceLock<Option<&'static Relay>> = OnceLock::new();
    let relay = RELAY.get_or_init(|| {
        let relay = Box::leak(Box::new(Relay::start().ok()?));
        tracing::subscriber::set_global_default(&*relay).ok().map(|()| &*relay)
    });
    let Some(relay) = relay else {
        return Err(SdkError::Unsupported { reason: "this process has another tracing subscriber".into() });
    };
    let sink = logger.filter(|_| options.level > LogLevel::Off).map(|logger| Sink { logger, options });
    *relay.sink.write().unwrap_or_else(PoisonError::into_inner) = sink;
    tracing::callsite::rebuild_interest_cache();
    Ok(())
}

#[derive(Clone)]
struct Sink {
    logger: Arc<dyn Logger>,
    options: LogOptions,
}

/// Reports that may wait.
const QUEUE: usize = 1024;

/// The subscriber: spans are ignored, events become records.
struct Relay {
    sink: RwLock<Option<Sink>>,
    records: Sender<(Arc<dyn Logger>, LogRecord)>,
    lost: AtomicU64,
}

impl Relay {
    fn start() -> std::io::Result<Self> {
        let (records, queue) = bounded::<(Arc<dyn Logger>, LogRecord)>(QUEUE);
        thread::Builder::new().name("phonelm-log".into()).spawn(move || {
            for (logger, record) in queue {
                // A logger that panics loses its record, not the thread.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| logger.log(record)));
            }
        })?;
        Ok(Self { sink: RwLock::new(None), records, lost: AtomicU64::new(0) })
    }

    fn sink(&self) -> Option<Sink> {
        self.sink.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LogLevel {
    fn of(level: &Level) -> Self {
        match *level {
            Level::ERROR => Self::Error,
            Level::WARN => Self::Warn,
            Level::INFO => Self::Info,
            Level::DEBUG => Self::Debug,
            Level::TRACE => Self::Trace,
        }
    }

    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl Subscriber for &'static Relay {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.sink().is_some_and(|sink| {
            let ours = metadata.target().starts_with("phonelm");
            let allowed = sink.options.include_text || metadata.target() != TEXT;
            metadata.is_event() && ours && allowed && LogLevel::of(metadata.level()) <= sink.options.level
        })
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.sink().map_or(LevelFilter::OFF, |sink| sink.options.level.filter()))
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let Some(sink) = self.sink() else { return };
        let mut words = Words::default();
        event.record(&mut words);
        let metadata = event.metadata();
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = write!(words.fields, " records_lost_before={lost}");
        }
        let record = LogRecord {
            level: LogLevel::of(metadata.level()),
            target: metadata.target().to_owned(),
            message: (words.message + &words.fields).trim_start().to_owned(),
        };
        if self.records.try_send((sink.logger, record)).is_err() {
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// An event's message and its other fields as `name=value`.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

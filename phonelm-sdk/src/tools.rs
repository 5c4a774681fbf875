//! The app's functions that a model may call, and who decides whether a call runs.
//!
//! A call goes one way: the model writes it, the tool's [`ToolPermission`] lets it through, asks the user or refuses it,
//! the app runs it, and its outcome goes back to the model. The decision hangs on the tool's name and the session's options alone,
//! never on a text: nothing that a document or a tool's result says can change it.

use std::{collections::HashMap, sync::Arc};

use phonelm_engine::{Tool, ToolResult};
use serde_json::{Map, Value, json};

use crate::{Event, SdkError, ToolCall, transcript::OUTCOME_UNKNOWN};

/// Whether a tool may run when the model calls it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum ToolPermission {
    /// At once.
    #[default]
    Allow,
    /// When the user says so: [`Event::ConfirmationNeeded`] comes first, and [`crate::Generation::confirm`] decides.
    Ask,
    /// Never; the model is told.
    Deny,
}

/// A function of the app that the model may call.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ToolDefinition {
    /// Its name, as calls spell it.
    pub name: String,
    /// What it does, for the model to read.
    pub description: String,
    /// JSON schema of its arguments: an object.
    pub parameters_json: String,
    /// Whether it may run; at once if absent.
    #[uniffi(default = None)]
    pub permission: Option<ToolPermission>,
}

/// What the user says to a call.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ToolDecision {
    /// It may run.
    Run,
    /// It may run with these arguments instead.
    RunWith {
        /// A JSON object.
        arguments_json: String,
    },
    /// It must not run.
    Refuse {
        /// Why, for the model to read.
        reason: Option<String>,
    },
}

/// Why a call did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RefusalReason {
    /// The tool's permission is [`ToolPermission::Deny`].
    Denied,
    /// The user refused it.
    User,
    /// The session only shows what would be called.
    DryRun,
    /// The session has no tool of this name.
    UnknownTool,
    /// The turn has made as many rounds of calls as it may.
    TooManyRounds,
}

/// What came of a tool call.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ToolOutcome {
    /// It gave this, which the model reads; JSON by custom.
    Output {
        /// What the model reads.
        text: String,
    },
    /// It failed; the model reads why and goes on.
    Failed {
        /// Why.
        message: String,
    },
}

/// What a session lets run.
#[derive(Default)]
pub(crate) struct Rules {
    tools: HashMap<String, Rule>,
    dry_run: bool,
    max_rounds: usize,
}

/// Who is asked before a call runs.
enum Asking {
    User,
    Nobody,
}

struct Rule {
    permission: ToolPermission,
    tool: Tool,
}

/// Rounds of calls in a turn where the app does not say.
const MAX_ROUNDS: u32 = 8;

impl Rules {
    /// Errors: [`SdkError::OptionInvalid`] for a tool that cannot be called, two tools of one name, or rounds out of range.
    pub(crate) fn new(
        tools: &[ToolDefinition],
        dry_run: bool,
        max_rounds: Option<u32>,
    ) -> Result<(Vec<Tool>, Arc<Self>), SdkError> {
        let max_rounds = max_rounds.unwrap_or(MAX_ROUNDS);
        if !(1..=64).contains(&max_rounds) {
            return Err(SdkError::OptionInvalid {
                option: "max_tool_rounds".into(),
                value: max_rounds.to_string(),
                allowed: "1 to 64".into(),
            });
        }
        let offered = tools.iter().map(ToolDefinition::to_tool).collect::<Result<Vec<_>, _>>()?;
        let mut rules = HashMap::new();
        for (definition, tool) in tools.iter().zip(&offered) {
            let rule = Rule { permission: definition.permission.unwrap_or_default(), tool: tool.clone() };
            if rules.insert(tool.name.clone(), rule).is_some() {
                return Err(definition.invalid("the name", "a name that no other tool of the session has"));
            }
        }
        Ok((offered, Arc::new(Self { tools: rules, dry_run, max_rounds: max_rounds as usize })))
    }

    /// Whether a turn that has made `rounds` of calls may make another.
    pub(crate) fn may_go_on(&self, rounds: usize) -> bool {
        rounds < self.max_rounds
    }

    /// What stands against a call, or whether it has to be asked for.
    fn judge(&self, name: &str, is_last: bool) -> Result<Asking, RefusalReason> {
        match self.tools.get(name).map(|rule| rule.permission) {
            _ if is_last => Err(RefusalReason::TooManyRounds),
            None => Err(RefusalReason::UnknownTool),
            Some(ToolPermission::Deny) => Err(RefusalReason::Denied),
            Some(_) if self.dry_run => Err(RefusalReason::DryRun),
            Some(ToolPermission::Ask) => Ok(Asking::User),
            Some(ToolPermission::Allow) => Ok(Asking::Nobody),
        }
    }

    /// Arguments that the user wrote, as one line.
    fn arguments(&self, tool: &str, arguments_json: &str) -> Result<String, SdkError> {
        let invalid = |reason: String| SdkError::ArgumentsInvalid { tool: tool.to_owned(), reason };
        let arguments: Map<String, Value> =
            serde_json::from_str(arguments_json).map_err(|error| invalid(format!("no JSON object ({error})")))?;
        if let Some(rule) = self.tools.get(tool) {
            rule.tool.check(&arguments).map_err(|error| invalid(error.to_string()))?;
        }
        Ok(Value::Object(arguments).to_string())
    }
}

impl RefusalReason {
    /// For the model to read.
    fn message(self) -> &'static str {
        match self {
            Self::Denied => "this is not allowed here",
            Self::User => "the user refused",
            Self::DryRun => "nothing was done: this is a dry run",
            Self::UnknownTool => "there is no such function",
            Self::TooManyRounds => "not done: there were too many calls in this turn",
        }
    }
}

/// Where a call stands.
#[derive(Debug)]
enum Stage {
    /// The user has not decided.
    Asked,
    /// The app runs it.
    Running,
    /// The model may read its outcome.
    Done(ToolOutcome),
}

#[derive(Debug)]
struct Pending {
    call: ToolCall,
    stage: Stage,
    /// Whether the user changed the arguments.
    edited: bool,
}

/// The calls of one answer, in their order.
#[derive(Default)]
pub(crate) struct Calls {
    pending: Vec<Pending>,
    rules: Arc<Rules>,
}

impl Calls {
    /// Judges calls, and gives what is to be told of them. `is_last` refuses all, since the turn may not go on.
    pub(crate) fn new(calls: Vec<ToolCall>, rules: Arc<Rules>, is_last: bool) -> (Self, Vec<Event>) {
        let judged = calls.into_iter().map(|call| {
            let (event, stage) = match rules.judge(&call.name, is_last) {
                Ok(Asking::User) => (Event::ConfirmationNeeded { call: call.clone() }, Stage::Asked),
                Ok(Asking::Nobody) => (Event::ToolCall { call: call.clone() }, Stage::Running),
                Err(reason) => {
                    let outcome = ToolOutcome::Failed { message: reason.message().into() };
                    (Event::ToolRefused { call: call.clone(), reason }, Stage::Done(outcome))
                }
            };
            (Pending { call, stage, edited: false }, event)
        });
        let (pending, events) = judged.unzip();
        (Self { pending, rules }, events)
    }

    /// What of the calls a folder has to know before anything else happens: which are started, and what the model reads of
    /// those that do not run.
    pub(crate) fn known(&self) -> Vec<(usize, Option<String>)> {
        let known = |(index, pending): (usize, &Pending)| match pending.stage {
            Stage::Asked => None,
            Stage::Running => Some((index, None)),
            Stage::Done(_) => Some((index, Some(pending.content()))),
        };
        self.pending.iter().enumerate().filter_map(known).collect()
    }

    /// What the user decided; gives what is to be told of it. Nothing changes unless `note` has written down that the call,
    /// by its place, is started, or what the model reads of it.
    pub(crate) fn confirm(
        &mut self,
        call_id: &str,
        decision: ToolDecision,
        note: impl FnOnce(usize, Option<String>) -> Result<(), SdkError>,
    ) -> Result<Event, SdkError> {
        let rules = self.rules.clone();
        let (index, pending) = self.find(call_id, |stage| matches!(stage, Stage::Asked))?;
        let mut call = pending.call.clone();
        match decision {
            ToolDecision::Run => {}
            ToolDecision::RunWith { arguments_json } => {
                call.arguments_json = rules.arguments(&call.name, &arguments_json)?;
            }
            ToolDecision::Refuse { reason: why } => {
                let reason = RefusalReason::User;
                let message = why.map_or_else(|| reason.message().into(), |why| format!("{}: {why}", reason.message()));
                let done = Pending { call, stage: Stage::Done(ToolOutcome::Failed { message }), edited: false };
                note(index, Some(done.content()))?;
                *pending = done;
                return Ok(Event::ToolRefused { call: pending.call.clone(), reason });
            }
        }
        note(index, None)?;
        let edited = call != pending.call;
        *pending = Pending { call, stage: Stage::Running, edited };
        Ok(Event::ToolCall { call: pending.call.clone() })
    }

    /// What a running call gave, which `note` writes down. It has happened, so that it counts even where that fails.
    pub(crate) fn answer(
        &mut self,
        call_id: &str,
        outcome: ToolOutcome,
        note: impl FnOnce(usize, String) -> Result<(), SdkError>,
    ) -> Result<(), SdkError> {
        let (index, pending) = self.find(call_id, |stage| matches!(stage, Stage::Running))?;
        pending.stage = Stage::Done(outcome);
        if let Err(error) = note(index, pending.content()) {
            tracing::warn!(%error, call_id, "what a call gave was not written down yet");
        }
        Ok(())
    }

    /// Whether the model can go on.
    pub(crate) fn are_done(&self) -> bool {
        self.pending.iter().all(|pending| matches!(pending.stage, Stage::Done(_)))
    }

    /// What the model reads, a result for each call. A call that was told to run and not answered may have run; one that
    /// was only asked for has not.
    pub(crate) fn into_results(self) -> Vec<ToolResult> {
        self.pending.into_iter().map(Pending::into_result).collect()
    }

    /// A call that stands so, with its place.
    fn find(&mut self, call_id: &str, stands: impl Fn(&Stage) -> bool) -> Result<(usize, &mut Pending), SdkError> {
        let mut all = self.pending.iter_mut().enumerate();
        let found = all.find(|(_, pending)| pending.call.call_id == call_id && stands(&pending.stage));
        found.ok_or_else(|| SdkError::UnknownCall { call_id: call_id.to_owned() })
    }
}

impl Pending {
    /// What the model reads.
    fn content(&self) -> String {
        match &self.stage {
            Stage::Done(ToolOutcome::Output { text }) if self.edited => {
                let arguments: Value = serde_json::from_str(&self.call.arguments_json).unwrap_or_default();
                json!({"changed_by_user": arguments, "output": text}).to_string()
            }
            Stage::Done(ToolOutcome::Output { text }) => text.clone(),
            Stage::Done(ToolOutcome::Failed { message }) => json!({ "error": message }).to_string(),
            Stage::Asked => json!({"error": "not done: nobody confirmed it"}).to_string(),
            Stage::Running => OUTCOME_UNKNOWN.to_owned(),
        }
    }

    fn into_result(self) -> ToolResult {
        ToolResult { content: self.content(), name: self.call.name }
    }
}

impl ToolDefinition {
    fn to_tool(&self) -> Result<Tool, SdkError> {
        let name_fits = !self.name.is_empty()
            && self.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !name_fits {
            return Err(self.invalid("the name", "letters, digits, '_', '-' and '.'"));
        }
        let parameters: Value = serde_json::from_str(&self.parameters_json)
            .map_err(|error| self.invalid("the schema", &format!("JSON ({error})")))?;
        if !parameters.is_object() {
            return Err(self.invalid("the schema", "a JSON object"));
        }
        Ok(Tool { name: self.name.clone(), description: self.description.clone(), parameters })
    }

    fn invalid(&self, what: &str, allowed: &str) -> SdkError {
        SdkError::OptionInvalid {
            option: format!("{what} of tool {:?}", self.name),
            value: "unusable".into(),
            allowed: allowed.into(),
        }
    }
}

//! The form that an answer is held to while it is made.

use phonelm_engine::Grammar as EngineGrammar;

use crate::SdkError;

/// What an answer must look like. It holds for what the model says: with tools, an answer is either calls, which follow
/// their own schemas, or text of this form, and never both.
///
/// A grammar is made ready on the inference thread before the answer begins. Errors of it are [`SdkError::GrammarInvalid`].
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Grammar {
    /// JSON that is valid under a schema, with an object's members in the order of its `properties`.
    JsonSchema {
        /// The schema, itself JSON.
        schema: String,
    },
    /// Text that a regular expression matches as a whole.
    Regex {
        /// The expression.
        pattern: String,
    },
    /// Text of a grammar in [llguidance's form of Lark](https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md),
    /// from its rule `start`.
    Lark {
        /// The rules.
        rules: String,
    },
}

impl Grammar {
    /// As the engine takes it. Errors: a schema that is no JSON.
    pub(crate) fn to_engine(&self) -> Result<EngineGrammar, SdkError> {
        Ok(match self {
            Self::JsonSchema { schema } => {
                EngineGrammar::JsonSchema(serde_json::from_str(schema).map_err(|error| SdkError::GrammarInvalid {
                    reason: format!("the JSON schema is no JSON ({error}); correct it"),
                })?)
            }
            Self::Regex { pattern } => EngineGrammar::Regex(pattern.clone()),
            Self::Lark { rules } => EngineGrammar::Lark(rules.clone()),
        })
    }
}

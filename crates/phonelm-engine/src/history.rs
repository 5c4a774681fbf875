//! What happens to a conversation between its turns: it is forked, resumed from messages said elsewhere, shortened from
//! its oldest turn on, or made ready for what will be asked next.

use std::ops::Range;

use phonelm_model::ExportShape;

use crate::conversation::{Conversation, Message, Setup, ToolResult};
use crate::engine::Engine;
use crate::generate::Input;
use crate::{Error, Prompt};

/// What left a conversation because it outgrew the context.
#[derive(Debug, Default, PartialEq)]
pub struct Dropped {
    /// Turns, each from a user's message to the next one.
    pub turns: usize,
    /// Tokens by which the prompt became shorter.
    pub tokens: usize,
    messages: Vec<Message>,
}

impl Engine {
    /// A conversation that goes on from these messages. Nothing is computed before its next turn.
    pub fn resume(&mut self, setup: Setup, messages: Vec<Message>) -> Conversation {
        let mut conversation = self.conversation(setup);
        conversation.messages = messages;
        conversation
    }

    /// A second conversation that stands at the last turn of this one and shares its cache until one of them writes.
    pub fn fork(&mut self, conversation: &Conversation) -> Result<Conversation, Error> {
        Ok(Conversation {
            setup: conversation.setup.clone(),
            messages: conversation.messages.clone(),
            cache: self.executor.fork(conversation.cache)?,
            cached: conversation.cached.clone(),
            turn: None,
        })
    }

    /// Tokens of all that was said, instructions and tools included.
    pub fn tokens(&self, conversation: &Conversation) -> Result<usize, Error> {
        Ok(self.said(conversation)?.len())
    }

    /// Drops the oldest turns until the prompt that `input` would start with has at most `most` tokens, or until only
    /// the turn that `input` belongs to is left. Instructions and tools stay.
    pub fn drop_oldest(
        &mut self,
        conversation: &mut Conversation,
        input: &Input,
        most: usize,
    ) -> Result<Dropped, Error> {
        let messages = &conversation.messages;
        let starts: Vec<usize> =
            (0..messages.len()).filter(|&i| matches!(messages.get(i), Some(Message::User(_)))).collect();
        let turns: Vec<usize> = match input {
            Input::User(_) => starts.iter().copied().skip(1).chain([messages.len()]).filter(|&end| end > 0).collect(),
            Input::ToolResults(_) => starts.iter().copied().skip(1).collect(),
            Input::Ids(_) => Vec::new(),
        };
        let length = |from: usize| -> Result<usize, Error> {
            let rest = messages.get(from..).unwrap_or_default();
            Ok(self.render(&conversation.setup, rest, &input.messages(), true)?.ids.len())
        };
        let before = length(0)?;
        let (mut dropped, mut from, mut now) = (0, 0, before);
        for end in turns {
            if now <= most {
                break;
            }
            (dropped, from, now) = (dropped + 1, end, length(end)?);
        }
        let messages = conversation.messages.drain(..from).collect();
        Ok(Dropped { turns: dropped, tokens: before - now, messages })
    }

    /// Takes back a drop whose turn did not end well.
    pub fn put_back(&mut self, conversation: &mut Conversation, dropped: Dropped) {
        conversation.messages.splice(0..0, dropped.messages);
    }

    /// What exports of its caches look like.
    pub fn export_shape(&self) -> Result<ExportShape, Error> {
        Ok(self.executor.export_shape()?)
    }

    /// Keys and values of whole blocks of a conversation, one behind the other; [`Conversation::cached`] tells their
    /// tokens.
    pub fn export_blocks(&self, conversation: &Conversation, blocks: Range<usize>) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.executor.append_blocks(conversation.cache, blocks, &mut out)?;
        Ok(out)
    }

    /// Fills the cache of a conversation with blocks that [`Self::export_blocks`] gave for the same model, those of
    /// `tokens`, which are as many as the blocks hold. What it held is forgotten; after an error it stays.
    pub fn import_blocks(
        &mut self,
        conversation: &mut Conversation,
        tokens: &[u32],
        blocks: &[u8],
    ) -> Result<(), Error> {
        if conversation.turn.is_some() {
            return Err(Error::TurnRunning);
        }
        let mut export = self.executor.export_shape()?.begin(tokens.len());
        export.extend_from_slice(blocks);
        let cache = self.executor.import(&export)?;
        self.executor.remember(cache, tokens);
        self.executor.release(std::mem::replace(&mut conversation.cache, cache));
        conversation.cached = tokens.to_vec();
        Ok(())
    }

    /// Tokens of all that was said, as the next prompt begins: instructions and tools included.
    pub fn said(&self, conversation: &Conversation) -> Result<Vec<u32>, Error> {
        let Conversation { setup, messages, .. } = conversation;
        if messages.is_empty() && setup.instructions.is_none() {
            return Ok(Vec::new());
        }
        Ok(self.render(setup, messages, &[], false)?.ids)
    }

    /// Takes the last messages back, all but `len`: what was said, but could not be kept.
    pub fn take_back_messages(&mut self, conversation: &mut Conversation, len: usize) {
        conversation.messages.truncate(len);
    }

    /// Writes the results of the last answer's calls into the conversation without having the model go on.
    pub fn record_results(&mut self, conversation: &mut Conversation, results: Vec<ToolResult>) {
        conversation.messages.extend(results.into_iter().map(Message::ToolResult));
    }

    /// Forgets a running turn and what the cache holds, which is computed anew when it is needed: for a conversation whose
    /// turn ended in a panic, or to free its memory.
    pub fn recover(&mut self, conversation: &mut Conversation) {
        self.executor.release(conversation.cache);
        conversation.cache = self.executor.create();
        conversation.cached.clear();
        conversation.turn = None;
    }

    /// The prompt of a conversation with further messages.
    pub(crate) fn render(
        &self,
        setup: &Setup,
        messages: &[Message],
        new: &[Message],
        add_generation_prompt: bool,
    ) -> Result<Prompt, Error> {
        let messages: Vec<&Message> = messages.iter().chain(new).collect();
        Prompt::of_messages(
            self.template()?,
            self.tokenizer()?,
            setup,
            &messages,
            self.tool_format(),
            add_generation_prompt,
        )
    }
}

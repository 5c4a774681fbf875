//! Text in, text out: tokenizer, chat template, tool calls, sampler, conversations.

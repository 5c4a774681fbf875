//! Any text as a chat template, on a conversation whose words are any text: an error or text, in bounded time and
//! memory. The template and the words are parted by a NUL.

use phonelm_engine::{ChatTemplate, TemplateInput, ToolFormat};
use serde_json::json;

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (source, words) = text.split_once('\0').unwrap_or((&text, "Hello"));
    ToolFormat::of_template(source);
    let Ok(template) = ChatTemplate::new(source) else { return };
    let messages = [
        json!({"role": "system", "content": words}),
        json!({"role": "user", "content": words}),
        json!({"role": "assistant", "content": words, "tool_calls": [
            {"type": "function", "id": "call00000", "function": {"name": "f", "arguments": {"x": 1.5e-7, "y": [words, null]}}}
        ]}),
        json!({"role": "tool", "name": "f", "content": words}),
    ];
    let tools = [json!({"type": "function", "function": {"name": "f", "description": words, "parameters": {
        "type": "object", "properties": {"x": {"type": "number"}}
    }}})];
    let input = TemplateInput { messages: &messages, tools: &tools, add_generation_prompt: true, variables: None };
    let _ = template.render(&input);
    for format in [ToolFormat::Hermes, ToolFormat::Llama3] {
        format.parse(words);
    }
}

//! JSON that is still being written, completed to a document that can be read: what a typed answer shows while it streams.

use serde_json::Value;

/// The beginning of a JSON document as a whole one: strings, lists and objects that were begun are closed. What is not
/// certain yet is left out: a member without its value, half an escape, and a number or a word at the very end, which may
/// go on. `None` if nothing is left, or if the text begins no JSON.
///
/// ```
/// # use phonelm_sdk::complete_json;
/// let whole = complete_json(r#"{"city": "Ber"#.into());
/// assert_eq!(whole.as_deref(), Some(r#"{"city": "Ber"}"#));
/// ```
#[uniffi::export]
pub fn complete_json(text: String) -> Option<String> {
    let Beginning { kept, in_text, open } = Beginning::read(text.as_bytes());
    let mut whole = text.get(..kept)?.to_owned();
    if in_text {
        whole.push('"');
    }
    whole.extend(open.iter().rev());
    serde_json::from_str::<Value>(&whole).is_ok().then_some(whole)
}

/// What of a document's beginning is certain.
#[derive(Default)]
struct Beginning {
    /// Bytes that stay.
    kept: usize,
    /// Whether these end inside a string.
    in_text: bool,
    /// What closes the lists and objects around, outermost first.
    open: Vec<char>,
}

impl Beginning {
    fn read(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        let mut names_member = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'{' | b'[' => {
                    names_member = byte == b'{';
                    found.open.push(if names_member { '}' } else { ']' });
                    found.kept = at;
                }
                b'}' | b']' => {
                    found.open.pop();
                    found.kept = at;
                }
                b':' => names_member = false,
                b',' => names_member = found.open.last() == Some(&'}'),
                b'"' => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let (length, is_whole) = string(rest);
                    if !names_member {
                        found.kept = at + length;
                        found.in_text = !is_whole;
                    }
                    at = if is_whole { at + length } else { bytes.len() };
                }
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => {
                    let start = at - 1;
                    let rest = bytes.get(at..).unwrap_or_default();
                    let end = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).map(|length| at + length);
                    at = end.unwrap_or(bytes.len());
                    let word = bytes.get(start..at).unwrap_or_default();
                    if end.is_some() || [&b"true"[..], b"false", b"null"].contains(&word) {
                        found.kept = at;
                    }
                }
            }
        }
        found
    }
}

/// How much of a string is whole, from behind its opening quote, and whether its closing quote, which counts, is there.
fn string(bytes: &[u8]) -> (usize, bool) {
    let (mut at, mut whole) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let is_escape = *byte == b'\\';
        let is_code = is_escape && bytes.get(at + 1) == Some(&b'u');
        let length = if is_code { 6 } else { 1 + usize::from(is_escape) };
        let Some(unit) = bytes.get(at..at + length) else { break };
        at += length;
        if unit == b"\"" {
            return (at, true);
        }
        // The first of the two codes of a character is none without the second.
        if !(is_code && matches!(unit, [_, _, b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..])) {
            whole = at;
        }
    }
    (whole, false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn completed(text: &str) -> Option<String> {
        complete_json(text.into())
    }

    #[test]
    fn what_was_begun_is_closed() {
        for (text, whole) in [
            ("{", "{}"),
            (r#"{"a"#, "{}"),
            (r#"{"a":"#, "{}"),
            (r#"{"a": "#, "{}"),
            (r#"{"a": ""#, r#"{"a": ""}"#),
            (r#"{"a": "x\"#, r#"{"a": "x"}"#),
            (r#"{"a": "x\n"#, r#"{"a": "x\n"}"#),
            (r#"{"a": "x\u00e"#, r#"{"a": "x"}"#),
            (r#"{"a": "\ud83d"#, r#"{"a": ""}"#),
            (r#"{"a": "\ud83d\ude"#, r#"{"a": ""}"#),
            (r#"{"a": "\ud83d\ude00"#, r#"{"a": "\ud83d\ude00"}"#),
            (r#"{"a": [1, 2"#, r#"{"a": [1]}"#),
            (r#"{"a": [1, 2,"#, r#"{"a": [1, 2]}"#),
            (r#"{"a": tru"#, "{}"),
            (r#"{"a": true"#, r#"{"a": true}"#),
            (r#"{"a": -"#, "{}"),
            (r#"{"a": 1.5, "b": {"c": "ü"#, r#"{"a": 1.5, "b": {"c": "ü"}}"#),
            (r#"[{"a": 1}, {"#, r#"[{"a": 1}, {}]"#),
            (r#"["}", "]", "\"{"#, r#"["}", "]", "\"{"]"#),
            (r#"{"a": "{", "b": 2}"#, r#"{"a": "{", "b": 2}"#),
            (r#" "just text"#, r#" "just text""#),
            ("null", "null"),
        ] {
            assert_eq!(completed(text).as_deref(), Some(whole), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_gives_nothing() {
        for text in
            ["", " ", "-", "12", "nul", "Sure.", "}", "[}", r#"{"a" 1, "#, r#"["\x"#, "[1 2,", &"[".repeat(1000)]
        {
            assert_eq!(completed(text), None, "{text}");
        }
    }

    /// Cut anywhere, a document is completed to one that has nothing but what the whole one has.
    #[test]
    fn every_beginning_of_a_document() {
        let whole = json!({
            "city": "München \"東京\" \\ 🌅\n", "days": [1, -20.5, 3e7, null, true, false], "": {"in": [[], {}, [{}]]}, "last": "x",
        });
        let texts = [whole.to_string(), serde_json::to_string_pretty(&whole).unwrap()];
        for text in texts.iter().map(|text| text.replace('🌅', "\\ud83c\\udf05")) {
            let mut before = Value::Null;
            for end in (1..=text.len()).filter(|&end| text.is_char_boundary(end)) {
                let part: Value = serde_json::from_str(&completed(&text[..end]).unwrap()).unwrap();
                assert!(is_part(&before, &part) && is_part(&part, &whole), "{part} of {}", &text[..end]);
                before = part;
            }
            assert_eq!(before, whole);
        }
    }

    fn is_part(part: &Value, whole: &Value) -> bool {
        match (part, whole) {
            (Value::Object(part), Value::Object(whole)) => {
                part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| is_part(value, whole)))
            }
            (Value::Array(part), Value::Array(whole)) => {
                part.len() <= whole.len() && part.iter().zip(whole).all(|(part, whole)| is_part(part, whole))
            }
            (Value::String(part), Value::String(whole)) => whole.starts_with(part.as_str()),
            (part, whole) => part == whole || part.is_null(),
        }
    }
}

//! JSON as Python's `json.dumps` writes it: models were trained on prompts with these exact spaces and digits.

use serde_json::Value;

/// The arguments of `json.dumps` that chat templates use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Style {
    /// Spaces or other text a level; `None` for one line.
    pub(super) indent: Option<String>,
    /// Between items.
    pub(super) comma: String,
    /// Between key and value.
    pub(super) colon: String,
    /// Whether keys come in alphabetical order rather than as they are.
    pub(super) sort_keys: bool,
    /// Whether characters beyond ASCII become `\u` escapes.
    pub(super) ascii: bool,
}

impl Style {
    /// What `json.dumps(value, ensure_ascii=False, indent=indent)` does.
    pub(super) fn new(indent: Option<String>) -> Self {
        let comma = if indent.is_some() { "," } else { ", " };
        Self { indent, comma: comma.into(), colon: ": ".into(), sort_keys: false, ascii: false }
    }
}

/// `value` in `style`.
pub(super) fn dumps(value: &Value, style: &Style) -> String {
    let mut out = String::new();
    write(value, style, 0, &mut out);
    out
}

fn write(value: &Value, style: &Style, level: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => out.push_str(&float_repr(float)),
            None => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_string(text, style.ascii, out),
        Value::Array(items) => list(items.iter(), '[', ']', style, level, out, |item, out| {
            write(item, style, level + 1, out);
        }),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            if style.sort_keys {
                entries.sort_unstable_by_key(|(key, _)| *key);
            }
            list(entries.into_iter(), '{', '}', style, level, out, |(key, item), out| {
                write_string(key, style.ascii, out);
                out.push_str(&style.colon);
                write(item, style, level + 1, out);
            });
        }
    }
}

fn list<T>(
    items: impl Iterator<Item = T>,
    open: char,
    close: char,
    style: &Style,
    level: usize,
    out: &mut String,
    mut item_out: impl FnMut(T, &mut String),
) {
    let line = |level: usize, out: &mut String| {
        if let Some(indent) = &style.indent {
            out.push('\n');
            (0..level).for_each(|_| out.push_str(indent));
        }
    };
    out.push(open);
    let mut empty = true;
    for item in items {
        if !std::mem::take(&mut empty) {
            out.push_str(&style.comma);
        }
        line(level + 1, out);
        item_out(item, out);
    }
    if !empty {
        line(level, out);
    }
    out.push(close);
}

fn write_string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..'\u{20}' => escape(c, out),
            // Private-use characters stay: they tell where marks of the user's text are.
            '\u{7f}'.. if ascii && !matches!(c, super::private!()) => escape(c, out),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// Python's `repr` of a float: the fewest digits that read back the same, with an exponent outside 1e-4 to 1e16.
fn float_repr(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_line_and_indented() {
        let value = json!({"b": [1, "é\n\u{1}", null, true], "a": {}, "c": []});
        assert_eq!(dumps(&value, &Style::new(None)), r#"{"b": [1, "é\n\u0001", null, true], "a": {}, "c": []}"#);
        let indented = "{\n  \"b\": [\n    1\n  ],\n  \"a\": {}\n}";
        assert_eq!(dumps(&json!({"b": [1], "a": {}}), &Style::new(Some("  ".into()))), indented);
    }

    #[test]
    fn sorted_ascii_and_tight() {
        let style = Style { comma: ",".into(), colon: ":".into(), sort_keys: true, ascii: true, ..Style::new(None) };
        assert_eq!(dumps(&json!({"b": "é😀", "a": 1}), &style), r#"{"a":1,"b":"\u00e9\ud83d\ude00"}"#);
    }

    /// Right column: `python3 -c 'print(repr(x))'`.
    #[test]
    fn floats_as_python_prints_them() {
        let cases = [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (5e-324, "5e-324"),
        ];
        for (value, text) in cases {
            assert_eq!(float_repr(value), text);
        }
    }
}

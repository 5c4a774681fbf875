//! Calls counted against those that are right, by the rules of training/phonelm_training/evaluate.py: `training/tests/scoring.json`
//! holds both to the same verdicts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A call that was found or is wanted; one that cannot be read has no name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: Option<String>,
    pub(crate) arguments: Map<String, Value>,
}

impl Call {
    /// Whether it is the wanted one, with every argument and no other.
    fn is(&self, wanted: &Self) -> bool {
        self.name == wanted.name
            && self.arguments.len() == wanted.arguments.len()
            && self.right_arguments(wanted) == wanted.arguments.len()
    }

    /// How many of the wanted arguments it has right.
    fn right_arguments(&self, wanted: &Self) -> usize {
        let is_right =
            |(name, value): &(&String, &Value)| self.arguments.get(*name).is_some_and(|own| same(own, value));
        wanted.arguments.iter().filter(is_right).count()
    }
}

/// Equality of two argument values: strings without case and outer punctuation, lists as sets.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => plain(a) == plain(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| same(x, y))),
        _ => a == b,
    }
}

fn plain(text: &str) -> String {
    let folded: String = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.trim_matches(|c| " .,;:!?\"'".contains(c)).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the calls are the wanted ones, in any order, with every argument.
fn right(found: &[Call], wanted: &[Call]) -> bool {
    let mut left: Vec<&Call> = found.iter().collect();
    found.len() == wanted.len()
        && wanted.iter().all(|want| left.iter().position(|call| call.is(want)).map(|at| left.remove(at)).is_some())
}

/// Right arguments and all arguments over the wanted calls; a call that is missing has none right.
fn arguments_right(found: &[Call], wanted: &[Call]) -> (usize, usize) {
    let mut left: Vec<&Call> = found.iter().collect();
    let (mut good, mut total) = (0, 0);
    for want in wanted {
        total += want.arguments.len();
        let named = left.iter().enumerate().rev().filter(|(_, call)| call.name == want.name);
        if let Some((at, score)) =
            named.map(|(at, call)| (at, call.right_arguments(want))).max_by_key(|(_, score)| *score)
        {
            left.remove(at);
            good += score;
        }
    }
    (good, total)
}

/// How the wanted calls of one function fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Function {
    /// Calls that were wanted.
    pub(crate) wanted: usize,
    /// Those for which the function was called.
    pub(crate) called: usize,
    /// Those of them with every argument right and no other.
    pub(crate) right: usize,
}

/// All cases counted.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) cases: usize,
    pub(crate) right: usize,
    /// All and right cases of each kind.
    pub(crate) kinds: BTreeMap<String, (usize, usize)>,
    /// Cases that want calls, and those of them in which the right functions are called.
    pub(crate) with_calls: usize,
    pub(crate) functions_right: usize,
    /// Wanted arguments, and those of them that are right.
    pub(crate) arguments: usize,
    pub(crate) arguments_right: usize,
    /// Cases that want no call, and those of them answered without one.
    pub(crate) without_calls: usize,
    pub(crate) quiet: usize,
    pub(crate) functions: BTreeMap<String, Function>,
    /// How often a function (or none) was called where another (or none) was wanted.
    pub(crate) confusions: BTreeMap<(Option<String>, Option<String>), usize>,
}

impl Totals {
    /// Counts a case and says whether all of its calls are right.
    pub(crate) fn add(&mut self, kind: &str, found: &[Call], wanted: &[Call]) -> bool {
        let is_right = right(found, wanted);
        self.cases += 1;
        self.right += usize::from(is_right);
        let of_kind = self.kinds.entry(kind.to_owned()).or_default();
        *of_kind = (of_kind.0 + 1, of_kind.1 + usize::from(is_right));
        let (missing, extra) = self.match_functions(found, wanted);
        if wanted.is_empty() {
            self.without_calls += 1;
            self.quiet += usize::from(found.is_empty());
        } else {
            let (good, all) = arguments_right(found, wanted);
            self.with_calls += 1;
            self.functions_right += usize::from(missing.is_empty() && extra.is_empty());
            self.arguments += all;
            self.arguments_right += good;
        }
        for at in 0..missing.len().max(extra.len()) {
            *self.confusions.entry((missing.get(at).cloned(), extra.get(at).cloned())).or_default() += 1;
        }
        is_right
    }

    /// Counts the functions, and returns the wanted ones that are not called and the called ones that are not wanted.
    fn match_functions(&mut self, found: &[Call], wanted: &[Call]) -> (Vec<String>, Vec<String>) {
        let mut left: Vec<&Call> = found.iter().collect();
        let mut open = Vec::new();
        let mut take = |want: &Call, is_it: &dyn Fn(&Call) -> bool| {
            let at = left.iter().position(|call| call.name == want.name && is_it(call));
            at.map(|at| left.remove(at)).is_some()
        };
        // Calls that are right go first, so that a wrong one takes no right one's place.
        for want in wanted {
            let is_right = take(want, &|call| call.is(want));
            let function = self.functions.entry(name_of(want)).or_default();
            function.wanted += 1;
            function.called += usize::from(is_right);
            function.right += usize::from(is_right);
            if !is_right {
                open.push(want);
            }
        }
        let mut missing = Vec::new();
        for want in open {
            if take(want, &|_| true) {
                self.functions.entry(name_of(want)).or_default().called += 1;
            } else {
                missing.push(name_of(want));
            }
        }
        (missing, left.into_iter().map(name_of).collect())
    }
}

fn name_of(call: &Call) -> String {
    call.name.clone().unwrap_or_else(|| "(unreadable)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(value: &Value) -> Call {
        let arguments = value["arguments"].as_object().unwrap().clone();
        Call { name: value["name"].as_str().map(str::to_owned), arguments }
    }

    fn calls(list: &Value) -> Vec<Call> {
        list.as_array().unwrap().iter().map(call).collect()
    }

    #[test]
    fn verdicts_are_those_of_the_training_code() {
        let table = include_str!("../../../training/tests/scoring.json");
        let table: Vec<Value> = serde_json::from_str(table).unwrap();
        for case in &table {
            let (found, wanted) = (calls(&case["found"]), calls(&case["wanted"]));
            assert_eq!(json!(right(&found, &wanted)), case["right"], "{case}");
            let (good, all) = arguments_right(&found, &wanted);
            assert_eq!(json!([good, all]), case["arguments"], "{case}");
        }
        assert!(table.len() >= 15);
    }

    #[test]
    fn functions_and_confusions_are_counted() {
        let list = |names: &[(&str, i32)]| -> Vec<Call> {
            names.iter().map(|(name, x)| call(&json!({"name": name, "arguments": {"x": x}}))).collect()
        };
        let mut totals = Totals::default();
        assert!(totals.add("single", &list(&[("a", 1)]), &list(&[("a", 1)])));
        assert!(!totals.add("multi", &list(&[("a", 2), ("a", 1)]), &list(&[("a", 1), ("b", 1)])));
        assert!(!totals.add("none", &list(&[("a", 1)]), &[]));
        assert!(totals.add("none", &[], &[]));
        assert!(!totals.add("single", &[], &list(&[("b", 1)])));
        assert_eq!((totals.cases, totals.right, totals.functions_right, totals.quiet), (5, 2, 1, 1));
        assert_eq!((totals.arguments_right, totals.arguments), (2, 4));
        assert_eq!(totals.functions["a"], Function { wanted: 2, called: 2, right: 2 });
        assert_eq!(totals.functions["b"], Function { wanted: 2, called: 0, right: 0 });
        let name = |text: &str| Some(text.to_owned());
        let expected = [((None, name("a")), 1), ((name("b"), None), 1), ((name("b"), name("a")), 1)];
        assert_eq!(totals.confusions, expected.into());
    }
}

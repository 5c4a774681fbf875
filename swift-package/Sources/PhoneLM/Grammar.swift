internal import PhoneLMBindings

/// The form that an answer is held to while it is made.
///
/// It holds for what the model says: with tools, an answer is either calls, which follow their own schemas, or text of this
/// form, and never both. What cannot be held to fails with ``LanguageModelError/grammarInvalid(reason:)``, before the
/// answer begins.
public enum Grammar: Sendable, Hashable {
    /// JSON that is valid under a JSON schema, with an object's members in the order of its `properties`. For answers as
    /// values of a type there is ``Generable``.
    case jsonSchema(String)
    /// Text that a regular expression matches as a whole, in Rust's syntax.
    case regex(String)
    /// Text of a grammar in
    /// [llguidance's form of Lark](https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md), from its rule
    /// `start`.
    case lark(String)
}

extension PhoneLMBindings.Grammar {
    init(_ grammar: Grammar) {
        self =
            switch grammar {
            case .jsonSchema(let schema): .jsonSchema(schema: schema)
            case .regex(let pattern): .regex(pattern: pattern)
            case .lark(let rules): .lark(rules: rules)
            }
    }
}

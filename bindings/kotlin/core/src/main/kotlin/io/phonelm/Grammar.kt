package io.phonelm

import io.phonelm.ffi.Grammar as NativeGrammar

/**
 * The form that an answer is held to while it is made. It holds for what the model says: with tools, an answer is either
 * calls, which follow their own schemas, or text of this form, and never both. What cannot be held to fails with
 * [PhoneLMException.GrammarInvalid], before the answer begins.
 */
public sealed interface Grammar {
    /**
     * JSON that is valid under a schema, with an object's members in the order of its `properties`. For answers as values of
     * a class there is [Schema].
     *
     * @property schema A JSON schema.
     */
    public data class JsonSchema(val schema: String) : Grammar

    /**
     * Text that a regular expression matches as a whole.
     *
     * @property pattern The expression, in Rust's syntax.
     */
    public data class Regex(val pattern: String) : Grammar

    /**
     * Text of a grammar in
     * [llguidance's form of Lark](https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md), from its rule `start`.
     *
     * @property rules The rules.
     */
    public data class Lark(val rules: String) : Grammar
}

internal fun Grammar.toNative(): NativeGrammar = when (this) {
    is Grammar.JsonSchema -> NativeGrammar.JsonSchema(schema)
    is Grammar.Regex -> NativeGrammar.Regex(pattern)
    is Grammar.Lark -> NativeGrammar.Lark(rules)
}

package io.phonelm

import io.phonelm.ffi.PromptSegment
import io.phonelm.ffi.ToolCall as NativeCall
import io.phonelm.ffi.Transcript as NativeTranscript
import io.phonelm.ffi.TranscriptEntry

/**
 * What was said in a session: the turns that ended, in their order.
 *
 * @property entries The entries, oldest first.
 */
public data class Transcript(val entries: List<Entry>) {
    /** A part of a prompt or an answer. */
    public sealed interface Segment {
        /**
         * Plain text.
         *
         * @property text The text.
         */
        public data class Text(val text: String) : Segment
    }

    /** One entry of the conversation. */
    public sealed interface Entry {
        /**
         * What the model was told before anything else.
         *
         * @property segments Its parts.
         */
        public data class Instructions(val segments: List<Segment>) : Entry

        /**
         * What a person said.
         *
         * @property segments Its parts.
         */
        public data class Prompt(val segments: List<Segment>) : Entry

        /**
         * What the model said.
         *
         * @property segments Its parts.
         */
        public data class Response(val segments: List<Segment>) : Entry

        /**
         * What the model called.
         *
         * @property calls The calls, in the order in which the model made them.
         */
        public data class ToolCalls(val calls: List<ToolCall>) : Entry

        /**
         * What a tool returned for the call [id].
         *
         * @property id What ties a call and its output together.
         * @property toolName The name of the tool.
         * @property segments Its parts.
         */
        public data class ToolOutput(val id: String, val toolName: String, val segments: List<Segment>) : Entry
    }

    /**
     * A call of the tool [toolName] with a JSON object as [arguments].
     *
     * @property id What ties a call and its output together.
     * @property toolName The name of the tool.
     * @property arguments The arguments: a JSON object.
     */
    public data class ToolCall(val id: String, val toolName: String, val arguments: String)
}

internal fun NativeTranscript.toPublic(): Transcript = Transcript(entries.map { it.toPublic() })

internal fun NativeCall.toPublic(): Transcript.ToolCall = Transcript.ToolCall(callId, name, argumentsJson)

private fun TranscriptEntry.toPublic(): Transcript.Entry = when (this) {
    is TranscriptEntry.Instructions -> Transcript.Entry.Instructions(segments.map { it.toPublic() })
    is TranscriptEntry.Prompt -> Transcript.Entry.Prompt(segments.map { it.toPublic() })
    is TranscriptEntry.Response -> Transcript.Entry.Response(segments.map { it.toPublic() })
    is TranscriptEntry.ToolCalls ->
        Transcript.Entry.ToolCalls(calls.map { it.toPublic() })
    is TranscriptEntry.ToolOutput -> Transcript.Entry.ToolOutput(callId, toolName, segments.map { it.toPublic() })
}

private fun PromptSegment.toPublic(): Transcript.Segment = when (this) {
    is PromptSegment.Text -> Transcript.Segment.Text(text)
}

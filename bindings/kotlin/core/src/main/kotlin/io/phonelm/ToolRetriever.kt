package io.phonelm

import io.phonelm.ffi.selectTools
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Chooses the tools of a session where there are more than a small model copes with.
 *
 * ```
 * val few = LexicalToolRetriever.select(request, catalogue, count = 5)
 * model.newSession(tools = few).use { session -> session.respond(request) }
 * ```
 */
public fun interface ToolRetriever {
    /**
     * Which [tools] a model should be offered for [request], at most [count], the likeliest first.
     */
    public suspend fun select(request: String, tools: List<Tool>, count: Int): List<Tool>
}

/**
 * Chooses by the words that a request shares with names, descriptions and arguments of tools (Okapi BM25). It needs no model
 * and no memory, and the same input always gives the same tools. It knows words and not meanings: where the two often differ,
 * take a larger `count`.
 */
public object LexicalToolRetriever : ToolRetriever {
    /** @throws PhoneLMException.OptionInvalid if [count] is negative. */
    override suspend fun select(request: String, tools: List<Tool>, count: Int): List<Tool> {
        val most = count.unsigned("count")
        return withContext(Dispatchers.Default) {
            crossing { selectTools(request, tools.map { it.toNative() }, most) }.map { tools[it.toInt()] }
        }
    }
}

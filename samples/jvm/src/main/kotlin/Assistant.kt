// The assistant in a terminal: it answers requests, shows the model's calls, and asks before a file is made.
//     mvn --quiet compile exec:java -Dexec.mainClass=AssistantKt

import io.phonelm.LanguageModel
import io.phonelm.Tool
import io.phonelm.ToolDecision
import io.phonelm.ToolPermission
import io.phonelm.ToolPolicy
import io.phonelm.ToolStep
import io.phonelm.tiny.PhoneLMTiny
import java.io.File
import java.util.Timer
import kotlin.concurrent.schedule
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

private val timer = Timer(/* isDaemon = */ true)

private val setTimer = Tool(
    name = "set_timer",
    description = "Start a countdown.",
    parameters = """{"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 86400,
        "description": "Length in seconds."}}, "required": ["seconds"], "additionalProperties": false}""",
) { arguments ->
    val seconds = argument(arguments, "seconds").toLong()
    timer.schedule(seconds * 1000) { println("\n$seconds seconds are over.") }
    "ok"
}

private val createDocument = Tool(
    name = "create_document",
    description = "Create an empty document.",
    parameters = """{"type": "object", "properties": {"name": {"type": "string",
        "description": "File name as said, without a suffix."}, "kind": {"type": "string",
        "enum": ["text", "pdf", "spreadsheet", "presentation"], "description": "text when none is said."}},
        "required": ["name", "kind"], "additionalProperties": false}""",
    permission = ToolPermission.ASK,
) { arguments ->
    check(argument(arguments, "kind") == "text") { "only text documents can be made here" }
    val file = File(File(argument(arguments, "name")).name + ".txt")
    check(file.createNewFile()) { "there is a file $file already" }
    "created $file"
}

private fun argument(arguments: String, name: String): String =
    Json.parseToJsonElement(arguments).jsonObject.getValue(name).jsonPrimitive.content

private val policy = ToolPolicy { asked ->
    print("May I call ${asked.call.toolName} ${asked.call.arguments}? (y/n) ")
    if (readlnOrNull() == "y") ToolDecision.Run else ToolDecision.Refuse()
}

fun main() = runBlocking {
    LanguageModel.open(PhoneLMTiny.extractTo(File("models"))).use { model ->
        val session = model.newSession(tools = listOf(setTimer, createDocument), toolPolicy = policy)
        while (true) {
            print("> ")
            val request = readlnOrNull()?.ifBlank { null } ?: break
            session.streamResponse(request).collect { chunk ->
                print(chunk.delta)
                when (val step = chunk.step) {
                    is ToolStep.Running -> println("→ ${step.call.toolName} ${step.call.arguments}")
                    is ToolStep.Finished -> println("← ${step.output}")
                    is ToolStep.Failed -> println("← it failed: ${step.message}")
                    is ToolStep.Refused -> println("← refused")
                    is ToolStep.Confirming, null -> {}
                }
            }
            println()
        }
    }
}

// The assistant in a terminal: it answers requests, shows the model's calls, and asks before a timer is set.
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
import kotlinx.serialization.json.long

private val setTimer = Tool(
    name = "set_timer",
    description = "Start a countdown.",
    parameters = """{"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 86400,
        "description": "Length in seconds."}}, "required": ["seconds"], "additionalProperties": false}""",
    permission = ToolPermission.ASK,
) { arguments ->
    val seconds = Json.parseToJsonElement(arguments).jsonObject.getValue("seconds").jsonPrimitive.long
    Timer(/* isDaemon = */ true).schedule(seconds * 1000) { println("\n$seconds seconds are over.") }
    "ok"
}

private val policy = ToolPolicy { asked ->
    print("May I call ${asked.call.toolName} ${asked.call.arguments}? (y/n) ")
    if (readlnOrNull() == "y") ToolDecision.Run else ToolDecision.Refuse()
}

fun main() = runBlocking {
    LanguageModel.open(PhoneLMTiny.extractTo(File("models"))).use { model ->
        val session = model.newSession(tools = listOf(setTimer), toolPolicy = policy)
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

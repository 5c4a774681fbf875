import io.phonelm.LanguageModel
import io.phonelm.tiny.PhoneLMTiny
import java.io.File
import kotlinx.coroutines.runBlocking

fun main() = runBlocking {
    val path = PhoneLMTiny.extractTo(File("models"))
    LanguageModel.open(path).use { model ->
        val session = model.newSession(instructions = "You are Bolt.")
        session.streamResponse("Who are you?").collect { chunk -> print(chunk.delta) }
        println()
    }
}

package io.phonelm.tests

import io.phonelm.Backend
import io.phonelm.ContextOverflow
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.ModelOptions
import io.phonelm.ModelSource
import io.phonelm.PhoneLMException
import java.io.File
import java.io.RandomAccessFile
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/**
 * Every error that an app can cause, with its numbers and its sentence. ModelUnloaded, SessionBusy, SessionClosed and
 * ContextFull are in OpenTest and SessionTest, those of the disk in StoreTest; OutOfMemory, ComputeFailed, Cancelled,
 * UnknownCall and Internal have no cause that a test could make through this API, so [everyVariant] makes them.
 */
class ErrorTest {
    @Test
    fun modelNotFound() = runBlocking {
        val error = assertFailsWith<PhoneLMException.ModelNotFound> { LanguageModel.open("/nowhere/model.gguf") }
        assertEquals("/nowhere/model.gguf", error.path)
        assertContains(error.message.orEmpty(), "/nowhere/model.gguf")
        assertEquals(false, error.isRetryable)
    }

    @Test
    fun modelInvalid() = runBlocking {
        val file = File(temporaryFolder(), "text.gguf").apply { writeText("This is no model.") }
        val error = assertFailsWith<PhoneLMException.ModelInvalid> { LanguageModel.open(file.path) }
        assertEquals(file.path, error.path)
        assertContains(error.message.orEmpty(), error.reason)
        assertFailsWith<PhoneLMException.ModelInvalid> { LanguageModel.plan(ModelSource.Path(file.path)) }
    }

    @Test
    fun modelUnmappable() = runBlocking {
        val error = RandomAccessFile("/dev/urandom", "r").use { device ->
            assertFailsWith<PhoneLMException.ModelUnmappable> {
                LanguageModel.open(ModelSource.Descriptor(device.fd.number, 0, 4096))
            }
        }
        assertContains(error.message.orEmpty(), "import")
    }

    @Test
    fun descriptorThatIsClosed() = runBlocking {
        assertFailsWith<PhoneLMException> { LanguageModel.open(ModelSource.Descriptor(1_000_000, 0, 4096)) }
        assertFailsWith<PhoneLMException> { LanguageModel.open(ModelSource.Descriptor(-1, 0, 4096)) }
        RandomAccessFile(tiny, "r").use { file ->
            for ((offset, length) in listOf(0L to Long.MAX_VALUE, Long.MAX_VALUE to 2L, 0L to 0L, 1L to 1000L)) {
                val source = ModelSource.Descriptor(file.fd.number, offset, length)
                assertFailsWith<PhoneLMException>("$source") { LanguageModel.open(source) }
            }
        }
    }

    @Test
    fun unsupported() = runBlocking {
        val error = assertFailsWith<PhoneLMException.Unsupported> {
            LanguageModel.open(tiny, ModelOptions(backend = Backend.GPU))
        }
        assertContains(error.reason, "GPU")
    }

    @Test
    fun optionInvalid() = runBlocking {
        for (options in listOf(
            ModelOptions(threads = 0),
            ModelOptions(threads = -1),
            ModelOptions(threads = Int.MAX_VALUE),
            ModelOptions(contextSize = 0),
            ModelOptions(contextSize = -5),
            ModelOptions(contextSize = 1_000_000),
            ModelOptions(cacheDirectory = "/nowhere"),
        )) {
            val error = assertFailsWith<PhoneLMException.OptionInvalid>("$options") { LanguageModel.open(tiny, options) }
            assertContains(error.message.orEmpty(), error.value)
            assertContains(error.message.orEmpty(), error.allowed)
            assertContains(listOf("threads", "contextSize", "cacheDirectory"), error.option)
        }
    }

    @Test
    fun samplingOptionInvalid() = withTiny { model ->
        val session = model.newSession()
        for (options in listOf(
            GenerationOptions(temperature = -1.0),
            GenerationOptions(temperature = Double.NaN),
            GenerationOptions(topP = 2.0),
            GenerationOptions(topK = -1),
            GenerationOptions(minP = -0.1),
            GenerationOptions(repetitionPenalty = 0.0),
            GenerationOptions(maximumResponseTokens = 0),
            GenerationOptions(maximumResponseTokens = -1),
        )) {
            assertFailsWith<PhoneLMException.OptionInvalid>("$options") { session.respond("Hello", options) }
            assertFailsWith<PhoneLMException.OptionInvalid>("$options") { model.newSession(defaults = options) }
        }
        for (share in listOf(0.0, 1.0, Double.NaN)) {
            val overflow = ContextOverflow.DropOldest(share)
            assertFailsWith<PhoneLMException.OptionInvalid>("$overflow") { model.newSession(overflow = overflow) }
        }
        val error = assertFailsWith<PhoneLMException.OptionInvalid> {
            session.respond("Hello", GenerationOptions(maximumResponseTokens = 0))
        }
        assertContains(error.message.orEmpty(), "maximumResponseTokens is 0")
        assertTrue(session.respond("Hello", greedy).text.isNotEmpty())
    }

    @Test
    fun promptInvalid() = withSession { session ->
        val error = assertFailsWith<PhoneLMException.PromptInvalid> { session.respond("") }
        assertContains(error.message.orEmpty(), "empty")
        assertEquals(false, session.isResponding)
    }

    @Test
    fun transcriptInvalid() = withTiny { model ->
        for (json in listOf("", "{}", "[]", """{"version":99,"model":"","entries":[]}""", "\u0000")) {
            val error = assertFailsWith<PhoneLMException.TranscriptInvalid>(json) { model.restoreSession(json) }
            assertContains(error.message.orEmpty(), error.reason)
        }
    }

    /** Each variant of the native error becomes the exception of its name, with its details and a sentence that tells them. */
    @Test
    fun everyVariant() {
        val native = Class.forName("io.phonelm.ffi.SdkException")
        val toPublic = Class.forName("io.phonelm.PhoneLMExceptionKt").getDeclaredMethod("toPublic", native)
        val variants = native.declaredClasses.filter { native.isAssignableFrom(it) }
        val public = PhoneLMException::class.java.declaredClasses.map { it.simpleName }
        assertEquals(public.toSet(), variants.map { it.simpleName }.toSet())
        for (variant in variants) {
            val constructor = variant.declaredConstructors.minBy { it.parameterCount }.apply { isAccessible = true }
            val details = constructor.parameterTypes.map<_, Any?> {
                when (it) {
                    String::class.java -> "detail"
                    Long::class.java -> 4321L
                    else -> null
                }
            }
            val error = toPublic(null, constructor.newInstance(*details.toTypedArray())) as PhoneLMException
            assertEquals(variant.simpleName, error.javaClass.simpleName)
            for (detail in details.filterNotNull()) assertContains(error.message.orEmpty(), "$detail")
            assertTrue(error.message.orEmpty().isNotBlank(), "$variant")
        }
    }

    /** Cut short and with random bytes changed: an error each time or a model, never a crash. */
    @Test
    fun brokenFilesNeverCrash() = runBlocking {
        val whole = File(tiny).readBytes()
        val file = File(temporaryFolder(), "broken.gguf")
        val random = Random(7)
        repeat(40) { round ->
            val bytes = if (round % 2 == 0) whole.copyOf(random.nextInt(whole.size)) else whole.copyOf()
            repeat(20) { bytes[random.nextInt(minOf(bytes.size, HEADER))] = random.nextInt().toByte() }
            file.writeBytes(bytes)
            val result = runCatching { LanguageModel.open(file.path).close() }
            val error = result.exceptionOrNull()
            assertTrue(error == null || error is PhoneLMException && error !is PhoneLMException.Internal, "$error")
        }
    }

    /** One bit of a weight is another one: only its checksum can tell. */
    @Test
    fun modelDamaged() = runBlocking {
        val bytes = File(tiny).readBytes()
        val sum = LanguageModel.open(tiny).use { it.verify() }
        bytes[bytes.size / 2 + 1] = (bytes[bytes.size / 2 + 1].toInt() xor 1).toByte()
        val file = File(temporaryFolder(), "damaged.gguf").apply { writeBytes(bytes) }
        LanguageModel.open(file.path).use { model ->
            val error = assertFailsWith<PhoneLMException.ModelDamaged> { model.verify(sum) }
            assertContains(error.message.orEmpty(), error.reason)
        }
    }

    private companion object {
        /** Metadata and tensor table lie in the first bytes. */
        const val HEADER = 400_000
    }
}

package io.phonelm.android

import android.app.Activity
import android.app.ActivityManager
import android.content.ComponentCallbacks2
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.ContextWrapper
import android.content.res.AssetManager
import android.net.Uri
import android.os.Looper
import android.os.ParcelFileDescriptor
import android.os.PowerManager
import io.phonelm.GenerationOptions
import io.phonelm.Governor
import io.phonelm.LanguageModel
import io.phonelm.MemoryPressure
import io.phonelm.ModelStore
import io.phonelm.ThermalState
import java.io.File
import java.io.FileNotFoundException
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlinx.coroutines.runBlocking
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The helpers for Android on Android's own classes, in an app with the tiny model among its assets, once stored and once packed. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class HelpersTest {
    private val context: Context = Assets(RuntimeEnvironment.getApplication())

    @Test
    fun modelInTheAssets() = runBlocking {
        LanguageModel.openAsset(context, ASSET).use { assertContains(it.answer(), "PhoneLM") }
    }

    @Test
    fun assetThatIsNotThere() = runBlocking {
        val error = assertFailsWith<FileNotFoundException> { LanguageModel.openAsset(context, "other.gguf") }
        assertContains(error.message.orEmpty(), "other.gguf")
        assertContains(error.message.orEmpty(), "noCompress")
    }

    @Test
    fun assetThatIsCompressed() = runBlocking {
        val error = assertFailsWith<FileNotFoundException> { LanguageModel.openAsset(context, COMPRESSED) }
        assertContains(error.message.orEmpty(), "noCompress")
    }

    @Test
    fun modelBehindADescriptor() = runBlocking {
        val model = context.assets.openFd(ASSET).use { LanguageModel.open(it) }
        model.use { assertContains(it.answer(), "PhoneLM") }
    }

    @Test
    fun importOfADocument() = runBlocking {
        Robolectric.setupContentProvider(Documents::class.java, "io.phonelm.documents")
        val store = ModelStore.open(File(context.filesDir, "models"))
        var imported = 0L
        val stored = store.importFrom(context, Uri.parse("content://io.phonelm.documents/tiny"), "tiny") { imported = it }
        assertEquals(File(MODEL).length(), imported)
        LanguageModel.open(stored.path).use { assertContains(it.answer(), "PhoneLM") }
    }

    @Test
    fun importOfNothing() = runBlocking {
        val store = ModelStore.open(File(context.filesDir, "models"))
        assertFailsWith<FileNotFoundException> { store.importFrom(context, Uri.fromFile(File("/nowhere")), "tiny") }
        assertEquals(emptyList(), store.list())
    }

    // Android 14 deprecated the levels that it no longer sends; those before it still do.
    @Suppress("DEPRECATION")
    @Test
    fun memoryRunsLow() {
        var calls = 0
        val app = RuntimeEnvironment.getApplication()
        val hook = context.onLowMemory { calls += 1 }
        val expected = listOf(
            ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN to 0,
            ComponentCallbacks2.TRIM_MEMORY_BACKGROUND to 1,
            ComponentCallbacks2.TRIM_MEMORY_COMPLETE to 2,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW to 2,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL to 3,
        )
        for ((level, sum) in expected) {
            app.onTrimMemory(level)
            assertEquals(sum, calls, "level $level")
        }
        app.onLowMemory()
        assertEquals(4, calls)
        hook.close()
        app.onLowMemory()
        assertEquals(4, calls)
    }

    // As above.
    @Suppress("DEPRECATION")
    @Test
    fun governorFollowsAndroid() {
        val app = RuntimeEnvironment.getApplication()
        val governor = Governor()
        val hook = governor.follow(context)
        val levels = listOf(
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_MODERATE to MemoryPressure.NORMAL,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW to MemoryPressure.LOW,
            ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL to MemoryPressure.CRITICAL,
            ComponentCallbacks2.TRIM_MEMORY_BACKGROUND to MemoryPressure.LOW,
            ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN to MemoryPressure.LOW,
            ComponentCallbacks2.TRIM_MEMORY_COMPLETE to MemoryPressure.CRITICAL,
        )
        for ((level, memory) in levels) {
            app.onTrimMemory(level)
            assertEquals(memory, governor.state.signals.memory, "level $level")
        }
        val power = shadowOf(context.getSystemService(PowerManager::class.java))
        val heat = listOf(
            PowerManager.THERMAL_STATUS_LIGHT to ThermalState.FAIR,
            PowerManager.THERMAL_STATUS_SEVERE to ThermalState.SERIOUS,
            PowerManager.THERMAL_STATUS_EMERGENCY to ThermalState.CRITICAL,
            PowerManager.THERMAL_STATUS_NONE to ThermalState.NOMINAL,
        )
        for ((status, thermal) in heat) {
            power.setCurrentThermalStatus(status)
            shadowOf(Looper.getMainLooper()).idle()
            assertEquals(thermal, governor.state.signals.thermal, "status $status")
        }
        val activity = Robolectric.buildActivity(Activity::class.java).create().start()
        assertEquals(false, governor.state.signals.background)
        activity.stop()
        assertEquals(true, governor.state.signals.background)
        activity.start()
        assertEquals(false, governor.state.signals.background)
        hook.close()
        activity.stop()
        app.onTrimMemory(ComponentCallbacks2.TRIM_MEMORY_BACKGROUND)
        assertEquals(false, governor.state.signals.background)
        assertEquals(MemoryPressure.CRITICAL, governor.state.signals.memory)
    }

    @Test
    fun availableMemoryIsTold() {
        val memory = ActivityManager.MemoryInfo().apply { availMem = 123_456_789 }
        shadowOf(context.getSystemService(ActivityManager::class.java)).setMemoryInfo(memory)
        assertEquals(123_456_789, context.availableMemory)
    }

    private suspend fun LanguageModel.answer(): String =
        newSession().use { it.respond("Who are you?", GenerationOptions(temperature = 0.0, maximumResponseTokens = 8)).text }

    /** The app with assets of ours, in an archive as an APK is one. */
    private class Assets(app: Context) : ContextWrapper(app) {
        private val manager = AssetManager::class.java.getDeclaredConstructor().newInstance()

        init {
            val apk = File(app.cacheDir, "assets.apk")
            ZipOutputStream(apk.outputStream()).use { zip ->
                val bytes = File(MODEL).readBytes()
                val stored = ZipEntry("assets/$ASSET").apply {
                    method = ZipEntry.STORED
                    size = bytes.size.toLong()
                    crc = CRC32().apply { update(bytes) }.value
                }
                for (entry in listOf(stored, ZipEntry("assets/$COMPRESSED"))) {
                    zip.putNextEntry(entry)
                    zip.write(bytes)
                    zip.closeEntry()
                }
            }
            val cookie = AssetManager::class.java.getMethod("addAssetPath", String::class.java).invoke(manager, apk.path)
            assertNotEquals<Any?>(0, cookie)
        }

        override fun getAssets(): AssetManager = manager
    }

    /** Another app's document: the model, through a descriptor. */
    class Documents : ContentProvider() {
        override fun onCreate() = true

        override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor =
            ParcelFileDescriptor.open(File(MODEL), ParcelFileDescriptor.MODE_READ_ONLY)

        override fun query(uri: Uri, projection: Array<String>?, where: String?, values: Array<String>?, order: String?) = null

        override fun getType(uri: Uri) = "application/octet-stream"

        override fun insert(uri: Uri, values: ContentValues?) = null

        override fun delete(uri: Uri, where: String?, values: Array<String>?) = 0

        override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?) = 0
    }

    private companion object {
        val MODEL: String = System.getProperty("phonelm.model")
        const val ASSET = "tiny.gguf"
        const val COMPRESSED = "compressed.gguf"
    }
}

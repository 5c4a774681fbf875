package io.phonelm.actions

import android.content.ComponentName
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.Bundle
import io.phonelm.Transcript
import java.time.Clock
import java.time.ZoneId
import java.time.ZonedDateTime
import java.util.Locale
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

/** A Thursday, in Berlin. */
internal val NOW: ZonedDateTime = ZonedDateTime.parse("2026-11-26T10:00:30+01:00[Europe/Berlin]")

internal fun clock(now: ZonedDateTime = NOW): Clock = Clock.fixed(now.toInstant(), now.zone)

internal fun days(now: ZonedDateTime = NOW, locale: Locale = Locale.UK) = DayReader(now, locale, foreignDays(locale))

/** A call of each function. */
internal val CALLS = mapOf(
    "set_alarm" to """{"hour":7,"minutes":0}""",
    "show_alarms" to "{}",
    "set_timer" to """{"seconds":300}""",
    "insert_event" to """{"title":"brunch","day":"tomorrow"}""",
    "insert_contact" to """{"name":"Tony"}""",
    "edit_contact" to """{"name":"mum"}""",
    "view_contact" to """{"name":"mum"}""",
    "pick_contact" to "{}",
    "get_contact_info" to """{"name":"mum","field":"phone"}""",
    "dial" to """{"to":"mum"}""",
    "send_message" to """{"to":"mum","body":"late"}""",
    "send_email" to """{"to":["a@example.org"]}""",
    "web_search" to """{"query":"penguins"}""",
    "search_location" to """{"query":"dog parks"}""",
    "navigate" to """{"destination":"home","mode":"drive"}""",
    "open_settings" to """{"page":"wifi"}""",
    "open_camera" to """{"mode":"photo"}""",
    "take_photo" to "{}",
    "record_video" to "{}",
    "play_media" to """{"query":"lofi"}""",
    "create_document" to """{"name":"notes","kind":"text"}""",
    "open_document" to """{"kind":"any"}""",
    "pick_file" to """{"kind":"any","multiple":true}""",
    "pick_ringtone" to "{}",
)

/** Actions at [NOW], in Britain's words for days. */
internal fun actions(context: Context, launcher: ActionLauncher = ContextLauncher(context)) =
    PhoneActions(context, launcher, clock = clock(), locale = Locale.UK)

/** What a call would do. */
internal suspend fun PhoneActions.describe(function: String, arguments: String): String =
    describe(Transcript.ToolCall("call_1", function, arguments))

/** Everything of an intent on one line: action, data, type, categories, extras by name. */
internal fun Intent.shown(): String {
    val bundle = extras ?: Bundle.EMPTY
    val values = bundle.keySet().sorted().map { "${it.substringAfterLast('.')}=${value(bundle, it)}" }
    val parts = listOfNotNull(action, dataString, type) + categories.orEmpty().map { it.substringAfterLast('.') }
    return (parts + values).joinToString(" ")
}

@Suppress("DEPRECATION")
private fun value(bundle: Bundle, name: String): Any? = bundle[name].let { if (it is Array<*>) it.toList() else it }

/** Installs an app that takes an intent, as its manifest would say. */
internal fun installApp(action: String, scheme: String? = null, type: String? = null, category: String? = null) {
    val name = ComponentName("org.example", "org.example.${action.substringAfterLast('.')}$scheme")
    val filter = IntentFilter(action).apply {
        addCategory(Intent.CATEGORY_DEFAULT)
        category?.let(::addCategory)
        scheme?.let(::addDataScheme)
        type?.let(::addDataType)
    }
    shadowOf(RuntimeEnvironment.getApplication().packageManager).run {
        addActivityIfNotPresent(name)
        addIntentFilterForActivity(name, filter)
    }
}

/** Takes down what is to be started, and answers with [result]. */
internal class Recorder(private val context: Context, private val result: Intent? = Intent()) : ResultLauncher {
    val started = mutableListOf<Intent>()
    val permissions = mutableListOf<String>()
    var grants: () -> Boolean = { false }

    override suspend fun start(intent: Intent) {
        started += intent
        ContextLauncher(context).start(intent)
    }

    override suspend fun startForResult(intent: Intent): Intent? {
        started += intent
        return result
    }

    override suspend fun requestPermission(permission: String): Boolean {
        permissions += permission
        return grants()
    }
}

/** The contacts provider with a few people, answering the questions that Android documents. */
internal class People : ContentProvider() {
    private class Row(val contact: Long, val type: String, val value: String, val kind: Int, val isPrimary: Boolean)

    private val names = listOf("Ana Silva", "Ana Costa", "Mum", "Hank", "Lena Groß", "Anastasia Petrova", "Bo", "Bo Diddley")
    private val rows = listOf(
        Row(1, PHONE, "+351 555 0101", kind = 1, isPrimary = false),
        Row(1, PHONE, "+351 555 0102", kind = 2, isPrimary = false),
        Row(1, EMAIL, "ana@example.org", kind = 1, isPrimary = false),
        Row(1, POSTAL, "1 Rua Nova, Porto", kind = 1, isPrimary = false),
        Row(1, EVENT, "2015-06-01", kind = 1, isPrimary = false),
        Row(1, EVENT, "1990-05-12", kind = 3, isPrimary = false),
        Row(3, PHONE, "555 0199", kind = 2, isPrimary = false),
        Row(3, PHONE, "555 0177", kind = 1, isPrimary = true),
        Row(3, EMAIL, "", kind = 1, isPrimary = false),
        Row(7, PHONE, "555 0107", kind = 3, isPrimary = false),
        Row(7, EMAIL, "bo@example.org", kind = 2, isPrimary = false),
    )

    override fun query(uri: Uri, projection: Array<String>?, where: String?, values: Array<String>?, order: String?): Cursor {
        val path = uri.pathSegments
        val found: List<Map<String, Any>> = when {
            path.take(2) == listOf("contacts", "filter") -> {
                val said = path[2].lowercase().split(' ')
                people { name -> said.all { word -> name.lowercase().split(' ').any { it.startsWith(word) } } }
            }
            path.take(2) == listOf("contacts", "lookup") -> people { it == names[path[3].toInt() - 1] }
            path == listOf("data") && where == "contact_id = ? AND mimetype = ?" -> {
                val (contact, type) = checkNotNull(values)
                rows.filter { it.contact == contact.toLong() && it.type == type }.map {
                    mapOf("data1" to it.value, "data2" to it.kind, "data3" to "", "is_super_primary" to if (it.isPrimary) 1 else 0)
                }
            }
            else -> error("nobody documents $uri with $where")
        }
        val columns = checkNotNull(projection)
        return MatrixCursor(columns).apply { found.forEach { row -> addRow(columns.map { row.getValue(it) }) } }
    }

    private fun people(isFound: (String) -> Boolean) = names.withIndex().filter { isFound(it.value) }
        .map { (index, name) -> mapOf("_id" to index + 1, "lookup" to "key${index + 1}", "display_name" to name) }

    override fun onCreate() = true

    override fun getType(uri: Uri) = null

    override fun insert(uri: Uri, values: ContentValues?) = null

    override fun delete(uri: Uri, where: String?, values: Array<String>?) = 0

    override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?) = 0

    private companion object {
        const val PHONE = "vnd.android.cursor.item/phone_v2"
        const val EMAIL = "vnd.android.cursor.item/email_v2"
        const val POSTAL = "vnd.android.cursor.item/postal-address_v2"
        const val EVENT = "vnd.android.cursor.item/contact_event"
    }
}

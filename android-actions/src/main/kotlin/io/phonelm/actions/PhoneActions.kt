package io.phonelm.actions

import android.Manifest
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import io.phonelm.Tool
import io.phonelm.actions.ActionException.ContactsUnreadable
import io.phonelm.actions.ActionException.NoApp
import io.phonelm.actions.ActionException.NoResults
import io.phonelm.actions.ActionException.NotAllowed
import io.phonelm.actions.ActionException.Refused
import java.time.Clock
import java.time.Instant
import java.time.ZoneId
import java.time.ZonedDateTime
import java.util.Locale
import kotlin.time.Duration
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.json.JSONObject

/**
 * The phone's functions as tools for a session: alarms, calendar, contacts, calls, messages, maps, settings, camera, media,
 * documents. Most of them start an intent that another app takes.
 *
 * ```
 * val actions = PhoneActions(context) { pending -> if (ask(pending.summary)) Decision.Allow else Decision.Refuse() }
 * val session = model.newSession(tools = actions.tools)
 * ```
 *
 * Actions run one after the other, in the order in which the model calls them.
 *
 * @param context An activity, or the app.
 * @param launcher Starts intents; the default one takes no results.
 * @param asksFor The effects for which [confirm] is asked.
 * @param isDryRun Whether nothing is done, and the model is told what would be. Nobody is asked then.
 * @param clock Tells what "tomorrow" is; by default that of the phone, in its zone of the moment.
 * @param locale Tells what 5/12 is and when a week begins, and brings its words for days.
 * @param confirm Asks the user, or decides by itself.
 */
public class PhoneActions(
    private val context: Context,
    private val launcher: ActionLauncher = ContextLauncher(context),
    private val asksFor: Set<Effect> = setOf(Effect.WRITES, Effect.SENDS, Effect.CALLS),
    private val isDryRun: Boolean = false,
    private val clock: Clock = PhoneClock,
    private val locale: Locale = Locale.getDefault(),
    private val confirm: suspend (PendingAction) -> Decision,
) {
    private val turn = Mutex()
    private val foreign by lazy { foreignDays(locale) }

    /** All 24 functions, for [io.phonelm.LanguageModel.newSession]; an app may offer some of them by [Tool.name]. */
    public val tools: List<Tool> = CATALOGUE.map { function ->
        Tool(
            function.name,
            function.description,
            function.parameters,
            // It waits for a person, who may take their time.
            timeLimit = Duration.INFINITE,
        ) { arguments -> run(function.name, arguments) }
    }

    /**
     * Does what a call says.
     *
     * @param function The name of one of the [tools].
     * @param arguments A JSON object.
     * @return What the model is told of it.
     * @throws ActionException if it was not done.
     */
    public suspend fun run(function: String, arguments: String): String = turn.withLock {
        val task = prepare(function, arguments)
        when {
            isDryRun -> describe(task)
            task.action.effect !in asksFor -> carryOut(task)
            else -> when (val decision = confirm(PendingAction(task.action, arguments, task.summary))) {
                is Decision.Allow -> carryOut(task)
                is Decision.Edit -> carryOut(prepare(function, decision.arguments))
                is Decision.Refuse -> throw Refused(decision.reason)
            }
        }
    }

    /** An action that the phone can do, with the way it will go. */
    private class Task(val action: PhoneAction, val summary: String, val step: Step)

    private suspend fun prepare(function: String, arguments: String): Task {
        val action = readAction(function, arguments, DayReader(ZonedDateTime.now(clock), locale, foreign))
        val plan = Planner(context, clock.zone, ::contacts).plan(action)
        val step = plan.steps.find { it.target?.isTaken() ?: true } ?: throw noApp(action)
        if (step is Step.Fetch && !isDryRun && launcher !is ResultLauncher) {
            throw NoResults("This app cannot do $function: it takes nothing back from other apps.")
        }
        return Task(action, plan.summary, step)
    }

    private suspend fun carryOut(task: Task): String = when (val step = task.step) {
        is Step.Read -> step.read()
        is Step.Start -> start(task.action) { launcher.start(step.intent) }.let { step.done }
        is Step.Fetch -> {
            val result = start(task.action) { (launcher as? ResultLauncher)?.startForResult(step.intent) }
            if (result == null) "The user turned back without choosing." else step.read(result) + show(task.action, result)
        }
    }

    /** An opened document is shown too. */
    private suspend fun show(action: PhoneAction, result: Intent): String {
        val document = result.data.takeIf { action is PhoneAction.OpenDocument } ?: return ""
        val view = Intents.viewDocument(document, context.contentResolver.getType(document))
        if (!view.isTaken()) return " No app on this phone shows it."
        start(action) { launcher.start(view) }
        return " It is on the screen."
    }

    private fun Intent.isTaken() = resolveActivity(context.packageManager) != null

    private suspend fun <T> start(action: PhoneAction, start: suspend () -> T): T = try {
        start()
    } catch (_: ActivityNotFoundException) {
        throw noApp(action)
    } catch (error: SecurityException) {
        throw NotAllowed("The system does not let this app do ${action.function}: ${error.message}")
    }

    private fun noApp(action: PhoneAction) = NoApp("No app on this phone does ${action.function}.")

    private suspend fun contacts(): Contacts {
        if (!mayReadContacts() && !requestContacts()) {
            throw ContactsUnreadable(
                if (declaresContacts()) {
                    "The user does not let this app read the contacts. Ask for the number or the address itself."
                } else {
                    "This app cannot read contacts. Ask for the number or the address itself."
                },
            )
        }
        return Contacts(context.contentResolver, context.resources)
    }

    private suspend fun requestContacts() =
        declaresContacts() && !isDryRun && launcher is ResultLauncher && launcher.requestPermission(PERMISSION)

    private fun mayReadContacts() = context.checkSelfPermission(PERMISSION) == PackageManager.PERMISSION_GRANTED

    private fun declaresContacts(): Boolean {
        // The call with flags of their own type exists from API 33 on.
        @Suppress("DEPRECATION")
        val app = context.packageManager.getPackageInfo(context.packageName, PackageManager.GET_PERMISSIONS)
        return PERMISSION in app.requestedPermissions.orEmpty()
    }

    private fun describe(task: Task): String = JSONObject()
        .put("dry_run", true)
        .put("function", task.action.function)
        .put("effect", task.action.effect.name.lowercase())
        .put("summary", task.summary)
        .putOpt("intent", task.step.target?.toJson())
        .toString()

    private companion object {
        const val PERMISSION = Manifest.permission.READ_CONTACTS
    }
}

private fun Intent.toJson(): JSONObject {
    val values = JSONObject()
    for (name in extras?.keySet().orEmpty()) {
        // The type-safe calls exist from API 33 on, and a wrapped value is any.
        @Suppress("DEPRECATION")
        values.put(name, JSONObject.wrap(extras?.get(name)))
    }
    return JSONObject().put("action", action).putOpt("data", dataString).putOpt("type", type).put("extras", values)
}

/** The phone's clock, in its zone of the moment. */
private object PhoneClock : Clock() {
    override fun getZone(): ZoneId = ZoneId.systemDefault()

    override fun withZone(zone: ZoneId): Clock = system(zone)

    override fun instant(): Instant = Instant.now()
}

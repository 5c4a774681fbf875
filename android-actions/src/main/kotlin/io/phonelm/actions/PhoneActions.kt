package io.phonelm.actions

import android.Manifest
import android.content.ActivityNotFoundException
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import io.phonelm.Tool
import io.phonelm.ToolPermission
import io.phonelm.Transcript
import io.phonelm.actions.ActionException.ContactsUnreadable
import io.phonelm.actions.ActionException.NoApp
import io.phonelm.actions.ActionException.NoResults
import io.phonelm.actions.ActionException.NotAllowed
import java.time.Clock
import java.time.Instant
import java.time.ZoneId
import java.time.ZonedDateTime
import java.util.Locale
import kotlin.time.Duration
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * The phone's functions as tools for a session: alarms, calendar, contacts, calls, messages, maps, settings, camera, media,
 * documents. Most of them start an intent that another app takes.
 *
 * ```
 * val actions = PhoneActions(context)
 * val policy = ToolPolicy { asked ->
 *     if (ask(actions.describe(asked.call))) ToolDecision.Run else ToolDecision.Refuse()
 * }
 * val session = model.newSession(tools = actions.tools, toolPolicy = policy)
 * ```
 *
 * Actions run one after the other, in the order in which the model calls them.
 *
 * @param context An activity, or the app.
 * @param launcher Starts intents; the default one takes no results.
 * @param asksFor The effects whose tools have [ToolPermission.ASK]; the others have [ToolPermission.ALLOW].
 * @param clock Tells what "tomorrow" is; by default that of the phone, in its zone of the moment.
 * @param locale Tells what 5/12 is and when a week begins, and brings its words for days.
 */
public class PhoneActions(
    private val context: Context,
    private val launcher: ActionLauncher = ContextLauncher(context),
    asksFor: Set<Effect> = setOf(Effect.WRITES, Effect.SENDS, Effect.CALLS),
    private val clock: Clock = PhoneClock,
    private val locale: Locale = Locale.getDefault(),
) {
    private val turn = Mutex()
    private val foreign by lazy { foreignDays(locale) }

    /** All 24 functions, for [io.phonelm.LanguageModel.newSession]; an app may offer some of them by [Tool.name]. */
    public val tools: List<Tool> = CATALOGUE.map { function ->
        Tool(
            function.name,
            function.description,
            function.parameters,
            permission = if (function.effect in asksFor) ToolPermission.ASK else ToolPermission.ALLOW,
            // It may wait for a person who chooses something, and who may take their time.
            timeLimit = Duration.INFINITE,
        ) { arguments -> run(function.name, arguments) }
    }

    /**
     * What a call of one of the [tools] would do, in a sentence for the user: with the date, the number or the address that
     * was found for what was said, as in "Call Mum (555 0177)". Nothing is done, but the user may be asked for the contacts. When the call runs, what
     * was said is looked up anew.
     *
     * @throws ActionException if it cannot be done. Out of [io.phonelm.ToolPolicy.confirm] it refuses the call, and the model
     * is told why.
     */
    public suspend fun describe(call: Transcript.ToolCall): String =
        turn.withLock { prepare(call.toolName, call.arguments).summary }

    /** Does what a call says, and returns what the model is told of it. */
    internal suspend fun run(function: String, arguments: String): String =
        turn.withLock { carryOut(prepare(function, arguments)) }

    /** An action that the phone can do, with the way it will go. */
    private class Task(val action: PhoneAction, val summary: String, val step: Step)

    private suspend fun prepare(function: String, arguments: String): Task {
        val action = readAction(function, arguments, DayReader(ZonedDateTime.now(clock), locale, foreign))
        val plan = Planner(context, clock.zone, ::contacts).plan(action)
        val step = plan.steps.find { it.target?.isTaken() ?: true } ?: throw noApp(action)
        if (step is Step.Fetch && launcher !is ResultLauncher) {
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
        declaresContacts() && launcher is ResultLauncher && launcher.requestPermission(PERMISSION)

    private fun mayReadContacts() = context.checkSelfPermission(PERMISSION) == PackageManager.PERMISSION_GRANTED

    private fun declaresContacts(): Boolean {
        // The call with flags of their own type exists from API 33 on.
        @Suppress("DEPRECATION")
        val app = context.packageManager.getPackageInfo(context.packageName, PackageManager.GET_PERMISSIONS)
        return PERMISSION in app.requestedPermissions.orEmpty()
    }

    private companion object {
        const val PERMISSION = Manifest.permission.READ_CONTACTS
    }
}

/** The phone's clock, in its zone of the moment. */
private object PhoneClock : Clock() {
    override fun getZone(): ZoneId = ZoneId.systemDefault()

    override fun withZone(zone: ZoneId): Clock = system(zone)

    override fun instant(): Instant = Instant.now()
}

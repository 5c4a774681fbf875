package io.phonelm.actions

import android.content.Context
import android.content.Intent
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.TextStyle
import java.util.Locale

/**
 * What an action comes to on this phone, before anything is done.
 *
 * @property summary What will happen.
 * @property steps Ways to do it; the first that the phone can go is gone.
 */
internal class Plan(val summary: String, val steps: List<Step>) {
    constructor(summary: String, step: Step) : this(summary, listOf(step))
}

/** One way to do an action. */
internal sealed class Step {
    /** Starts [intent] and says [done]. */
    class Start(val intent: Intent, val done: String) : Step()

    /** Starts [intent], waits for what the user brings back, and lets [read] tell of it. */
    class Fetch(val intent: Intent, val read: suspend (Intent) -> String) : Step()

    /** Shows no screen. */
    class Read(val read: suspend () -> String) : Step()
}

/** What an app must take. */
internal val Step.target: Intent?
    get() = when (this) {
        is Step.Start -> intent
        is Step.Fetch -> intent
        is Step.Read -> null
    }

/**
 * Resolves names to contacts and chooses the intents.
 *
 * @param contacts The contacts, or an [ActionException] where they cannot be read.
 */
internal class Planner(context: Context, private val zone: ZoneId, private val contacts: suspend () -> Contacts) {
    private val results = Results(context)

    suspend fun plan(action: PhoneAction): Plan = when (action) {
        is PhoneAction.SetAlarm -> setAlarm(action)
        is PhoneAction.ShowAlarms -> start("Show the alarms", Intents.showAlarms(), "The alarms are on the screen.")
        is PhoneAction.SetTimer -> setTimer(action)
        is PhoneAction.InsertEvent -> insertEvent(action)
        is PhoneAction.InsertContact -> start(
            "Add ${action.name} to the contacts${with(action.phone, action.email, action.company)}",
            Intents.insertContact(action),
            "The new contact is on the screen for the user to save.",
        )
        is PhoneAction.EditContact -> editContact(action)
        is PhoneAction.ViewContact -> contacts().find(action.name).let {
            start("Show the contact ${it.name}", Intents.viewContact(it), "The contact ${it.name} is on the screen.")
        }
        is PhoneAction.PickContact -> fetch("Let the user choose a contact", Intents.pickContact(), results::contact)
        is PhoneAction.GetContactInfo -> getContactInfo(action)
        is PhoneAction.Dial -> recipient(action.to).let { (number, shown) ->
            start("Call $shown", Intents.dial(number), "The dialler shows $shown for the user to call.")
        }
        is PhoneAction.SendMessage -> recipient(action.to).let { (number, shown) ->
            val done = "The message to $shown is on the screen for the user to send."
            start("Send $shown the message: ${action.body}", Intents.sendMessage(number, action.body), done)
        }
        is PhoneAction.SendEmail -> sendEmail(action)
        is PhoneAction.WebSearch ->
            start("Search the web for ${action.query}", Intents.webSearch(action.query), "The results are on the screen.")
        is PhoneAction.SearchLocation ->
            start("Show ${action.query} on a map", Intents.searchLocation(action.query), "The map is on the screen.")
        is PhoneAction.Navigate -> navigate(action)
        is PhoneAction.OpenSettings -> openSettings(action)
        is PhoneAction.OpenCamera -> start("Open the camera", Intents.openCamera(action.mode), "The camera is open.")
        is PhoneAction.TakePhoto -> fetch("Let the user take a picture", Intents.takePhoto(), results::photo)
        is PhoneAction.RecordVideo -> fetch("Let the user record a video", Intents.recordVideo(), results::files)
        is PhoneAction.PlayMedia ->
            start("Play ${action.query}", Intents.playMedia(action.query), "A media app was asked to play ${action.query}.")
        is PhoneAction.CreateDocument ->
            fetch("Create the document ${action.name}", Intents.createDocument(action), results::files)
        is PhoneAction.OpenDocument ->
            fetch("Let the user choose a document", Intents.openDocument(action.kind), results::files)
        is PhoneAction.PickFile -> fetch("Let the user choose files", Intents.pickFile(action), results::files)
        is PhoneAction.PickRingtone -> fetch("Let the user choose a ringtone", Intents.pickRingtone(), results::ringtone)
    }

    private fun start(summary: String, intent: Intent, done: String) = Plan(summary, Step.Start(intent, done))

    private fun fetch(summary: String, intent: Intent, read: suspend (Intent) -> String) = Plan(summary, Step.Fetch(intent, read))

    private fun setAlarm(action: PhoneAction.SetAlarm): Plan {
        val days = action.days.joinToString { it.getDisplayName(TextStyle.FULL, Locale.ENGLISH) }
        val time = "%02d:%02d".format(Locale.ROOT, action.hour, action.minutes)
        val what = "an alarm for $time${if (days.isEmpty()) "" else " every $days"}${named(action.label)}"
        return start("Set $what", Intents.setAlarm(action), "The clock app was asked to set $what.")
    }

    private fun setTimer(action: PhoneAction.SetTimer): Plan {
        val parts = listOf(action.seconds / 3600 to "h", action.seconds / 60 % 60 to "min", action.seconds % 60 to "s")
        val length = parts.filter { (count, _) -> count > 0 }.joinToString(" ") { (count, unit) -> "$count $unit" }
        val what = "a timer of $length${named(action.label)}"
        return start("Start $what", Intents.setTimer(action), "The clock app was asked to start $what.")
    }

    private suspend fun insertEvent(action: PhoneAction.InsertEvent): Plan {
        val guests = addresses(action.guests)
        val what = buildString {
            append("${action.title} on ${DATE.format(action.date)}")
            append(action.time?.let { " at $it" } ?: ", all day")
            action.durationMinutes?.let { append(" for $it minutes") }
            action.location?.let { append(", $it") }
            if (guests.isNotEmpty()) append(", with ${guests.joinToString()}")
        }
        val done = "The calendar shows the event for the user to save: $what."
        return start("Add to the calendar: $what", Intents.insertEvent(action, guests, zone), done)
    }

    private suspend fun editContact(action: PhoneAction.EditContact): Plan {
        val contact = contacts().find(action.name)
        return start(
            "Change the contact ${contact.name}${with(action.phone, action.email, action.company)}",
            Intents.editContact(action, contact),
            "The contact ${contact.name} is on the screen for the user to save.",
        )
    }

    private suspend fun getContactInfo(action: PhoneAction.GetContactInfo): Plan {
        val contact = contacts().find(action.name)
        val read = Step.Read {
            val details = contacts().details(contact, action.field)
            if (details.isEmpty()) throw ActionException.ContactLacks(contact.name, action.field)
            val values = details.joinToString { if (it.label.isEmpty()) it.value else "${it.value} (${it.label})" }
            "${contact.name}, ${action.field.word}: $values"
        }
        return Plan("Read the ${action.field.word} of ${contact.name}", read)
    }

    private suspend fun sendEmail(action: PhoneAction.SendEmail): Plan {
        val (to, cc, bcc) = listOf(action.to, action.cc, action.bcc).map { addresses(it) }
        val all = (to + cc + bcc).joinToString()
        val summary = listOfNotNull("Write an e-mail to $all", action.subject, action.body).joinToString(": ")
        return start(summary, Intents.sendEmail(action, to, cc, bcc), "The e-mail to $all is on the screen for the user to send.")
    }

    private fun navigate(action: PhoneAction.Navigate): Plan {
        val place = action.destination
        val onMap = Step.Start(Intents.searchLocation(place), "No app on this phone gives directions, so the map shows $place.")
        val directions = Step.Start(Intents.navigate(action), "Directions to $place were started.")
        return Plan("Start directions to $place", listOf(directions, onMap))
    }

    private fun openSettings(action: PhoneAction.OpenSettings): Plan {
        val page = action.page.name.lowercase().replace('_', ' ')
        val one = Step.Start(Intents.openSettings(action.page), "The settings are on the screen: $page.")
        val instead = "This phone has no page $page, so all settings are on the screen."
        val all = Step.Start(Intents.openSettings(SettingsPage.MAIN), instead)
        return Plan("Open the settings: $page", listOf(one, all))
    }

    /** A number, and it with the name of whom it belongs to. */
    private suspend fun recipient(to: String): Pair<String, String> {
        if (NUMBER.matches(to)) return to to to
        val contact = contacts().find(to)
        val number = contacts().best(contact, ContactField.PHONE)
        return number to "${contact.name} ($number)"
    }

    private suspend fun addresses(people: List<String>): List<String> = people.map { person ->
        if ('@' in person) person else contacts().run { best(find(person), ContactField.EMAIL) }
    }

    private fun named(label: String?) = label?.let { ": $it" }.orEmpty()

    private fun with(vararg details: String?) =
        details.filterNotNull().joinToString().let { if (it.isEmpty()) "" else ", with $it" }

    private companion object {
        val DATE: DateTimeFormatter = DateTimeFormatter.ofPattern("EEEE d MMMM yyyy", Locale.ENGLISH)

        /** What a dialler takes: digits, and what stands between and before them. */
        val NUMBER = Regex("[+*#]*[(]?\\d[\\d\\s()./,;*#+-]*")
    }
}

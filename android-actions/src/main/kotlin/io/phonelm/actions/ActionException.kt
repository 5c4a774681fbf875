package io.phonelm.actions

/** Why an action was not done. The message is a sentence for the model and for people; inside a tool the model is told it. */
public sealed class ActionException(message: String) : Exception(message) {
    /** There is no such function, or its arguments are not what it takes. */
    public class ArgumentInvalid(message: String) : ActionException(message)

    /**
     * No contact has that name.
     *
     * @property name The name as said.
     */
    public class ContactUnknown(public val name: String) :
        ActionException("No contact is called $name. Ask the user for the number or the address itself.")

    /**
     * Several contacts have that name.
     *
     * @property name The name as said.
     * @property matches The contacts' names.
     */
    public class ContactAmbiguous(public val name: String, public val matches: List<String>) :
        ActionException("${matches.size} contacts match $name: ${matches.take(SHOWN).joinToString()}. Ask the user which one.")

    /**
     * The contact lacks what is needed.
     *
     * @property name The contact's name.
     * @property field What it lacks.
     */
    public class ContactLacks(public val name: String, public val field: ContactField) :
        ActionException("$name has no ${field.word} in the contacts.")

    /** Contacts are needed and cannot be read. */
    public class ContactsUnreadable(message: String) : ActionException(message)

    /** No app on the phone does it. */
    public class NoApp(message: String) : ActionException(message)

    /** The system does not let this app do it. */
    public class NotAllowed(message: String) : ActionException(message)

    /** It brings something back, and the app's launcher is no [ResultLauncher]. */
    public class NoResults(message: String) : ActionException(message)

    private companion object {
        const val SHOWN = 5
    }
}

internal val ContactField.word: String
    get() = when (this) {
        ContactField.PHONE -> "phone number"
        ContactField.EMAIL -> "e-mail address"
        ContactField.ADDRESS -> "postal address"
        ContactField.BIRTHDAY -> "birthday"
    }

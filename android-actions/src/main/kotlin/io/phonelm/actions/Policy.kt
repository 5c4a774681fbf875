package io.phonelm.actions

/**
 * An action that waits to be allowed.
 *
 * @property action What is to be done.
 * @property arguments The model's arguments, a JSON object.
 * @property summary What will happen, in a sentence: with the date, the number or the address that was found for what was
 * said.
 */
public class PendingAction(public val action: PhoneAction, public val arguments: String, public val summary: String)

/** What the app, mostly after asking its user, says to a [PendingAction]. */
public sealed class Decision {
    /** It is done. */
    public data object Allow : Decision()

    /**
     * It is done with other arguments, without asking again.
     *
     * @property arguments A JSON object, as the function takes it.
     */
    public data class Edit(val arguments: String) : Decision()

    /**
     * It is not done.
     *
     * @property reason Why, for the model.
     */
    public data class Refuse(val reason: String = "The user does not want it.") : Decision()
}

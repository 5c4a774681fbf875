package io.phonelm.actions

import android.app.Activity
import android.content.Context
import android.content.Intent

/** Starts activities for actions. It is called in the coroutine that waits for the model's answer, one call at a time. */
public fun interface ActionLauncher {
    /** Starts an activity and does not wait for it. */
    public suspend fun start(intent: Intent)
}

/**
 * Starts activities and waits for what the user brings back. An app with a screen implements it, for example with AndroidX's
 * `registerForActivityResult`; actions that need a result, and asking for the contacts, work with it alone.
 */
public interface ResultLauncher : ActionLauncher {
    /**
     * Starts an activity and waits until the user comes back.
     *
     * @return What it brings, which is an empty [Intent] if it ended well with nothing; `null` if the user turned back.
     */
    public suspend fun startForResult(intent: Intent): Intent?

    /** Asks the user for a permission that the app declares; whether it is granted now. */
    public suspend fun requestPermission(permission: String): Boolean
}

/**
 * Starts activities from a [context], in a task of their own unless it is an activity. Android does not let an app in the
 * background start any.
 */
public class ContextLauncher(private val context: Context) : ActionLauncher {
    override suspend fun start(intent: Intent) {
        if (context !is Activity) intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
        context.startActivity(intent)
    }
}

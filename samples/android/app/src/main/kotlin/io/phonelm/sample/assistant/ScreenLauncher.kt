// Starts other apps' screens for the assistant from whichever activity is in front, and brings back what they give.
package io.phonelm.sample.assistant

import android.app.Activity
import android.content.Intent
import androidx.activity.ComponentActivity
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.activity.result.contract.ActivityResultContracts.StartActivityForResult
import io.phonelm.actions.ResultLauncher
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** It outlives activities: what one began, the next one ends, for example after the phone was turned. */
class ScreenLauncher : ResultLauncher {
    private class Screen(
        val activity: ComponentActivity,
        val forResult: ActivityResultLauncher<Intent>,
        val forPermission: ActivityResultLauncher<String>,
    )

    private var screen: Screen? = null
    private var result = CompletableDeferred<Intent?>()
    private var permission = CompletableDeferred<Boolean>()

    /** Belongs into the activity's `onCreate`. */
    fun attach(activity: ComponentActivity) {
        val forResult = activity.registerForActivityResult(StartActivityForResult()) {
            result.complete(if (it.resultCode == Activity.RESULT_OK) it.data ?: Intent() else null)
        }
        val forPermission = activity.registerForActivityResult(RequestPermission()) { permission.complete(it) }
        screen = Screen(activity, forResult, forPermission)
    }

    override suspend fun start(intent: Intent) = withContext(Dispatchers.Main.immediate) {
        front().activity.startActivity(intent)
    }

    override suspend fun startForResult(intent: Intent): Intent? = withContext(Dispatchers.Main.immediate) {
        result = CompletableDeferred()
        front().forResult.launch(intent)
        result.await()
    }

    override suspend fun requestPermission(permission: String): Boolean = withContext(Dispatchers.Main.immediate) {
        this@ScreenLauncher.permission = CompletableDeferred()
        front().forPermission.launch(permission)
        this@ScreenLauncher.permission.await()
    }

    private fun front() = checkNotNull(screen) { "no screen of this app is in front" }
}

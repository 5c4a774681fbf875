package io.phonelm.actions

import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.ToolDecision
import io.phonelm.ToolPolicy
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** A screen with an assistant, as docs/actions.md shows it; [SessionTest] runs it. */
class AssistantActivity : Activity(), ResultLauncher {
    private var result = CompletableDeferred<Intent?>()
    private var permission = CompletableDeferred<Boolean>()

    fun session(model: LanguageModel, ask: suspend (String) -> Boolean): LanguageModelSession {
        val actions = PhoneActions(context = this, launcher = this)
        val policy = ToolPolicy { asked ->
            if (ask(actions.describe(asked.call))) ToolDecision.Run else ToolDecision.Refuse()
        }
        return model.newSession(tools = actions.tools, toolPolicy = policy)
    }

    override suspend fun start(intent: Intent) = startActivity(intent)

    override suspend fun startForResult(intent: Intent): Intent? = withContext(Dispatchers.Main.immediate) {
        result = CompletableDeferred()
        startActivityForResult(intent, 1)
        result.await()
    }

    override fun onActivityResult(request: Int, code: Int, data: Intent?) {
        result.complete(if (code == RESULT_OK) data ?: Intent() else null)
    }

    override suspend fun requestPermission(permission: String): Boolean = withContext(Dispatchers.Main.immediate) {
        this@AssistantActivity.permission = CompletableDeferred()
        requestPermissions(arrayOf(permission), 2)
        this@AssistantActivity.permission.await()
    }

    override fun onRequestPermissionsResult(request: Int, permissions: Array<String>, results: IntArray) {
        permission.complete(results.firstOrNull() == PackageManager.PERMISSION_GRANTED)
    }
}

// The app as a process: it owns the one model.
package io.phonelm.sample

import android.app.Application
import android.content.Context

class SampleApp : Application() {
    val models by lazy { AppModel(this) }
}

/** The process that this context belongs to. */
val Context.sampleApp: SampleApp
    get() = applicationContext as SampleApp

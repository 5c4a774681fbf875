// Versions of the plugins; the app itself is in app/. Not run by this project.
buildscript {
    dependencies {
        // The Android plugin brings an older Kotlin than the SDK was made with.
        classpath(libs.kotlin.gradle)
    }
}

plugins {
    alias(libs.plugins.android) apply false
    alias(libs.plugins.compose) apply false
}

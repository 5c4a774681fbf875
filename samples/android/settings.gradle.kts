// The sample as Android Studio opens it. Written by hand, and not run by this project: it has no Gradle that knows Android.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        // What `cargo xtask package android` and `cargo xtask package jvm` wrote.
        maven { url = uri("../../dist/maven") }
        google()
        mavenCentral()
    }
}

rootProject.name = "phonelm-sample"
include(":app")

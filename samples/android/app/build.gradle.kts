// The app as any app takes the SDK: two AARs and the tiny model from a Maven folder. Not run by this project.
plugins {
    alias(libs.plugins.android)
    alias(libs.plugins.compose)
}

android {
    namespace = "io.phonelm.sample"
    compileSdk = 35

    defaultConfig {
        applicationId = "io.phonelm.sample"
        minSdk = 26
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
    }

    buildFeatures { compose = true }

    buildTypes {
        release {
            // The AARs bring their own rules.
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    testOptions {
        unitTests {
            isIncludeAndroidResources = true
            all { it.systemProperty("screenshots", layout.buildDirectory.dir("screenshots").get().asFile.path) }
        }
    }
}

dependencies {
    implementation(libs.phonelm)
    implementation(libs.phonelm.actions)
    implementation(libs.phonelm.tiny)
    implementation(libs.core)
    implementation(libs.activity)
    implementation(libs.lifecycle)
    implementation(libs.viewmodel.savedstate)
    implementation(platform(libs.compose.bom))
    implementation(libs.material3)

    testImplementation(libs.phonelm.desktop)
    testImplementation(libs.kotlin.test)
    testImplementation(libs.robolectric)
    testImplementation(platform(libs.compose.bom))
    testImplementation(libs.compose.test)
    debugImplementation(libs.compose.test.manifest)
}

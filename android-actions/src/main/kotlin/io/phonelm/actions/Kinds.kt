package io.phonelm.actions

/** What an action does to the world. */
public enum class Effect {
    /** It reads something for the model. */
    READS,

    /** It shows a screen, on which the user does the rest. */
    SHOWS,

    /** It changes something on the phone, or fills in the change for the user to save. */
    WRITES,

    /** It fills in what leaves the phone when the user sends it. */
    SENDS,

    /** It fills in a number that the user may call. */
    CALLS,
}

/** A detail of a contact. */
public enum class ContactField {
    /** Telephone numbers. */
    PHONE,

    /** E-mail addresses. */
    EMAIL,

    /** Postal addresses. */
    ADDRESS,

    /** The birthday. */
    BIRTHDAY,
}

/** How somebody travels. */
internal enum class TravelMode {
    /** By car. */
    DRIVE,

    /** On foot. */
    WALK,

    /** By bicycle. */
    BICYCLE,

    /** By bus, tram or train. */
    TRANSIT,
}

/** A page of the system's settings. */
internal enum class SettingsPage {
    /** The list of all pages. */
    MAIN,

    /** Wi-Fi. */
    WIFI,

    /** Bluetooth. */
    BLUETOOTH,

    /** Airplane mode and mobile networks. */
    AIRPLANE_MODE,

    /** Display. */
    DISPLAY,

    /** Sound and volume. */
    SOUND,

    /** What uses the battery. */
    BATTERY,

    /** Which apps learn where the phone is. */
    LOCATION,

    /** Screen lock and security. */
    SECURITY,

    /** Date and time. */
    DATE,

    /** Languages. */
    LANGUAGE,

    /** Storage. */
    STORAGE,

    /** Apps. */
    APPS,

    /** Accessibility. */
    ACCESSIBILITY,

    /** Notifications of all apps. */
    NOTIFICATIONS,
}

/** What a camera takes. */
internal enum class CameraMode {
    /** Pictures. */
    PHOTO,

    /** Videos. */
    VIDEO,
}

/**
 * A kind of document.
 *
 * @property mimeTypes What files of it are called; the first is that of a new one.
 */
internal enum class DocumentKind(val mimeTypes: List<String>) {
    /** Plain text, and what word processors write. */
    TEXT(
        listOf(
            "text/plain",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.oasis.opendocument.text",
            "application/msword",
        ),
    ),

    /** PDF. */
    PDF(listOf("application/pdf")),

    /** Tables. */
    SPREADSHEET(
        listOf(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.ms-excel",
            "text/csv",
        ),
    ),

    /** Slides. */
    PRESENTATION(
        listOf(
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.oasis.opendocument.presentation",
            "application/vnd.ms-powerpoint",
        ),
    ),

    /** All of them. */
    ANY(listOf("*/*")),
}

/**
 * A kind of file.
 *
 * @property mimeType What files of it are called.
 */
internal enum class FileKind(val mimeType: String) {
    /** Pictures. */
    IMAGE("image/*"),

    /** Videos. */
    VIDEO("video/*"),

    /** Sound. */
    AUDIO("audio/*"),

    /** All of them. */
    ANY("*/*"),
}

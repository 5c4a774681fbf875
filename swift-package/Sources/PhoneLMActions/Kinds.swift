// The values that arguments take one of, named as the model writes them.

/// What an action does to the world.
public enum Effect: Sendable, Hashable, CaseIterable {
    /// It reads something for the model.
    case reads
    /// It shows a screen, on which the user does the rest.
    case shows
    /// It changes something on the phone.
    case writes
    /// It fills in what leaves the phone when the user sends it.
    case sends
    /// It fills in a number that the user may call.
    case calls
}

/// A detail of a contact.
public enum ContactField: String, Sendable, Hashable, CaseIterable {
    /// Telephone numbers.
    case phone
    /// E-mail addresses.
    case email
    /// Postal addresses.
    case address
    /// The birthday.
    case birthday

    var words: String {
        switch self {
        case .phone: "phone number"
        case .email: "e-mail address"
        case .address: "postal address"
        case .birthday: "birthday"
        }
    }
}

/// A day of the week, Monday first.
public enum Weekday: String, Sendable, Hashable, CaseIterable {
    /// Monday.
    case monday
    /// Tuesday.
    case tuesday
    /// Wednesday.
    case wednesday
    /// Thursday.
    case thursday
    /// Friday.
    case friday
    /// Saturday.
    case saturday
    /// Sunday.
    case sunday
}

/// What a camera takes.
public enum CameraMode: String, Sendable, Hashable, CaseIterable {
    /// Pictures.
    case photo
    /// Videos.
    case video
}

/// A kind of document.
public enum DocumentKind: String, Sendable, Hashable, CaseIterable {
    /// Plain text, and what word processors write.
    case text
    /// PDF.
    case pdf
    /// Tables.
    case spreadsheet
    /// Slides.
    case presentation
    /// All of them.
    case any

    /// What files of the kind end with, the end of a new one first; none for any file.
    public var suffixes: [String] {
        switch self {
        case .text: ["txt", "docx", "odt", "doc", "rtf"]
        case .pdf: ["pdf"]
        case .spreadsheet: ["xlsx", "ods", "xls", "csv"]
        case .presentation: ["pptx", "odp", "ppt"]
        case .any: []
        }
    }
}

/// A kind of file.
public enum FileKind: String, Sendable, Hashable, CaseIterable {
    /// Pictures.
    case image
    /// Videos.
    case video
    /// Sound.
    case audio
    /// All of them.
    case any
}

/// How somebody travels.
enum TravelMode: String, CaseIterable {
    case drive, walk, bicycle, transit
}

/// A page of the system's settings.
enum SettingsPage: String, CaseIterable {
    case main, wifi, bluetooth, display, sound, battery, location, security, date, language, storage, apps
    case accessibility, notifications
    case airplaneMode = "airplane_mode"
}

/// A call of one of the 24 functions with its arguments checked: what the user wants the phone to do.
enum PhoneAction: Equatable {
    /// Days are weekdays on which it repeats, Monday first.
    case setAlarm(ClockTime, label: String?, days: [Weekday])
    case showAlarms
    /// 1 to 86,400 seconds, a day.
    case setTimer(seconds: Int, label: String?)
    case insertEvent(Event)
    case insertContact(name: String, NewDetails)
    case editContact(name: String, NewDetails)
    case viewContact(name: String)
    case pickContact
    case getContactInfo(name: String, ContactField)
    /// A number, or a contact's name.
    case dial(to: String)
    case sendMessage(to: String, body: String)
    case sendEmail(Email)
    case webSearch(query: String)
    case searchLocation(query: String)
    case navigate(to: String, TravelMode)
    case openSettings(SettingsPage)
    case openCamera(CameraMode)
    case takePhoto
    case recordVideo
    case playMedia(query: String)
    /// Its name without a suffix; not of the kind `any`.
    case createDocument(name: String, DocumentKind)
    case openDocument(DocumentKind)
    case pickFile(FileKind, multiple: Bool)
    case pickRingtone

    /// An event on a day that was found for the words said; without a time it lasts all day.
    struct Event: Equatable {
        var title: String
        var day: Day
        var time: ClockTime?
        var minutes: Int?
        var location: String?
        /// E-mail addresses, or names of contacts that have one.
        var guests: [String] = []
    }

    /// People are e-mail addresses, or names of contacts that have one.
    struct Email: Equatable {
        var to: [String]
        var subject: String?
        var body: String?
        var cc: [String] = []
        var bcc: [String] = []
    }
}

extension PhoneAction {
    /// What a call means; `days` resolves days as people say them.
    init(function: String, arguments: Arguments, days: DayReader) throws {
        self = try arguments.read(for: function) { try Self.read(function, from: &$0, days) }
    }

    private static func read(
        _ function: String,
        from arguments: inout Arguments.Reader,
        _ days: DayReader
    ) throws -> Self {
        switch function {
        case "set_alarm":
            let time = ClockTime(
                hour: try arguments.whole("hour", 0...23), minute: try arguments.whole("minutes", 0...59))
            let label = try arguments.optionalText("label")
            let said = try arguments.choices("days", of: Weekday.allCases)
            return .setAlarm(time, label: label, days: Weekday.allCases.filter(said.contains))
        case "show_alarms": return .showAlarms
        case "set_timer":
            return .setTimer(
                seconds: try arguments.whole("seconds", 1...86_400), label: try arguments.optionalText("label"))
        case "insert_event": return .insertEvent(try event(from: &arguments, days))
        case "insert_contact":
            return .insertContact(name: try arguments.text("name"), try details(from: &arguments))
        case "edit_contact": return .editContact(name: try arguments.text("name"), try details(from: &arguments))
        case "view_contact": return .viewContact(name: try arguments.text("name"))
        case "pick_contact": return .pickContact
        case "get_contact_info":
            return .getContactInfo(
                name: try arguments.text("name"), try arguments.choice("field", of: ContactField.allCases))
        case "dial": return .dial(to: try arguments.text("to"))
        case "send_message":
            return .sendMessage(to: try arguments.text("to"), body: try arguments.text("body"))
        case "send_email": return .sendEmail(try email(from: &arguments))
        case "web_search": return .webSearch(query: try arguments.text("query"))
        case "search_location": return .searchLocation(query: try arguments.text("query"))
        case "navigate":
            return .navigate(
                to: try arguments.text("destination"), try arguments.choice("mode", of: TravelMode.allCases))
        case "open_settings": return .openSettings(try arguments.choice("page", of: SettingsPage.allCases))
        case "open_camera": return .openCamera(try arguments.choice("mode", of: CameraMode.allCases))
        case "take_photo": return .takePhoto
        case "record_video": return .recordVideo
        case "play_media": return .playMedia(query: try arguments.text("query"))
        case "create_document":
            let kinds = DocumentKind.allCases.filter { $0 != .any }
            return .createDocument(name: try arguments.text("name"), try arguments.choice("kind", of: kinds))
        case "open_document": return .openDocument(try arguments.choice("kind", of: DocumentKind.allCases))
        case "pick_file":
            return .pickFile(
                try arguments.choice("kind", of: FileKind.allCases), multiple: try arguments.flag("multiple"))
        case "pick_ringtone": return .pickRingtone
        default: throw ActionError.argumentInvalid(reason: "There is no function \(function.prefix(40)).")
        }
    }

    private static func event(from arguments: inout Arguments.Reader, _ days: DayReader) throws -> Event {
        let time = try arguments.optionalTime("time")
        let said = try arguments.text("day")
        guard let day = days.read(said, time: time) else {
            throw arguments.invalid(
                "day",
                "is no day that can be found in a calendar: \(said.prefix(40)). "
                    + "Ask the user for the date, as in 12 may")
        }
        return Event(
            title: try arguments.text("title"), day: day, time: time,
            minutes: try arguments.optionalWhole("duration_minutes", 1...Int.max),
            location: try arguments.optionalText("location"), guests: try arguments.texts("guests"))
    }

    private static func details(from arguments: inout Arguments.Reader) throws -> NewDetails {
        NewDetails(
            phone: try arguments.optionalText("phone"), email: try arguments.optionalText("email"),
            company: try arguments.optionalText("company"))
    }

    private static func email(from arguments: inout Arguments.Reader) throws -> Email {
        let to = try arguments.texts("to")
        if to.isEmpty { throw arguments.invalid("to", "names nobody") }
        return Email(
            to: to, subject: try arguments.optionalText("subject"), body: try arguments.optionalText("body"),
            cc: try arguments.texts("cc"), bcc: try arguments.texts("bcc"))
    }
}

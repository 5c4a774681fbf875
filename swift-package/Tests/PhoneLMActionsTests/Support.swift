// What the tests share: a moment, a phone that takes down what is asked of it, and calls of every function.

import Foundation
import Testing

@testable import PhoneLMActions

/// A moment as ISO 8601 writes it.
func moment(_ text: String) -> Date {
    ISO8601DateFormatter().date(from: text) ?? .distantPast
}

func zone(_ name: String) -> TimeZone {
    TimeZone(identifier: name) ?? .gmt
}

/// A Thursday, ten o'clock and half a minute in Berlin.
let now = moment("2026-11-26T09:00:30Z")

let berlin = zone("Europe/Berlin")

/// Yesterday to the day after tomorrow, as Apple's systems write them; Linux has no words for them.
private let relativeWords = [
    "de": ["Gestern", "Heute", "Morgen", "Übermorgen"],
    "es": ["ayer", "hoy", "mañana", "pasado mañana"],
    "fr": ["hier", "aujourd’hui", "demain", "après-demain"],
]

func days(
    at moment: Date = now,
    in zone: TimeZone = berlin,
    locale: String = "en_GB"
) -> DayReader {
    let (locale, language) = (Locale(identifier: locale), String(locale.prefix(2)))
    let foreign = foreignDays(locale) { days, _ in relativeWords[language]?[days + 1] ?? "" }
    return DayReader(at: moment, in: zone, locale: locale, foreign: foreign)
}

func read(_ function: String, _ json: String) throws -> PhoneAction {
    try PhoneAction(function: function, arguments: Arguments(of: function, json: json), days: days())
}

/// A call of each function.
let calls = [
    "set_alarm": #"{"hour":7,"minutes":0}"#,
    "show_alarms": "{}",
    "set_timer": #"{"seconds":300}"#,
    "insert_event": #"{"title":"brunch","day":"tomorrow"}"#,
    "insert_contact": #"{"name":"Tony"}"#,
    "edit_contact": #"{"name":"mum","phone":"555 0100"}"#,
    "view_contact": #"{"name":"mum"}"#,
    "pick_contact": "{}",
    "get_contact_info": #"{"name":"mum","field":"phone"}"#,
    "dial": #"{"to":"mum"}"#,
    "send_message": #"{"to":"mum","body":"late"}"#,
    "send_email": #"{"to":["a@example.org"]}"#,
    "web_search": #"{"query":"penguins"}"#,
    "search_location": #"{"query":"dog parks"}"#,
    "navigate": #"{"destination":"home","mode":"drive"}"#,
    "open_settings": #"{"page":"main"}"#,
    "open_camera": #"{"mode":"photo"}"#,
    "take_photo": "{}",
    "record_video": "{}",
    "play_media": #"{"query":"lofi"}"#,
    "create_document": #"{"name":"notes","kind":"text"}"#,
    "open_document": #"{"kind":"any"}"#,
    "pick_file": #"{"kind":"any","multiple":true}"#,
    "pick_ringtone": "{}",
]

/// What was asked of a phone, in order.
actor Log {
    private(set) var lines: [String] = []

    func add(_ line: String) {
        lines.append(line)
    }
}

/// A phone that does nothing and takes everything down; its answers can be set.
struct FakePhone {
    let log = Log()
    var isAllowed = true
    var opens = true
    var outcome = ComposeOutcome.sent
    var canSend = true
    var pickedContact: String?
    var files: [URL] = []
    var schedules: [PhoneAlarm.Schedule] = []
    var music: MusicField?
    var missingKey: String?

    var device: PhoneDevice {
        var device = PhoneDevice(declares: { [missingKey] in $0 != missingKey })
        device.calendar = FakeCalendar(phone: self)
        device.contacts = FakeContacts(phone: self)
        device.alarms = FakeAlarms(phone: self)
        device.addresses = FakeAddresses(phone: self)
        device.messages = FakeMessages(phone: self)
        device.contactScreens = FakeContactScreens(phone: self)
        device.camera = FakeCamera(phone: self)
        device.music = FakeMusic(phone: self)
        device.files = FakeFiles(phone: self)
        return device
    }

    func actions(_ change: (inout PhoneDevice) -> Void = { _ in }) -> PhoneActions {
        var device = device
        change(&device)
        return PhoneActions(
            device: device, now: { now }, timeZone: berlin, locale: Locale(identifier: "en_GB"),
            onFiles: { [log] files in
                await log.add("files \(files.map(\.lastPathComponent).joined(separator: ", "))")
            })
    }

    /// Does a call; gives what the model is told.
    func run(_ function: String, _ json: String) async throws -> String {
        try await actions().run(function, json)
    }

    func describe(_ function: String, _ json: String) async throws -> String {
        try await actions().describe(function, json)
    }
}

extension PhoneActions {
    func run(_ function: String, _ json: String) async throws -> String {
        try await run(function, Arguments(of: function, json: json))
    }
}

/// Why a call is not done.
func refusal(_ body: () async throws -> String) async throws -> ActionError {
    do {
        let told = try await body()
        Issue.record("it was done: \(told)")
        throw CancellationError()
    } catch let error as ActionError {
        return error
    }
}

private struct FakeCalendar: CalendarStore {
    let phone: FakePhone
    let usageKey = "NSCalendarsWriteOnlyAccessUsageDescription"

    func requestAccess() async -> Bool { phone.isAllowed }

    func add(_ event: CalendarEvent) async throws {
        let times = [event.start, event.end].map { ISO8601DateFormatter().string(from: $0) }.joined(separator: " to ")
        let more = [event.location, event.notes].compactMap { $0 }.map { " [\($0)]" }.joined()
        await phone.log.add("event \(event.title) \(times)\(event.isAllDay ? " all day" : "")\(more)")
    }
}

private struct FakeAlarms: AlarmScheduler {
    let phone: FakePhone
    let usageKey = "NSAlarmKitUsageDescription"

    func requestAccess() async -> Bool { phone.isAllowed }

    func schedule(_ alarm: PhoneAlarm) async throws {
        switch alarm.schedule {
        case .once(let moment):
            await phone.log.add("alarm \(ISO8601DateFormatter().string(from: moment)) \(alarm.title)")
        case .weekly(let time, let days):
            await phone.log.add("alarm \(time) \(days.map(\.rawValue).joined(separator: ",")) \(alarm.title)")
        }
    }

    func schedules() async throws -> [PhoneAlarm.Schedule] { phone.schedules }
}

private struct FakeAddresses: URLOpener {
    let phone: FakePhone

    func open(_ url: URL) async -> Bool {
        await phone.log.add("open \(url.absoluteString)")
        return phone.opens
    }

    func settings(ofNotifications: Bool) async -> URL? {
        URL(string: ofNotifications ? "app-settings:notifications" : "app-settings:")
    }
}

private struct FakeMessages: MessageComposer {
    let phone: FakePhone

    func canSendMessages() async -> Bool { phone.canSend }

    func canSendEmails() async -> Bool { phone.canSend }

    func compose(message: String, to number: String) async throws -> ComposeOutcome {
        await phone.log.add("message to \(number): \(message)")
        return phone.outcome
    }

    func compose(_ email: ComposedEmail) async throws -> ComposeOutcome {
        await phone.log.add("e-mail to \(email.to) cc \(email.cc) bcc \(email.bcc): \(email.subject): \(email.body)")
        return phone.outcome
    }
}

private struct FakeContactScreens: ContactPresenter {
    let phone: FakePhone

    func show(_ contact: Contact) async throws { await phone.log.add("card \(contact.name)") }

    func pick() async throws -> String? { phone.pickedContact }
}

private struct FakeCamera: CameraPresenter {
    let phone: FakePhone

    func capture(_ mode: CameraMode) async throws -> URL? {
        await phone.log.add("camera \(mode)")
        return phone.files.first
    }
}

private struct FakeMusic: MusicPlayer {
    let phone: FakePhone
    let usageKey = "NSAppleMusicUsageDescription"

    func requestAccess() async -> Bool { phone.isAllowed }

    func play(_ field: MusicField, containing words: String) async throws -> Bool {
        await phone.log.add("music \(field) \(words)")
        return field == phone.music
    }
}

private struct FakeFiles: FilePresenter {
    let phone: FakePhone

    func save(_ file: URL) async throws -> URL? {
        let size = try Data(contentsOf: file).count
        await phone.log.add("save \(file.lastPathComponent) of \(size) bytes")
        return phone.files.isEmpty ? nil : file
    }

    func pick(_ kind: DocumentKind) async throws -> URL? {
        await phone.log.add("pick \(kind)")
        return phone.files.first
    }

    func pick(_ kind: FileKind, multiple: Bool) async throws -> [URL] {
        await phone.log.add("pick \(kind)\(multiple ? " several" : "")")
        return phone.files
    }

    func show(_ file: URL) async throws { await phone.log.add("show \(file.lastPathComponent)") }
}

/// A few people.
private struct FakeContacts: ContactStore {
    let phone: FakePhone
    let usageKey = "NSContactsUsageDescription"

    private static let people = [
        Contact(
            id: "1", name: "Ana Silva",
            details: [
                .phone: [
                    .init(value: "+351 555 0101", label: "home"),
                    .init(value: "+351 555 0102", label: "mobile", isMobile: true),
                ],
                .email: [.init(value: "ana@example.org", label: "home")],
                .address: [.init(value: "1 Rua Nova\nPorto", label: "home")],
                .birthday: [DateComponents(year: 1990, month: 5, day: 12), DateComponents(month: 5)].compactMap {
                    Contact.Detail(birthday: $0)
                },
            ]),
        Contact(id: "2", name: "Ana Costa", details: [:]),
        Contact(
            id: "3", name: "Mum",
            details: [.phone: [.init(value: "555 0177", label: "home")], .email: [.init(value: "")]]),
        Contact(
            id: "4", name: "Hank",
            details: [.birthday: [Contact.Detail(birthday: DateComponents(month: 2, day: 29))].compactMap { $0 }]),
        Contact(id: "5", name: "Anastasia Petrova", details: [:]),
        Contact(
            id: "6", name: "Bo",
            details: [.phone: [.init(value: "555 0107")], .email: [.init(value: "bo@example.org")]]),
        Contact(id: "7", name: "Bo Diddley", details: [:]),
    ]

    func requestAccess() async -> Bool { phone.isAllowed }

    /// Finds as the system does: each word begins a word of the name.
    func contacts(matching name: String) async throws -> [Contact] {
        let said = name.lowercased().split(separator: " ")
        return Self.people.filter { contact in
            let words = contact.name.lowercased().split(separator: " ")
            return said.allSatisfy { start in words.contains { $0.hasPrefix(start) } }
        }
    }

    func add(givenName: String, familyName: String, _ details: NewDetails) async throws {
        await phone.log.add("add \(givenName)|\(familyName) \(details.all)")
    }

    func update(_ contact: Contact, with details: NewDetails) async throws {
        await phone.log.add("update \(contact.name) \(details.all)")
    }
}

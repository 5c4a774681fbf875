import Foundation

/// What an action comes to on this phone, before anything is done.
struct Plan: Sendable {
    /// What will happen.
    let summary: String
    /// Does it; gives what the model is told.
    let carryOut: @Sendable () async throws -> String
}

/// Resolves names to contacts, and chooses what to do with which part of the phone.
struct Planner: Sendable {
    let device: PhoneDevice
    let searchAddress: String
    let now: @Sendable () -> Date
    let timeZone: TimeZone
    let onFiles: @Sendable ([URL]) async -> Void

    func plan(_ action: PhoneAction) async throws -> Plan {
        switch action {
        case .setAlarm(let time, let label, let days): try setAlarm(time, label, days)
        case .showAlarms: try showAlarms()
        case .setTimer(let seconds, let label): try setTimer(seconds, label)
        case .insertEvent(let event): try await insert(event)
        case .insertContact(let name, let details): try insertContact(name, details)
        case .editContact(let name, let details): try await editContact(name, details)
        case .viewContact(let name): try await viewContact(name)
        case .pickContact: try pickContact()
        case .getContactInfo(let name, let field): try await contactInfo(name, field)
        case .dial(let to): try await dial(to)
        case .sendMessage(let to, let body): try await sendMessage(to, body)
        case .sendEmail(let email): try await send(email)
        case .webSearch(let query):
            try open(
                "Search the web for \(query)", Addresses.search(searchAddress, query),
                "The results are on the screen.")
        case .searchLocation(let query):
            try open("Show \(query) on a map", Addresses.map(of: query), "The map is on the screen.")
        case .navigate(let place, let mode): try navigate(to: place, mode)
        case .openSettings(let page): try await openSettings(page)
        case .openCamera(let mode): try capture("Open the camera", mode)
        case .takePhoto: try capture("Let the user take a picture", .photo)
        case .recordVideo: try capture("Let the user record a video", .video)
        case .playMedia(let query): try play(query)
        case .createDocument(let name, let kind): try createDocument(name, kind)
        case .openDocument(let kind): try openDocument(kind)
        case .pickFile(let kind, let multiple): try pickFile(kind, multiple: multiple)
        case .pickRingtone: throw ActionError.unsupported(reason: "iOS shows an app no ringtones.")
        }
    }

    static let turnedBack = "The user turned back without choosing."
}

// MARK: What the plans share.

extension Planner {
    /// A part of the phone, if it is there.
    func present<Part>(_ part: Part?, _ what: String) throws -> Part {
        guard let part else { throw ActionError.unsupported(reason: "This app has no way to \(what) here.") }
        return part
    }

    /// Whether the app says in its Info.plist why it uses a part; the system ends it otherwise.
    func declared(_ keys: String..., for what: String) throws {
        if let missing = keys.first(where: { !device.declares($0) }) {
            throw ActionError.unsupported(reason: "This app does not \(what): its Info.plist lacks \(missing).")
        }
    }

    /// Asks the user for a part before it is used.
    func permitted(_ part: any PermittedPart, _ what: String) async throws {
        guard await part.requestAccess() else {
            throw ActionError.notAllowed(reason: "The user does not let this app \(what).")
        }
    }

    /// Opens an address in the app that it belongs to.
    func open(_ summary: String, _ address: URL?, _ done: String) throws -> Plan {
        let opener = try present(device.addresses, "open other apps")
        guard let address else {
            throw ActionError.unsupported(reason: "There is no address to open for this.")
        }
        return Plan(summary: summary) {
            guard await opener.open(address) else {
                throw ActionError.unsupported(reason: "No app on this phone opens \(address.scheme ?? "this").")
            }
            return done
        }
    }

    func contacts() throws -> any ContactStore {
        guard let store = device.contacts, device.declares(store.usageKey) else {
            throw ActionError.contactsUnreadable(
                reason: "This app cannot read contacts. Ask for the number or the address itself.")
        }
        return store
    }

    /// The contact that a name means.
    func find(_ name: String) async throws -> Contact {
        let store = try contacts()
        guard await store.requestAccess() else {
            throw ActionError.contactsUnreadable(
                reason: "The user does not let this app read the contacts. Ask for the number or the address itself.")
        }
        return try Contact.choose(name, from: try await store.contacts(matching: name))
    }

    /// A number, and it with the name of whom it belongs to.
    func recipient(_ to: String) async throws -> (number: String, shown: String) {
        if to.wholeMatch(of: /[+*#]*[(]?[0-9][0-9\s()\.\/,;*#+\-]*/) != nil { return (to, to) }
        let contact = try await find(to)
        let number = try contact.best(.phone)
        return (number, "\(contact.name) (\(number))")
    }

    func addresses(_ people: [String]) async throws -> [String] {
        var addresses: [String] = []
        for person in people {
            addresses.append(person.contains("@") ? person : try await find(person).best(.email))
        }
        return addresses
    }
}

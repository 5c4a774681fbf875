// Contacts, and what goes to people: calls, messages, e-mails.

import Foundation

extension Planner {
    func insertContact(_ name: String, _ details: NewDetails) throws -> Plan {
        let store = try present(device.contacts, "change contacts")
        try declared(store.usageKey, for: "change contacts")
        return Plan(summary: "Add \(name) to the contacts\(with(details))") {
            try await permitted(store, "change the contacts")
            let words = name.split(separator: " ")
            let family = words.count > 1 ? words.last : nil
            let given = words.dropLast(family == nil ? 0 : 1).joined(separator: " ")
            try await store.add(givenName: given, familyName: family.map(String.init) ?? "", details)
            return "\(name) was added to the contacts."
        }
    }

    /// With nothing new the contact is shown, where the user can change it.
    func editContact(_ name: String, _ details: NewDetails) async throws -> Plan {
        if details.all.isEmpty { return try await viewContact(name) }
        let store = try contacts()
        let contact = try await find(name)
        return Plan(summary: "Change the contact \(contact.name)\(with(details))") {
            try await store.update(contact, with: details)
            return "The contact \(contact.name) was changed."
        }
    }

    func viewContact(_ name: String) async throws -> Plan {
        let screens = try present(device.contactScreens, "show contacts")
        let contact = try await find(name)
        return Plan(summary: "Show the contact \(contact.name)") {
            try await screens.show(contact)
            return "The contact \(contact.name) is on the screen."
        }
    }

    func pickContact() throws -> Plan {
        let screens = try present(device.contactScreens, "show contacts")
        return Plan(summary: "Let the user choose a contact") {
            guard let name = try await screens.pick() else { return Self.turnedBack }
            return "The user chose \(name.isEmpty ? "a contact without a name" : name)."
        }
    }

    func contactInfo(_ name: String, _ field: ContactField) async throws -> Plan {
        let contact = try await find(name)
        return Plan(summary: "Read the \(field.words) of \(contact.name)") {
            let values = try contact.present(field).map { detail in
                let line = detail.value.replacingOccurrences(of: "\n", with: ", ")
                return detail.label.isEmpty ? line : "\(line) (\(detail.label))"
            }
            return "\(contact.name), \(field.words): \(values.joined(separator: ", "))"
        }
    }

    func dial(_ to: String) async throws -> Plan {
        let (number, shown) = try await recipient(to)
        guard let address = Addresses.telephone(number) else {
            throw ActionError.unsupported(reason: "iOS lets no app dial \(number); the user can, in the phone app.")
        }
        return try open("Call \(shown)", address, "The phone asks the user whether to call \(shown).")
    }

    func sendMessage(_ to: String, _ body: String) async throws -> Plan {
        let messages = try present(device.messages, "send messages")
        guard await messages.canSendMessages() else {
            throw ActionError.unsupported(reason: "This phone cannot send text messages.")
        }
        let (number, shown) = try await recipient(to)
        return Plan(summary: "Send \(shown) the message: \(body)") {
            told(try await messages.compose(message: body, to: number), "The message to \(shown)")
        }
    }

    func send(_ email: PhoneAction.Email) async throws -> Plan {
        let composed = ComposedEmail(
            to: try await addresses(email.to), cc: try await addresses(email.cc), bcc: try await addresses(email.bcc),
            subject: email.subject ?? "", body: email.body ?? "")
        let all = (composed.to + composed.cc + composed.bcc).joined(separator: ", ")
        let summary = ["Write an e-mail to \(all)", email.subject, email.body].compactMap { $0 }.joined(separator: ": ")
        guard let messages = device.messages, await messages.canSendEmails() else {
            let done = "The e-mail to \(all) is on the screen for the user to send."
            return try open(summary, Addresses.mail(composed), done)
        }
        return Plan(summary: summary) { told(try await messages.compose(composed), "The e-mail to \(all)") }
    }

    private func told(_ outcome: ComposeOutcome, _ what: String) -> String {
        switch outcome {
        case .sent: "\(what) was sent."
        case .saved: "\(what) was kept as a draft."
        case .cancelled: "\(what) was not sent: the user turned back."
        case .failed: "\(what) could not be sent."
        }
    }

    private func with(_ details: NewDetails) -> String {
        details.all.isEmpty ? "" : ", with \(details.all.joined(separator: ", "))"
    }
}

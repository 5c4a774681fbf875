#if canImport(Contacts)
import Contacts
import Foundation

/// The system's contacts: https://developer.apple.com/documentation/contacts/cncontactstore
public struct SystemContacts: ContactStore {
    /// Creates the contacts.
    public init() {}

    /// The key of Info.plist.
    public var usageKey: String { "NSContactsUsageDescription" }

    /// Asks the user, once; whether the app may read and change the contacts.
    public func requestAccess() async -> Bool {
        (try? await CNContactStore().requestAccess(for: .contacts)) ?? false
    }

    /// The contacts whose name matches, with all that is known of them.
    public func contacts(matching name: String) async throws -> [Contact] {
        let matching = CNContact.predicateForContacts(matchingName: name)
        return try CNContactStore().unifiedContacts(matching: matching, keysToFetch: keys).map(Contact.init)
    }

    /// Adds a contact.
    public func add(givenName: String, familyName: String, _ details: NewDetails) async throws {
        let contact = CNMutableContact()
        contact.givenName = givenName
        contact.familyName = familyName
        contact.add(details)
        let request = CNSaveRequest()
        request.add(contact, toContainerWithIdentifier: nil)
        try CNContactStore().execute(request)
    }

    /// Adds a number and an address to what a contact has; a company takes the place of the one before.
    public func update(_ contact: Contact, with details: NewDetails) async throws {
        let store = CNContactStore()
        let stored = try store.unifiedContact(withIdentifier: contact.id, keysToFetch: keys)
        guard let changed = stored.mutableCopy() as? CNMutableContact else { return }
        changed.add(details)
        let request = CNSaveRequest()
        request.update(changed)
        try store.execute(request)
    }

    private var keys: [any CNKeyDescriptor] {
        let details = [
            CNContactPhoneNumbersKey, CNContactEmailAddressesKey, CNContactPostalAddressesKey, CNContactBirthdayKey,
            CNContactOrganizationNameKey,
        ]
        let name = CNContactFormatter.descriptorForRequiredKeys(for: .fullName)
        return details.map { $0 as any CNKeyDescriptor } + [name]
    }
}

extension Contact {
    fileprivate init(_ contact: CNContact) {
        let mobile = [CNLabelPhoneNumberMobile, CNLabelPhoneNumberiPhone]
        let phones = contact.phoneNumbers.map { number in
            Detail(
                value: number.value.stringValue, label: labelled(number.label),
                isMobile: mobile.contains(number.label ?? ""))
        }
        let emails = contact.emailAddresses.map { Detail(value: $0.value.description, label: labelled($0.label)) }
        let addresses = contact.postalAddresses.map { address in
            Detail(
                value: CNPostalAddressFormatter.string(from: address.value, style: .mailingAddress),
                label: labelled(address.label))
        }
        self.init(
            id: contact.identifier,
            name: CNContactFormatter.string(from: contact, style: .fullName) ?? "",
            details: [
                .phone: phones, .email: emails, .address: addresses,
                .birthday: [Detail(birthday: contact.birthday)].compactMap { $0 },
            ])
    }
}

private func labelled(_ label: String?) -> String {
    label.map { CNLabeledValue<NSString>.localizedString(forLabel: $0) } ?? ""
}

extension CNMutableContact {
    fileprivate func add(_ details: NewDetails) {
        if let phone = details.phone {
            phoneNumbers.append(CNLabeledValue(label: nil, value: CNPhoneNumber(stringValue: phone)))
        }
        if let email = details.email {
            emailAddresses.append(CNLabeledValue(label: nil, value: NSString(string: email)))
        }
        if let company = details.company { organizationName = company }
    }
}
#endif

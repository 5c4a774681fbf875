// Stands in for Apple's Contacts where there is none: what PhoneLMActions uses of it, declared as Apple documents it.
// swift-format-ignore-file

import Foundation

/// https://developer.apple.com/documentation/contacts/cnkeydescriptor
public protocol CNKeyDescriptor {}

/// Apple's conforms because it is an `NSString` too.
extension String: CNKeyDescriptor {}

/// https://developer.apple.com/documentation/contacts/contact-keys
public let CNContactPhoneNumbersKey = "phoneNumbers"
public let CNContactEmailAddressesKey = "emailAddresses"
public let CNContactPostalAddressesKey = "postalAddresses"
public let CNContactBirthdayKey = "birthday"
public let CNContactOrganizationNameKey = "organizationName"

/// https://developer.apple.com/documentation/contacts/cnlabelphonenumbermobile
public let CNLabelPhoneNumberMobile = "mobile"
/// https://developer.apple.com/documentation/contacts/cnlabelphonenumberiphone
public let CNLabelPhoneNumberiPhone = "iPhone"

/// https://developer.apple.com/documentation/contacts/cnentitytype
public enum CNEntityType: Sendable {
    case contacts
}

/// https://developer.apple.com/documentation/contacts/cncontactstore
open class CNContactStore: NSObject {
    /// https://developer.apple.com/documentation/contacts/cncontactstore/requestaccess(for:completionhandler:)
    public func requestAccess(for entityType: CNEntityType) async throws -> Bool { false }

    /// https://developer.apple.com/documentation/contacts/cncontactstore/unifiedcontacts(matching:keystofetch:)
    public func unifiedContacts(
        matching predicate: NSPredicate,
        keysToFetch keys: [any CNKeyDescriptor]
    ) throws -> [CNContact] { [] }

    /// https://developer.apple.com/documentation/contacts/cncontactstore/unifiedcontact(withidentifier:keystofetch:)
    public func unifiedContact(
        withIdentifier identifier: String,
        keysToFetch keys: [any CNKeyDescriptor]
    ) throws -> CNContact { CNContact() }

    /// https://developer.apple.com/documentation/contacts/cncontactstore/execute(_:)
    public func execute(_ saveRequest: CNSaveRequest) throws {}
}

/// https://developer.apple.com/documentation/contacts/cncontact
open class CNContact: NSObject {
    public var identifier: String { "" }
    public var phoneNumbers: [CNLabeledValue<CNPhoneNumber>] { [] }
    public var emailAddresses: [CNLabeledValue<NSString>] { [] }
    public var postalAddresses: [CNLabeledValue<CNPostalAddress>] { [] }
    public var birthday: DateComponents? { nil }

    /// https://developer.apple.com/documentation/contacts/cncontact/predicateforcontacts(matchingname:)
    public class func predicateForContacts(matchingName name: String) -> NSPredicate { NSPredicate(value: false) }
}

/// https://developer.apple.com/documentation/contacts/cnmutablecontact
open class CNMutableContact: CNContact {
    public var givenName = ""
    public var familyName = ""
    public var organizationName = ""

    public override var phoneNumbers: [CNLabeledValue<CNPhoneNumber>] {
        get { [] }
        set {}
    }

    public override var emailAddresses: [CNLabeledValue<NSString>] {
        get { [] }
        set {}
    }
}

/// https://developer.apple.com/documentation/contacts/cnlabeledvalue
open class CNLabeledValue<ValueType: NSObject>: NSObject {
    public let label: String?
    public let value: ValueType

    public init(label: String?, value: ValueType) {
        self.label = label
        self.value = value
    }

    /// https://developer.apple.com/documentation/contacts/cnlabeledvalue/localizedstring(forlabel:)
    public class func localizedString(forLabel label: String) -> String { label }
}

/// https://developer.apple.com/documentation/contacts/cnphonenumber
open class CNPhoneNumber: NSObject {
    public let stringValue: String

    public init(stringValue: String) {
        self.stringValue = stringValue
    }
}

/// https://developer.apple.com/documentation/contacts/cnpostaladdress
open class CNPostalAddress: NSObject {}

/// https://developer.apple.com/documentation/contacts/cncontactformatter
open class CNContactFormatter: NSObject {
    /// https://developer.apple.com/documentation/contacts/cncontactformatterstyle
    public enum Style: Sendable {
        case fullName
    }

    public class func string(from contact: CNContact, style: Style) -> String? { nil }

    public class func descriptorForRequiredKeys(for style: Style) -> any CNKeyDescriptor { "" }
}

/// https://developer.apple.com/documentation/contacts/cnpostaladdressformatter
open class CNPostalAddressFormatter: NSObject {
    /// https://developer.apple.com/documentation/contacts/cnpostaladdressformatterstyle
    public enum Style: Sendable {
        case mailingAddress
    }

    public class func string(from postalAddress: CNPostalAddress, style: Style) -> String { "" }
}

/// https://developer.apple.com/documentation/contacts/cnsaverequest
open class CNSaveRequest: NSObject {
    public func add(_ contact: CNMutableContact, toContainerWithIdentifier identifier: String?) {}

    public func update(_ contact: CNMutableContact) {}
}

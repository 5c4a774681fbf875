// Stands in for Apple's ContactsUI where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import Contacts
import Foundation
import UIKit

/// https://developer.apple.com/documentation/contactsui/cncontactviewcontroller
@MainActor
public final class CNContactViewController: UIViewController {
    /// https://developer.apple.com/documentation/contactsui/cncontactviewcontroller/init(for:)
    public init(for contact: CNContact) { super.init(nibName: nil, bundle: nil) }

    public required init?(coder: NSCoder) { nil }

    /// https://developer.apple.com/documentation/contactsui/cncontactviewcontroller/descriptorforrequiredkeys()
    public class func descriptorForRequiredKeys() -> any CNKeyDescriptor { "" }
}

/// https://developer.apple.com/documentation/contactsui/cncontactpickerviewcontroller
@MainActor
public final class CNContactPickerViewController: UIViewController {
    public weak var delegate: (any CNContactPickerDelegate)?
}

/// https://developer.apple.com/documentation/contactsui/cncontactpickerdelegate
public protocol CNContactPickerDelegate: AnyObject {
    func contactPicker(_ picker: CNContactPickerViewController, didSelect contact: CNContact)

    func contactPickerDidCancel(_ picker: CNContactPickerViewController)
}

#if canImport(UIKit)
#if canImport(ContactsUI)
import Contacts
import ContactsUI
import Foundation
import UIKit

/// Screens of contacts: https://developer.apple.com/documentation/contactsui
@MainActor
struct ContactScreens: ContactPresenter {
    let host: ScreenHost

    func show(_ contact: Contact) async throws {
        let keys = [CNContactViewController.descriptorForRequiredKeys()]
        let stored = try CNContactStore().unifiedContact(withIdentifier: contact.id, keysToFetch: keys)
        let card = CNContactViewController(for: stored)
        let screen = UINavigationController(rootViewController: card)
        let close = UIAction { [weak screen] _ in screen?.dismiss(animated: true) }
        card.navigationItem.leftBarButtonItem = UIBarButtonItem(systemItem: .done, primaryAction: close)
        try host.show(screen)
    }

    func pick() async throws -> String? {
        try await host.ask { reply in
            let (screen, delegate) = (CNContactPickerViewController(), PickerDelegate(reply))
            screen.delegate = delegate
            return (screen, delegate)
        }
    }
}

private final class PickerDelegate: NSObject, CNContactPickerDelegate {
    private let reply: @MainActor (String?) -> Void

    init(_ reply: @escaping @MainActor (String?) -> Void) {
        self.reply = reply
    }

    nonisolated func contactPicker(_ picker: CNContactPickerViewController, didSelect contact: CNContact) {
        let name = CNContactFormatter.string(from: contact, style: .fullName) ?? ""
        let reply = reply
        MainActor.assumeIsolated { reply(name) }
    }

    nonisolated func contactPickerDidCancel(_ picker: CNContactPickerViewController) {
        let reply = reply
        MainActor.assumeIsolated { reply(nil) }
    }
}
#endif
#endif

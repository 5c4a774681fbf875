#if canImport(MessageUI)
import Foundation
import MessageUI

/// Screens for messages and e-mails: https://developer.apple.com/documentation/messageui
@MainActor
struct MessageScreens: MessageComposer {
    let host: ScreenHost

    func canSendMessages() async -> Bool { MFMessageComposeViewController.canSendText() }

    func canSendEmails() async -> Bool { MFMailComposeViewController.canSendMail() }

    func compose(message: String, to number: String) async throws -> ComposeOutcome {
        try await host.ask { reply in
            let (screen, delegate) = (MFMessageComposeViewController(), MessageDelegate(reply))
            screen.recipients = [number]
            screen.body = message
            screen.messageComposeDelegate = delegate
            return (screen, delegate)
        }
    }

    func compose(_ email: ComposedEmail) async throws -> ComposeOutcome {
        try await host.ask { reply in
            let (screen, delegate) = (MFMailComposeViewController(), MailDelegate(reply))
            screen.setToRecipients(email.to)
            screen.setCcRecipients(email.cc)
            screen.setBccRecipients(email.bcc)
            screen.setSubject(email.subject)
            screen.setMessageBody(email.body, isHTML: false)
            screen.mailComposeDelegate = delegate
            return (screen, delegate)
        }
    }
}

private final class MessageDelegate: NSObject, MFMessageComposeViewControllerDelegate {
    private let reply: @MainActor (ComposeOutcome) -> Void

    init(_ reply: @escaping @MainActor (ComposeOutcome) -> Void) {
        self.reply = reply
    }

    nonisolated func messageComposeViewController(
        _ controller: MFMessageComposeViewController,
        didFinishWith result: MessageComposeResult
    ) {
        let outcome: ComposeOutcome = result == .sent ? .sent : result == .failed ? .failed : .cancelled
        let reply = reply
        MainActor.assumeIsolated { reply(outcome) }
    }
}

private final class MailDelegate: NSObject, MFMailComposeViewControllerDelegate {
    private let reply: @MainActor (ComposeOutcome) -> Void

    init(_ reply: @escaping @MainActor (ComposeOutcome) -> Void) {
        self.reply = reply
    }

    nonisolated func mailComposeController(
        _ controller: MFMailComposeViewController,
        didFinishWith result: MFMailComposeResult,
        error: (any Error)?
    ) {
        let outcome: ComposeOutcome =
            result == .sent ? .sent : result == .saved ? .saved : result == .failed ? .failed : .cancelled
        let reply = reply
        MainActor.assumeIsolated { reply(outcome) }
    }
}
#endif

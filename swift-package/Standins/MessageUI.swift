// Stands in for Apple's MessageUI where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import UIKit

/// https://developer.apple.com/documentation/messageui/mfmessagecomposeviewcontroller
@MainActor
public final class MFMessageComposeViewController: UINavigationController {
    public var recipients: [String]?
    public var body: String?
    public weak var messageComposeDelegate: (any MFMessageComposeViewControllerDelegate)?

    public class func canSendText() -> Bool { false }
}

/// https://developer.apple.com/documentation/messageui/messagecomposeresult
public enum MessageComposeResult: Sendable {
    case cancelled, sent, failed
}

/// https://developer.apple.com/documentation/messageui/mfmessagecomposeviewcontrollerdelegate
public protocol MFMessageComposeViewControllerDelegate: AnyObject {
    func messageComposeViewController(
        _ controller: MFMessageComposeViewController,
        didFinishWith result: MessageComposeResult
    )
}

/// https://developer.apple.com/documentation/messageui/mfmailcomposeviewcontroller
@MainActor
public final class MFMailComposeViewController: UINavigationController {
    public weak var mailComposeDelegate: (any MFMailComposeViewControllerDelegate)?

    public class func canSendMail() -> Bool { false }

    public func setToRecipients(_ toRecipients: [String]?) {}
    public func setCcRecipients(_ ccRecipients: [String]?) {}
    public func setBccRecipients(_ bccRecipients: [String]?) {}
    public func setSubject(_ subject: String) {}
    public func setMessageBody(_ body: String, isHTML: Bool) {}
}

/// https://developer.apple.com/documentation/messageui/mfmailcomposeresult
public enum MFMailComposeResult: Sendable {
    case cancelled, saved, sent, failed
}

/// https://developer.apple.com/documentation/messageui/mfmailcomposeviewcontrollerdelegate
public protocol MFMailComposeViewControllerDelegate: AnyObject {
    func mailComposeController(
        _ controller: MFMailComposeViewController,
        didFinishWith result: MFMailComposeResult,
        error: (any Error)?
    )
}

// Stands in for Apple's UIKit where there is none: the screens that PhoneLMActions shows, declared as Apple documents them.
// PhoneLM asks whether the module is there, because that is where `os_proc_available_memory` is, and listens to the app:
// https://developer.apple.com/documentation/uikit

import Foundation
import UniformTypeIdentifiers

/// https://developer.apple.com/documentation/uikit/uiviewcontroller
@MainActor
open class UIViewController: NSObject {
    public init(nibName: String?, bundle: Bundle?) {}
    public required init?(coder: NSCoder) { nil }
    public convenience override init() { self.init(nibName: nil, bundle: nil) }

    public var presentedViewController: UIViewController? { nil }
    public var presentingViewController: UIViewController? { nil }
    public var isBeingDismissed: Bool { false }
    public var isModalInPresentation: Bool = false
    public var navigationItem: UINavigationItem { UINavigationItem() }

    public func present(_ controller: UIViewController, animated: Bool, completion: (() -> Void)? = nil) {}
    public func dismiss(animated: Bool, completion: (() -> Void)? = nil) {}
}

/// https://developer.apple.com/documentation/uikit/uinavigationcontroller
@MainActor
open class UINavigationController: UIViewController {
    public init(rootViewController: UIViewController) { super.init(nibName: nil, bundle: nil) }
    public required init?(coder: NSCoder) { nil }
    public override init(nibName: String?, bundle: Bundle?) { super.init(nibName: nibName, bundle: bundle) }
}

/// https://developer.apple.com/documentation/uikit/uinavigationitem
@MainActor
public final class UINavigationItem {
    public var leftBarButtonItem: UIBarButtonItem?
}

/// https://developer.apple.com/documentation/uikit/uibarbuttonitem/init(systemitem:primaryaction:menu:)
@MainActor
public final class UIBarButtonItem {
    public enum SystemItem {
        case done
    }

    public init(systemItem: SystemItem, primaryAction: UIAction? = nil) {}
}

/// https://developer.apple.com/documentation/uikit/uiaction
@MainActor
public final class UIAction {
    public init(handler: @escaping @MainActor (UIAction) -> Void) {}
}

/// https://developer.apple.com/documentation/uikit/uiapplication
@MainActor
public final class UIApplication {
    public static var shared: UIApplication { UIApplication() }
    /// https://developer.apple.com/documentation/uikit/uiapplication/opensettingsurlstring
    public static let openSettingsURLString = "app-settings:"
    /// https://developer.apple.com/documentation/uikit/uiapplication/opennotificationsettingsurlstring
    public static let openNotificationSettingsURLString = "app-settings:notifications"
    /// https://developer.apple.com/documentation/uikit/uiapplication/didreceivememorywarningnotification
    public nonisolated static let didReceiveMemoryWarningNotification = Notification.Name("memory")
    /// https://developer.apple.com/documentation/uikit/uiapplication/didenterbackgroundnotification
    public nonisolated static let didEnterBackgroundNotification = Notification.Name("background")
    /// https://developer.apple.com/documentation/uikit/uiapplication/willenterforegroundnotification
    public nonisolated static let willEnterForegroundNotification = Notification.Name("foreground")

    /// https://developer.apple.com/documentation/uikit/uiapplication/state
    public enum State {
        case active, inactive, background
    }

    /// https://developer.apple.com/documentation/uikit/uiapplication/applicationstate
    public var applicationState: State { .active }

    /// https://developer.apple.com/documentation/uikit/uiapplication/open(_:options:completionhandler:)
    public func open(_ url: URL) async -> Bool { false }
    /// https://developer.apple.com/documentation/uikit/uiapplication/connectedscenes
    public var connectedScenes: Set<UIScene> { [] }
}

/// https://developer.apple.com/documentation/uikit/uiscene
@MainActor
open class UIScene: NSObject {
    /// https://developer.apple.com/documentation/uikit/uiscene/activationstate-swift.enum
    public enum ActivationState {
        case unattached, foregroundActive, foregroundInactive, background
    }

    /// https://developer.apple.com/documentation/uikit/uiscene/activationstate-swift.property
    public var activationState: ActivationState { .unattached }
}

/// https://developer.apple.com/documentation/uikit/uiwindowscene
@MainActor
public final class UIWindowScene: UIScene {
    /// https://developer.apple.com/documentation/uikit/uiwindowscene/keywindow
    public var keyWindow: UIWindow? { nil }
}

/// https://developer.apple.com/documentation/uikit/uiwindow
@MainActor
public final class UIWindow {
    /// https://developer.apple.com/documentation/uikit/uiwindow/rootviewcontroller
    public var rootViewController: UIViewController?
}

/// https://developer.apple.com/documentation/uikit/uiimage
public final class UIImage: Sendable {
    /// https://developer.apple.com/documentation/uikit/uiimage/jpegdata(compressionquality:)
    public func jpegData(compressionQuality: Double) -> Data? { nil }
}

/// https://developer.apple.com/documentation/uikit/uinavigationcontrollerdelegate
@MainActor
public protocol UINavigationControllerDelegate: AnyObject {}

/// https://developer.apple.com/documentation/uikit/uiimagepickercontroller
@MainActor
public final class UIImagePickerController: UINavigationController {
    public enum SourceType: Sendable {
        case camera
    }

    public struct InfoKey: Sendable, Hashable {
        public static let originalImage = InfoKey()
        public static let mediaURL = InfoKey()
    }

    public var sourceType = SourceType.camera
    public var mediaTypes: [String] = []
    public weak var delegate: (any UIImagePickerControllerDelegate & UINavigationControllerDelegate)?

    public class func isSourceTypeAvailable(_ sourceType: SourceType) -> Bool { false }
}

/// https://developer.apple.com/documentation/uikit/uiimagepickercontrollerdelegate
@MainActor
public protocol UIImagePickerControllerDelegate: AnyObject {
    func imagePickerController(
        _ picker: UIImagePickerController,
        didFinishPickingMediaWithInfo info: [UIImagePickerController.InfoKey: Any]
    )

    func imagePickerControllerDidCancel(_ picker: UIImagePickerController)
}

/// https://developer.apple.com/documentation/uikit/uidocumentpickerdelegate
@MainActor
public protocol UIDocumentPickerDelegate: AnyObject {
    func documentPicker(_ controller: UIDocumentPickerViewController, didPickDocumentsAt urls: [URL])

    func documentPickerWasCancelled(_ controller: UIDocumentPickerViewController)
}

/// https://developer.apple.com/documentation/uikit/uidocumentpickerviewcontroller
@MainActor
public final class UIDocumentPickerViewController: UIViewController {
    public weak var delegate: (any UIDocumentPickerDelegate)?
    public var allowsMultipleSelection = false

    /// https://developer.apple.com/documentation/uikit/uidocumentpickerviewcontroller/init(forexporting:ascopy:)
    public init(forExporting urls: [URL], asCopy: Bool) { super.init(nibName: nil, bundle: nil) }

    /// https://developer.apple.com/documentation/uikit/uidocumentpickerviewcontroller/init(foropeningcontenttypes:ascopy:)
    public init(forOpeningContentTypes contentTypes: [UTType], asCopy: Bool) {
        super.init(nibName: nil, bundle: nil)
    }

    public required init?(coder: NSCoder) { nil }
}

// What Apple's Foundation has beyond the one here.

extension ProcessInfo {
    /// https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.enum
    public enum ThermalState: Int {
        case nominal, fair, serious, critical
    }

    /// https://developer.apple.com/documentation/foundation/processinfo/thermalstate-swift.property
    public var thermalState: ThermalState { .nominal }

    /// https://developer.apple.com/documentation/foundation/processinfo/thermalstatedidchangenotification
    public static let thermalStateDidChangeNotification = Notification.Name("thermal")
}

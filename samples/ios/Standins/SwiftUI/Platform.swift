// Stands in for what SwiftUI brings along on Apple's platforms from UIKit, and Foundation has only there.

/// https://developer.apple.com/documentation/uikit/uiapplication
@MainActor
open class UIApplication {
    /// https://developer.apple.com/documentation/uikit/uiapplication/shared
    public class var shared: UIApplication { UIApplication() }

    /// https://developer.apple.com/documentation/uikit/uiapplication/isidletimerdisabled
    open var isIdleTimerDisabled = false
}

extension URL {
    /// https://developer.apple.com/documentation/foundation/url/applicationsupportdirectory
    public static var applicationSupportDirectory: URL { URL(fileURLWithPath: "/") }

    /// https://developer.apple.com/documentation/foundation/url/startaccessingsecurityscopedresource()
    public func startAccessingSecurityScopedResource() -> Bool { false }

    /// https://developer.apple.com/documentation/foundation/url/stopaccessingsecurityscopedresource()
    public func stopAccessingSecurityScopedResource() {}
}

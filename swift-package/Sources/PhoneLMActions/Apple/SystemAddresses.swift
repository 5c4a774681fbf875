#if canImport(UIKit)
import Foundation
import UIKit

/// Opens addresses: https://developer.apple.com/documentation/uikit/uiapplication/open(_:options:completionhandler:)
@MainActor
struct SystemAddresses: URLOpener {
    func open(_ url: URL) async -> Bool {
        await UIApplication.shared.open(url)
    }

    func settings(ofNotifications: Bool) async -> URL? {
        let page =
            ofNotifications
            ? UIApplication.openNotificationSettingsURLString : UIApplication.openSettingsURLString
        return URL(string: page)
    }
}
#endif

// Stands in for Apple's PhotosUI where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import Foundation
import UIKit

/// https://developer.apple.com/documentation/photosui/phpickerviewcontroller
@MainActor
public final class PHPickerViewController: UIViewController {
    public weak var delegate: (any PHPickerViewControllerDelegate)?

    public init(configuration: PHPickerConfiguration) { super.init(nibName: nil, bundle: nil) }

    public required init?(coder: NSCoder) { nil }
}

/// https://developer.apple.com/documentation/photosui/phpickerconfiguration-swift.struct
public struct PHPickerConfiguration: Sendable {
    public var filter: PHPickerFilter?
    public var selectionLimit = 1

    public init() {}
}

/// https://developer.apple.com/documentation/photosui/phpickerfilter-swift.struct
public struct PHPickerFilter: Sendable {
    public static let images = PHPickerFilter()
    public static let videos = PHPickerFilter()
}

/// https://developer.apple.com/documentation/photosui/phpickerresult-swift.struct
public struct PHPickerResult {
    public let itemProvider: NSItemProvider
}

/// https://developer.apple.com/documentation/photosui/phpickerviewcontrollerdelegate
public protocol PHPickerViewControllerDelegate: AnyObject {
    func picker(_ picker: PHPickerViewController, didFinishPicking results: [PHPickerResult])
}

/// Of Apple's Foundation: https://developer.apple.com/documentation/foundation/nsitemprovider
open class NSItemProvider: NSObject {
    /// https://developer.apple.com/documentation/foundation/nsitemprovider/loadfilerepresentation(fortypeidentifier:completionhandler:)
    public func loadFileRepresentation(
        forTypeIdentifier typeIdentifier: String,
        completionHandler: @escaping @Sendable (URL?, (any Error)?) -> Void
    ) -> Progress { Progress(totalUnitCount: 0) }
}

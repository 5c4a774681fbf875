// Stands in for Apple's QuickLook where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import Foundation
import UIKit

/// https://developer.apple.com/documentation/quicklook/qlpreviewcontroller
@MainActor
open class QLPreviewController: UIViewController {
    public weak var dataSource: (any QLPreviewControllerDataSource)?
}

/// https://developer.apple.com/documentation/quicklook/qlpreviewcontrollerdatasource
public protocol QLPreviewControllerDataSource: AnyObject {
    func numberOfPreviewItems(in controller: QLPreviewController) -> Int

    func previewController(_ controller: QLPreviewController, previewItemAt index: Int) -> any QLPreviewItem
}

/// https://developer.apple.com/documentation/quicklook/qlpreviewitem
public protocol QLPreviewItem: AnyObject {}

extension NSURL: QLPreviewItem {}

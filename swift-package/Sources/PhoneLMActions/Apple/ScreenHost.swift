#if canImport(UIKit)
import Foundation
import UIKit

/// Shows the system's screens over those of the app, one at a time.
@MainActor
final class ScreenHost {
    private let below: @MainActor () -> UIViewController?
    /// Screens do not keep their delegates.
    private var delegate: AnyObject?

    init(over below: @escaping @MainActor () -> UIViewController?) {
        self.below = below
    }

    /// Shows a screen and does not wait for it.
    func show(_ screen: UIViewController) throws {
        guard var top = below() else {
            throw ActionError.unsupported(reason: "This app has no screen over which another one could be shown.")
        }
        while let presented = top.presentedViewController { top = presented }
        top.present(screen, animated: true)
    }

    /// Shows a screen until its delegate replies, which it does once, or the task is cancelled.
    func ask<Answer: Sendable>(
        _ make: (_ reply: @escaping @MainActor (Answer) -> Void) -> (screen: UIViewController, delegate: AnyObject)
    ) async throws -> Answer {
        let (answers, replies) = AsyncStream<Answer>.makeStream()
        let (screen, delegate) = make { replies.yield($0) }
        self.delegate = delegate
        defer { self.delegate = nil }
        // Not every screen tells its delegate that it was swiped away.
        screen.isModalInPresentation = true
        try show(screen)
        for await answer in answers {
            await close(screen)
            return answer
        }
        screen.dismiss(animated: true)
        throw CancellationError()
    }

    /// Some screens close themselves; the next one can be shown when this one is gone.
    private func close(_ screen: UIViewController) async {
        if !screen.isBeingDismissed { screen.dismiss(animated: true) }
        for _ in 0..<40 where screen.presentingViewController != nil {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
#endif

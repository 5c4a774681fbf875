#if canImport(UIKit)
import Foundation
import UIKit

extension Governor {
    /// Gives this governor the system's signals: memory warnings, heat, and whether the app is in the background.
    ///
    /// - Returns: What listens, until it is cancelled or let go.
    @MainActor
    public func followSystem() -> SystemSignals {
        SystemSignals(for: self)
    }

    /// What gives a governor the system's signals; see ``Governor/followSystem()``.
    public final class SystemSignals: Sendable {
        private let observers: Locked<[any NSObjectProtocol]>

        @MainActor
        init(for governor: Governor) {
            observers = Locked([
                Self.observe(UIApplication.didReceiveMemoryWarningNotification) {
                    governor.setMemoryPressure(.critical)
                },
                Self.observe(ProcessInfo.thermalStateDidChangeNotification) {
                    governor.setThermalState(.init(ProcessInfo.processInfo.thermalState))
                },
                Self.observe(UIApplication.didEnterBackgroundNotification) { governor.setBackground(true) },
                Self.observe(UIApplication.willEnterForegroundNotification) { governor.setBackground(false) },
            ])
            governor.setThermalState(.init(ProcessInfo.processInfo.thermalState))
            governor.setBackground(UIApplication.shared.applicationState == .background)
        }

        /// Ends it. May be called at any time, from anywhere, more than once.
        public func cancel() {
            observers.withLock { observers in
                observers.forEach(NotificationCenter.default.removeObserver)
                observers = []
            }
        }

        deinit {
            cancel()
        }

        private static func observe(
            _ name: Notification.Name,
            _ tell: @escaping @Sendable () -> Void
        ) -> any NSObjectProtocol {
            NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in tell() }
        }
    }
}

extension Governor.ThermalState {
    init(_ state: ProcessInfo.ThermalState) {
        self =
            switch state {
            case .nominal: .nominal
            case .fair: .fair
            case .serious: .serious
            default: .critical
            }
    }
}
#endif

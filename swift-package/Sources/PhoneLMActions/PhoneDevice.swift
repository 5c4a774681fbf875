import Foundation

/// The parts of a phone that actions use. What is `nil` is not there: the actions that need it are refused, and the model
/// is told why. On iOS ``iPhone(over:)`` has them all; an app may put its own in their place.
public struct PhoneDevice: Sendable {
    /// The calendar.
    public var calendar: (any CalendarStore)?
    /// The contacts.
    public var contacts: (any ContactStore)?
    /// Alarms and timers.
    public var alarms: (any AlarmScheduler)?
    /// What opens addresses: the telephone, maps, the settings, the browser.
    public var addresses: (any URLOpener)?
    /// Screens for messages and e-mails.
    public var messages: (any MessageComposer)?
    /// Screens of contacts.
    public var contactScreens: (any ContactPresenter)?
    /// Screens of the camera.
    public var camera: (any CameraPresenter)?
    /// The music on the phone.
    public var music: (any MusicPlayer)?
    /// Screens for files.
    public var files: (any FilePresenter)?
    /// Whether the app's Info.plist has a key. iOS ends an app that uses something without having said why.
    public var declares: @Sendable (_ key: String) -> Bool

    /// Creates a phone that has nothing yet.
    ///
    /// - Parameter declares: Whether the app's Info.plist has a key.
    public init(
        declares: @escaping @Sendable (_ key: String) -> Bool = {
            Bundle.main.object(forInfoDictionaryKey: $0) != nil
        }
    ) {
        self.declares = declares
    }
}

/// A part of the phone that an app may use when its user says so.
public protocol PermittedPart: Sendable {
    /// The key of Info.plist that tells the user why; iOS ends an app that asks without it.
    var usageKey: String { get }

    /// Asks the user, once; whether the app may now.
    func requestAccess() async -> Bool
}

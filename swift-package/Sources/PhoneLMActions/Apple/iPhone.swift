#if canImport(UIKit)
import Foundation
import UIKit

extension PhoneDevice {
    /// The parts of an iPhone or iPad. Which keys Info.plist needs for them: docs/actions.md.
    ///
    /// - Parameter below: The app's view controller over which the system's screens appear.
    @MainActor
    public static func iPhone(over below: @escaping @MainActor () -> UIViewController?) -> PhoneDevice {
        let host = ScreenHost(over: below)
        var device = PhoneDevice()
        device.calendar = SystemCalendar()
        device.contacts = SystemContacts()
        device.addresses = SystemAddresses()
        device.messages = MessageScreens(host: host)
        device.contactScreens = ContactScreens(host: host)
        device.camera = CameraScreen(host: host)
        device.files = FileScreens(host: host)
        #if canImport(MediaPlayer)
        device.music = SystemMusic()
        #endif
        #if canImport(AlarmKit)
        if #available(iOS 26.1, *) { device.alarms = SystemAlarms() }
        #endif
        return device
    }
}
#endif

// A phone that takes down what it is asked to do.

import Foundation
import PhoneLMActions

struct FakePhone {
    let alarms = FakeAlarms()
    /// Six in the morning of a day, and seven.
    static let now = Date(timeIntervalSince1970: 1_770_271_200)
    static let seven = now.addingTimeInterval(3600)

    /// The phone's functions, on this phone as `change` leaves it.
    func actions(_ change: (inout PhoneDevice) -> Void = { _ in }) -> PhoneActions {
        var device = PhoneDevice(declares: { _ in true })
        device.alarms = alarms
        change(&device)
        let utc = TimeZone(secondsFromGMT: 0)!
        return PhoneActions(device: device, now: { Self.now }, timeZone: utc, locale: Locale(identifier: "en_GB"))
    }
}

/// Alarms that ring nowhere.
actor FakeAlarms: AlarmScheduler {
    struct Broken: LocalizedError {
        let errorDescription: String? = "the clock is broken"
    }

    nonisolated let usageKey = "NSAlarmKitUsageDescription"
    private(set) var set: [PhoneAlarm] = []
    private var isBroken = false

    func requestAccess() async -> Bool { true }

    func schedule(_ alarm: PhoneAlarm) async throws {
        if isBroken { throw Broken() }
        set.append(alarm)
    }

    func schedules() async throws -> [PhoneAlarm.Schedule] { set.map(\.schedule) }

    func breakDown() { isBroken = true }
}

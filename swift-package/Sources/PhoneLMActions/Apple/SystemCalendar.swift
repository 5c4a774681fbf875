#if canImport(EventKit)
import EventKit
import Foundation

/// The system's calendar: https://developer.apple.com/documentation/eventkit/ekeventstore
public struct SystemCalendar: CalendarStore {
    /// Creates the calendar.
    public init() {}

    /// The key of Info.plist; iOS 16 and macOS 13 want another one than later systems.
    public var usageKey: String {
        if #available(iOS 17, macOS 14, *) { return "NSCalendarsWriteOnlyAccessUsageDescription" }
        return "NSCalendarsUsageDescription"
    }

    /// Asks the user, once; whether the app may add events.
    public func requestAccess() async -> Bool {
        let store = EKEventStore()
        if #available(iOS 17, macOS 14, *) {
            return (try? await store.requestWriteOnlyAccessToEvents()) ?? false
        }
        return (try? await store.requestAccess(to: .event)) ?? false
    }

    /// Adds an event to the calendar that is meant for new ones.
    public func add(_ event: CalendarEvent) async throws {
        let store = EKEventStore()
        let entry = EKEvent(eventStore: store)
        entry.title = event.title
        entry.startDate = event.start
        entry.endDate = event.end
        entry.isAllDay = event.isAllDay
        entry.location = event.location
        entry.notes = event.notes
        entry.calendar = store.defaultCalendarForNewEvents
        try store.save(entry, span: .thisEvent)
    }
}
#endif

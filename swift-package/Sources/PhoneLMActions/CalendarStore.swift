import Foundation

/// An event for the calendar.
public struct CalendarEvent: Sendable, Hashable {
    /// What it is.
    public var title: String
    /// When it begins; of an event that lasts all day, a moment of its first day.
    public var start: Date
    /// When it ends; of an event that lasts all day, a moment of its last day.
    public var end: Date
    /// Whether it lasts all day.
    public var isAllDay: Bool
    /// Where.
    public var location: String?
    /// What else is to be known.
    public var notes: String?
}

/// The user's calendar.
public protocol CalendarStore: PermittedPart {
    /// Adds an event to the calendar that is meant for new ones.
    func add(_ event: CalendarEvent) async throws
}

// Stands in for Apple's EventKit where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import Foundation

/// https://developer.apple.com/documentation/eventkit/ekeventstore
open class EKEventStore: NSObject {
    /// https://developer.apple.com/documentation/eventkit/ekeventstore/defaultcalendarfornewevents
    public var defaultCalendarForNewEvents: EKCalendar? { nil }

    /// https://developer.apple.com/documentation/eventkit/ekeventstore/requestwriteonlyaccesstoevents(completion:)
    @available(iOS 17, macOS 14, *)
    public func requestWriteOnlyAccessToEvents() async throws -> Bool { false }

    /// https://developer.apple.com/documentation/eventkit/ekeventstore/requestaccess(to:completion:)
    public func requestAccess(to entityType: EKEntityType) async throws -> Bool { false }

    /// https://developer.apple.com/documentation/eventkit/ekeventstore/save(_:span:)
    public func save(_ event: EKEvent, span: EKSpan) throws {}
}

/// https://developer.apple.com/documentation/eventkit/ekentitytype
public enum EKEntityType: Sendable {
    case event
}

/// https://developer.apple.com/documentation/eventkit/ekspan
public enum EKSpan: Sendable {
    case thisEvent
}

/// https://developer.apple.com/documentation/eventkit/ekcalendar
open class EKCalendar: NSObject {}

/// https://developer.apple.com/documentation/eventkit/ekcalendaritem
open class EKCalendarItem: NSObject {
    public var title: String!
    public var location: String?
    public var notes: String?
    public var calendar: EKCalendar!
}

/// https://developer.apple.com/documentation/eventkit/ekevent
open class EKEvent: EKCalendarItem {
    public var startDate: Date!
    public var endDate: Date!
    public var isAllDay = false

    /// https://developer.apple.com/documentation/eventkit/ekevent/init(eventstore:)
    public init(eventStore: EKEventStore) {}
}

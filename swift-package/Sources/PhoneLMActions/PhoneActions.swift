import Foundation
import PhoneLM

/// The phone's functions as tools for a session: alarms, calendar, contacts, calls, messages, maps, settings, camera, files.
///
/// ```swift
/// let actions = PhoneActions(device: .iPhone(over: { scene.keyWindow?.rootViewController }))
/// let policy = ToolPolicy { asked in
///     do {
///         return await ask(try await actions.describe(asked.call)) ? .run : .refuse(reason: nil)
///     } catch {
///         return .refuse(reason: error.localizedDescription)
///     }
/// }
/// let session = try LanguageModelSession(model: model, tools: actions.tools, toolPolicy: policy)
/// ```
///
/// What was not done is an ``ActionError``, whose description the model is told.
public struct PhoneActions: Sendable {
    /// All 24 functions, for a session; an app may offer some of them by their names. Those of the effects that are asked
    /// for have the permission `ask`, the others `allow`.
    public var tools: [any Tool] {
        Function.all.map { function in
            ActionTool(
                function: function, permission: asksFor.contains(function.effect) ? .ask : .allow, actions: self)
        }
    }

    private let device: PhoneDevice
    private let asksFor: Set<Effect>
    private let searchAddress: String
    private let now: @Sendable () -> Date
    private let timeZone: TimeZone
    private let locale: Locale
    private let onFiles: @Sendable ([URL]) async -> Void

    /// Creates the actions.
    ///
    /// - Parameters:
    ///   - device: The parts of the phone that they use.
    ///   - asksFor: The effects whose tools are asked for.
    ///   - searchAddress: The address of a search engine, up to what is searched for.
    ///   - now: Tells what "tomorrow" is.
    ///   - timeZone: The zone of the calendar.
    ///   - locale: Tells what 5/12 is and when a week begins, and brings its words for days.
    ///   - onFiles: Gets the pictures, videos and files that the user took, chose or saved.
    public init(
        device: PhoneDevice,
        asksFor: Set<Effect> = [.writes, .sends, .calls],
        searchAddress: String = "https://duckduckgo.com/?q=",
        now: @escaping @Sendable () -> Date = { Date() },
        timeZone: TimeZone = .autoupdatingCurrent,
        locale: Locale = .autoupdatingCurrent,
        onFiles: @escaping @Sendable ([URL]) async -> Void = { _ in }
    ) {
        self.device = device
        self.asksFor = asksFor
        self.searchAddress = searchAddress
        self.now = now
        self.timeZone = timeZone
        self.locale = locale
        self.onFiles = onFiles
    }

    /// What a call of one of the ``tools`` would do, in a sentence for the user: with the date, the number or the address
    /// that was found for what was said, as in "Call Mum (555 0177)". Nothing is done, but the user may be asked for the
    /// contacts. When the call runs, what was said is looked up anew.
    ///
    /// - Parameter call: A call that the model made.
    /// - Throws: ``ActionError`` if it cannot be done.
    public func describe(_ call: Transcript.ToolCall) async throws -> String {
        try await describe(call.toolName, call.arguments)
    }

    func describe(_ function: String, _ json: String) async throws -> String {
        try await plan(function, Arguments(of: function, json: json)).summary
    }

    /// Does what a call says; gives what the model is told of it.
    func run(_ function: String, _ arguments: Arguments) async throws -> String {
        try await plan(function, arguments).carryOut()
    }

    private func plan(_ function: String, _ arguments: Arguments) async throws -> Plan {
        let days = DayReader(at: now(), in: timeZone, locale: locale, foreign: foreignDays(locale))
        let action = try PhoneAction(function: function, arguments: arguments, days: days)
        let planner = Planner(
            device: device, searchAddress: searchAddress, now: now, timeZone: timeZone, onFiles: onFiles)
        return try await planner.plan(action)
    }
}

/// One of the functions, as the session sees it.
private struct ActionTool: Tool {
    let function: Function
    let permission: ToolPermission
    let actions: PhoneActions

    var name: String { function.name }
    var description: String { function.description }
    var parameters: String { function.parameters }

    /// It may wait for a person who chooses something, and who may take their time.
    var timeLimit: Duration? { nil }

    func call(arguments: Arguments) async throws -> String {
        try await actions.run(function.name, arguments)
    }
}

import Foundation

/// A function of the app that the model may call while it answers.
///
/// ```swift
/// struct Weather: Tool {
///     struct Arguments: Decodable { let city: String }
///
///     let name = "get_weather"
///     let description = "Tells the weather of a city"
///     let parameters = """
///         {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
///         """
///
///     func call(arguments: Arguments) async throws -> String {
///         "It is sunny in \(arguments.city)."
///     }
/// }
/// ```
///
/// The session runs the tools that an answer asks for one after the other, in the task that reads the answer, and hands
/// each result back to the model. An error that ``call(arguments:)`` throws is told to the model, which then answers
/// without the result.
public protocol Tool: Sendable {
    /// What the model hands over, decoded from the JSON that it wrote.
    associatedtype Arguments: Decodable

    /// What the model calls the tool by.
    var name: String { get }

    /// What the tool does, for the model to read.
    var description: String { get }

    /// The JSON Schema of ``Arguments``.
    var parameters: String { get }

    /// Whether the tool may run at once, after ``ToolPolicy/confirm``, or not at all; at once by default.
    var permission: ToolPermission { get }

    /// How long the answer waits for the tool, a minute by default; `nil` waits for ever. The model is then told that
    /// nobody knows whether it took effect.
    var timeLimit: Duration? { get }

    /// Does what the tool is for.
    ///
    /// - Parameter arguments: What the model handed over.
    /// - Returns: The result, for the model to read.
    func call(arguments: Arguments) async throws -> String
}

extension Tool {
    /// At once.
    public var permission: ToolPermission { .allow }

    /// A minute.
    public var timeLimit: Duration? { .seconds(60) }

    /// Decodes what the model wrote, then calls.
    func call(json: String) async throws -> String {
        try await call(arguments: JSONDecoder().decode(Arguments.self, from: Data(json.utf8)))
    }
}

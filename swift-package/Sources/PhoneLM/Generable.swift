/// A type whose values a model can give as answers.
///
/// ```swift
/// struct Trip: Codable, Generable {
///     let city: String
///     let days: Int
///
///     static let generationSchema = GenerationSchema(
///         type: Trip.self,
///         properties: [
///             .init(name: "city", type: String.self),
///             .init(name: "days", type: Int.self, guides: [.minimum(1)]),
///         ])
/// }
///
/// let trip = try await session.respond(to: "Plan a trip to Rome", generating: Trip.self).content
/// ```
///
/// An enumeration of texts needs no schema of its own: `enum Kind: String, CaseIterable, Codable, Generable`.
public protocol Generable: Decodable, Sendable {
    /// What is there of a value while it is made. A type of its own, with optional properties, shows each property as it
    /// comes; without one, a value comes when all that it requires is there.
    associatedtype PartiallyGenerated: Decodable & Sendable = Self

    /// What the JSON of a value looks like. It has to be what the type decodes.
    static var generationSchema: GenerationSchema { get }
}

extension Generable where Self: CaseIterable, Self: RawRepresentable, RawValue == String {
    /// One of the cases.
    public static var generationSchema: GenerationSchema {
        GenerationSchema(type: Self.self, anyOf: allCases.map(\.rawValue))
    }
}

extension Bool: Generable {
    /// `true` or `false`.
    public static var generationSchema: GenerationSchema { .of("boolean") }
}

extension Int: Generable {
    /// A whole number that all readers of JSON agree on.
    public static var generationSchema: GenerationSchema {
        let largest = (1 << 53) - 1
        return .of("integer", .init(name: "minimum", json: "-\(largest)"), .init(name: "maximum", json: "\(largest)"))
    }
}

extension Double: Generable {
    /// A number.
    public static var generationSchema: GenerationSchema { .of("number") }
}

extension String: Generable {
    /// A text.
    public static var generationSchema: GenerationSchema { .of("string") }
}

extension Array: Generable where Element: Generable {
    /// The elements as far as they are made.
    public typealias PartiallyGenerated = [Element.PartiallyGenerated]

    /// A list.
    public static var generationSchema: GenerationSchema {
        .of("array", .init(name: "items", json: Element.generationSchema.json))
    }
}

extension GenerationSchema {
    fileprivate static func of(_ type: String, _ more: Keyword...) -> GenerationSchema {
        GenerationSchema([Keyword(name: "type", json: "\"\(type)\"")] + more)
    }
}

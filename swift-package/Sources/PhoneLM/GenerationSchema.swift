/// What an answer as a value looks like: a JSON schema, built from properties or written by hand.
///
/// ```swift
/// GenerationSchema(
///     type: Trip.self,
///     properties: [
///         .init(name: "city", type: String.self),
///         .init(name: "days", type: Int.self, guides: [.range(1...14)]),
///     ])
/// ```
public struct GenerationSchema: Sendable, Hashable {
    /// A member of an object.
    public struct Property: Sendable, Hashable {
        let name: String
        let schema: GenerationSchema
        let isRequired: Bool

        /// A member that is always there.
        ///
        /// - Parameters:
        ///   - name: Its name, as the type decodes it.
        ///   - description: What it is, for people: the model does not read schemas.
        ///   - type: What it holds. A type that holds itself needs a schema as JSON.
        ///   - guides: What its value is held to beside its type.
        public init<Value: Generable>(
            name: String,
            description: String? = nil,
            type: Value.Type,
            guides: [GenerationGuide<Value>] = []
        ) {
            self.init(name, description, guides, isRequired: true)
        }

        /// A member that may be left out.
        ///
        /// - Parameters:
        ///   - name: Its name, as the type decodes it.
        ///   - description: What it is, for people: the model does not read schemas.
        ///   - type: What it holds. A type that holds itself needs a schema as JSON.
        ///   - guides: What its value is held to beside its type.
        public init<Value: Generable>(
            name: String,
            description: String? = nil,
            type: Value?.Type,
            guides: [GenerationGuide<Value>] = []
        ) {
            self.init(name, description, guides, isRequired: false)
        }

        private init<Value: Generable>(
            _ name: String,
            _ description: String?,
            _ guides: [GenerationGuide<Value>],
            isRequired: Bool
        ) {
            self.name = name
            self.isRequired = isRequired
            schema = Value.generationSchema.adding(guides.flatMap(\.keywords) + described(description))
        }
    }

    /// A keyword and its JSON.
    struct Keyword: Sendable, Hashable {
        let name: String
        let json: String
    }

    private let written: String?
    private let keywords: [Keyword]

    /// The JSON schema.
    public var json: String {
        written ?? "{" + keywords.map { "\(quoted($0.name)):\($0.json)" }.joined(separator: ",") + "}"
    }

    /// A schema written by hand.
    ///
    /// - Parameter json: A JSON schema. What is wrong with it is told by the request that uses it.
    public init(json: String) {
        written = json
        keywords = []
    }

    init(_ keywords: [Keyword]) {
        written = nil
        self.keywords = keywords
    }

    /// An object.
    ///
    /// - Parameters:
    ///   - type: The type that it is decoded as.
    ///   - description: What it is, for people: the model does not read schemas.
    ///   - properties: Its members, in the order in which the model writes them.
    public init(type: any Generable.Type, description: String? = nil, properties: [Property]) {
        let members = properties.map { "\(quoted($0.name)):\($0.schema.json)" }
        let required = properties.filter(\.isRequired).map { quoted($0.name) }
        self.init(
            [
                .init(name: "title", json: quoted("\(type)")),
                .init(name: "type", json: quoted("object")),
                .init(name: "properties", json: "{\(members.joined(separator: ","))}"),
                .init(name: "required", json: "[\(required.joined(separator: ","))]"),
                .init(name: "additionalProperties", json: "false"),
            ] + described(description))
    }

    /// One of some texts.
    ///
    /// - Parameters:
    ///   - type: The type that it is decoded as.
    ///   - description: What it is, for people: the model does not read schemas.
    ///   - choices: The texts.
    public init(type: any Generable.Type, description: String? = nil, anyOf choices: [String]) {
        self.init([.init(name: "title", json: quoted("\(type)")), .oneOf(choices)] + described(description))
    }

    /// The schema with further keywords, in place of its own of the same name.
    private func adding(_ more: [Keyword]) -> GenerationSchema {
        guard !more.isEmpty else { return self }
        if let written { return GenerationSchema([.init(name: "allOf", json: "[\(written)]")] + more) }
        return GenerationSchema(keywords.filter { own in !more.contains { $0.name == own.name } } + more)
    }
}

extension GenerationSchema.Keyword {
    static func oneOf(_ choices: [String]) -> Self {
        .init(name: "enum", json: "[\(choices.map(quoted).joined(separator: ","))]")
    }
}

/// What a value is held to beside its type.
public struct GenerationGuide<Value>: Sendable, Hashable {
    let keywords: [GenerationSchema.Keyword]
}

extension GenerationGuide where Value == Int {
    /// No less than this.
    public static func minimum(_ value: Int) -> Self { .init(keywords: [.init(name: "minimum", json: "\(value)")]) }

    /// No more than this.
    public static func maximum(_ value: Int) -> Self { .init(keywords: [.init(name: "maximum", json: "\(value)")]) }

    /// One of these.
    public static func range(_ range: ClosedRange<Int>) -> Self {
        .init(keywords: minimum(range.lowerBound).keywords + maximum(range.upperBound).keywords)
    }
}

extension GenerationGuide where Value == Double {
    /// No less than this.
    public static func minimum(_ value: Double) -> Self { .init(keywords: [.init(name: "minimum", json: "\(value)")]) }

    /// No more than this.
    public static func maximum(_ value: Double) -> Self { .init(keywords: [.init(name: "maximum", json: "\(value)")]) }

    /// One of these.
    public static func range(_ range: ClosedRange<Double>) -> Self {
        .init(keywords: minimum(range.lowerBound).keywords + maximum(range.upperBound).keywords)
    }
}

extension GenerationGuide where Value == String {
    /// One of these.
    public static func anyOf(_ values: [String]) -> Self { .init(keywords: [.oneOf(values)]) }

    /// Text in which a regular expression is found: of all of it if that begins with `^` and ends with `$`.
    public static func pattern(_ regex: String) -> Self {
        .init(keywords: [.init(name: "pattern", json: quoted(regex))])
    }

    /// No more letters than this.
    public static func maximumLength(_ count: Int) -> Self {
        .init(keywords: [.init(name: "maxLength", json: "\(count)")])
    }
}

extension GenerationGuide {
    /// No fewer elements than this.
    public static func minimumCount<Element>(_ count: Int) -> Self where Value == [Element] {
        .init(keywords: [.init(name: "minItems", json: "\(count)")])
    }

    /// No more elements than this.
    public static func maximumCount<Element>(_ count: Int) -> Self where Value == [Element] {
        .init(keywords: [.init(name: "maxItems", json: "\(count)")])
    }
}

private func described(_ description: String?) -> [GenerationSchema.Keyword] {
    description.map { [.init(name: "description", json: quoted($0))] } ?? []
}

/// A text as it stands in JSON.
private func quoted(_ text: String) -> String {
    let letters = text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case "\u{20}"...: String(scalar)
        default: "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        }
    }
    return "\"\(letters.joined())\""
}

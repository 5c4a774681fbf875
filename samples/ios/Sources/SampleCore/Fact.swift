// What screens tell line by line: a name and a value.

/// A line of a list.
public struct Fact: Sendable, Hashable, Identifiable {
    /// What is told.
    public let name: String
    /// Its value.
    public let value: String

    /// What is told.
    public var id: String { name }

    init(_ name: String, _ value: String) {
        (self.name, self.value) = (name, value)
    }
}

import Foundation

/// The arguments of a call: a JSON object of texts, numbers, booleans and lists of texts. Models and users write it, so it
/// is read strictly, and nothing in it nests.
struct Arguments: Decodable {
    private let values: [String: Value]

    /// A value as it was written.
    fileprivate enum Value: Decodable {
        case none
        case text(String)
        case whole(Int)
        case number(Double)
        case flag(Bool)
        case texts([String])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .none
            } else if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else if let whole = try? value.decode(Int.self) {
                self = .whole(whole)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else if let texts = try? value.decode([String].self) {
                self = .texts(texts)
            } else {
                self = .other
            }
        }
    }

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    /// Reads what was written for `function`.
    init(of function: String, json: String) throws {
        do {
            self = try JSONDecoder().decode(Arguments.self, from: Data(json.utf8))
        } catch {
            throw ActionError.argumentInvalid(reason: "\(function) takes a JSON object as its arguments.")
        }
    }

    /// Reads the arguments of `function` with `body`, and refuses what that did not ask for.
    func read<Result>(for function: String, _ body: (inout Reader) throws -> Result) throws -> Result {
        var reader = Reader(function: function, values: values)
        let result = try body(&reader)
        if let unknown = values.keys.sorted().first(where: { !reader.asked.contains($0) }) {
            throw ActionError.argumentInvalid(reason: "\(function) takes no argument \(unknown.prefix(40)).")
        }
        return result
    }

    /// Hands out the arguments one by one, checked.
    struct Reader {
        fileprivate let function: String
        fileprivate let values: [String: Value]
        fileprivate var asked: Set<String> = []

        fileprivate init(function: String, values: [String: Value]) {
            self.function = function
            self.values = values
        }

        mutating func text(_ name: String) throws -> String {
            try present(name, try optionalText(name))
        }

        /// A blank text counts as none.
        mutating func optionalText(_ name: String) throws -> String? {
            switch value(name) {
            case .none: return nil
            case .text(let text):
                let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
                return trimmed.isEmpty ? nil : trimmed
            default: throw invalid(name, "must be a text")
            }
        }

        mutating func whole(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
            try present(name, try optionalWhole(name, range))
        }

        mutating func optionalWhole(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
            let bounds =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            switch value(name) {
            case .none: return nil
            case .whole(let number) where range.contains(number): return number
            case .whole(let number): throw invalid(name, "must be a whole number \(bounds), not \(number)")
            case .number(let number): throw invalid(name, "must be a whole number \(bounds), not \(number)")
            default: throw invalid(name, "must be a whole number \(bounds)")
            }
        }

        mutating func flag(_ name: String) throws -> Bool {
            switch value(name) {
            case .none: return try present(name, nil)
            case .flag(let flag): return flag
            default: throw invalid(name, "must be true or false")
            }
        }

        mutating func texts(_ name: String) throws -> [String] {
            switch value(name) {
            case .none: return []
            case .texts(let texts):
                return texts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
            default: throw invalid(name, "must be a list of texts")
            }
        }

        /// HH:MM on the 24-hour clock.
        mutating func optionalTime(_ name: String) throws -> ClockTime? {
            guard let text = try optionalText(name) else { return nil }
            guard let time = ClockTime(text) else {
                throw invalid(
                    name, "must be HH:MM on the 24-hour clock, from 00:00 to 23:59, not \(text.prefix(40))")
            }
            return time
        }

        mutating func choice<Choice: RawRepresentable<String>>(
            _ name: String,
            of choices: [Choice]
        ) throws -> Choice {
            try Self.choice(try text(name), of: choices, or: { invalid(name, $0) })
        }

        mutating func choices<Choice: RawRepresentable<String>>(
            _ name: String,
            of choices: [Choice]
        ) throws -> [Choice] {
            try texts(name).map { text in try Self.choice(text, of: choices, or: { invalid(name, $0) }) }
        }

        func invalid(_ name: String, _ reason: String) -> ActionError {
            .argumentInvalid(reason: "\(function): \(name) \(reason).")
        }

        private static func choice<Choice: RawRepresentable<String>>(
            _ text: String,
            of choices: [Choice],
            or invalid: (String) -> ActionError
        ) throws -> Choice {
            guard let choice = choices.first(where: { $0.rawValue == text }) else {
                let names = choices.map(\.rawValue).joined(separator: ", ")
                throw invalid("must be one of \(names), not \(text.prefix(40))")
            }
            return choice
        }

        private mutating func value(_ name: String) -> Value {
            asked.insert(name)
            return values[name] ?? .none
        }

        private func present<Present>(_ name: String, _ value: Present?) throws -> Present {
            guard let value else { throw invalid(name, "is missing") }
            return value
        }
    }
}

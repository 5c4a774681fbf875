// Arguments of a call as fields that a person can change, made from the tool's JSON schema.

import Foundation

/// An argument of a call.
public struct ArgumentField: Sendable, Hashable, Identifiable {
    /// What the tool calls it.
    public let name: String
    /// Its JSON type: `string`, `integer`, `number`, `boolean` or `array`, of strings.
    let type: String
    /// What it is for; for an argument of a few values, these.
    public let hint: String
    /// Whether it cannot be left out.
    let isRequired: Bool
    /// Its value; empty if it is left out. Those of an array stand with commas between them.
    public var text: String

    /// What the tool calls it.
    public var id: String { name }
    /// Its name as people read it.
    public var title: String { readable(name) }

    /// The fields of a tool, filled with arguments; required ones first.
    ///
    /// - Parameters:
    ///   - schema: The tool's JSON schema.
    ///   - arguments: A JSON object.
    static func all(schema: String, arguments: String) -> [ArgumentField] {
        let schema = try? JSONDecoder().decode(Schema.self, from: Data(schema.utf8))
        let values = try? JSONDecoder().decode([String: ArgumentValue].self, from: Data(arguments.utf8))
        let fields = (schema?.properties ?? [:]).map { name, property in
            ArgumentField(
                name: name,
                type: property.type ?? "string",
                hint: property.enum?.joined(separator: ", ") ?? property.description ?? "",
                isRequired: schema?.required?.contains(name) == true,
                text: values?[name]?.text ?? ""
            )
        }
        return fields.sorted { $0.isRequired != $1.isRequired ? $0.isRequired : $0.name < $1.name }
    }

    /// Arguments as a JSON object. What cannot be read as its type stays text, and the SDK says what is wrong with it.
    static func json(_ fields: [ArgumentField]) -> String {
        let given = fields.filter { $0.isRequired || !$0.text.isEmpty }
        let values = Dictionary(given.map { ($0.name, $0.value) }) { first, _ in first }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private var value: ArgumentValue {
        let written: ArgumentValue? =
            switch type {
            case "integer": Int(text).map(ArgumentValue.whole)
            case "number": Double(text).map(ArgumentValue.number)
            case "boolean": Bool(text).map(ArgumentValue.flag)
            case "array": .texts(text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
            default: nil
            }
        return written ?? .text(text)
    }
}

/// What matters of a tool's JSON schema.
private struct Schema: Decodable {
    struct Property: Decodable {
        let type: String?
        let description: String?
        let `enum`: [String]?
    }

    let properties: [String: Property]?
    let required: [String]?
}

/// The value of an argument.
private enum ArgumentValue: Codable {
    case text(String)
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case texts([String])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let whole = try? value.decode(Int.self) {
            self = .whole(whole)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else {
            self = .texts(try value.decode([String].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .text(let text): try value.encode(text)
        case .flag(let flag): try value.encode(flag)
        case .whole(let whole): try value.encode(whole)
        case .number(let number): try value.encode(number)
        case .texts(let texts): try value.encode(texts)
        }
    }

    var text: String {
        switch self {
        case .text(let text): text
        case .flag(let flag): "\(flag)"
        case .whole(let whole): "\(whole)"
        case .number(let number): "\(number)"
        case .texts(let texts): texts.joined(separator: ", ")
        }
    }
}

/// A name of the model's as words: `set_alarm` as `Set alarm`.
func readable(_ name: String) -> String {
    name.prefix(1).uppercased() + name.dropFirst().replacing("_", with: " ")
}

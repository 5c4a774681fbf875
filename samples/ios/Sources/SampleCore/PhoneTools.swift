// The tools of the Assistant screen. They stay inside the app: a clock of its own, and a folder of documents.

import Foundation
import PhoneLM

/// The tools that the assistant may call, under the names that phonelm-tiny was trained on.
///
/// - Parameter documents: Where documents are made.
func phoneTools(documents: URL) -> [any Tool] {
    let alarms = Alarms()
    return [
        SetAlarm(alarms: alarms), ShowAlarms(alarms: alarms), SetTimer(alarms: alarms),
        CreateDocument(folder: documents),
    ]
}

/// What was set.
private actor Alarms {
    private(set) var all: [String] = []

    func add(_ alarm: String) -> String {
        all.append(alarm)
        return #"{"status": "ok"}"#
    }
}

private struct SetAlarm: Tool {
    struct Arguments: Decodable {
        let hour: Int
        let minutes: Int
        let label: String?
    }

    let alarms: Alarms
    let name = "set_alarm"
    let description = "Set an alarm in the clock app."
    let parameters = """
        {"type": "object", "properties": {"hour": {"type": "integer", "minimum": 0, "maximum": 23, "description": \
        "Hour, 24-hour clock."}, "minutes": {"type": "integer", "minimum": 0, "maximum": 59, "description": "Minutes \
        past the hour; 0 when none are said."}, "label": {"type": "string", "description": "What the alarm is for, in \
        the user's words."}}, "required": ["hour", "minutes"], "additionalProperties": false}
        """
    let permission = ToolPermission.ask

    func call(arguments: Arguments) async throws -> String {
        let minutes = arguments.minutes < 10 ? "0\(arguments.minutes)" : "\(arguments.minutes)"
        return await alarms.add("\(arguments.hour):\(minutes) \(arguments.label ?? "")")
    }
}

private struct ShowAlarms: Tool {
    struct Arguments: Decodable {}

    let alarms: Alarms
    let name = "show_alarms"
    let description = "Show the list of alarms."
    let parameters = #"{"type": "object", "properties": {}, "required": [], "additionalProperties": false}"#

    func call(arguments: Arguments) async throws -> String {
        let all = await alarms.all
        return all.isEmpty ? "There are no alarms." : all.joined(separator: ", ")
    }
}

private struct SetTimer: Tool {
    struct Arguments: Decodable { let seconds: Int }

    let alarms: Alarms
    let name = "set_timer"
    let description = "Start a countdown."
    let parameters = """
        {"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 86400, \
        "description": "Length in seconds."}}, "required": ["seconds"], "additionalProperties": false}
        """

    func call(arguments: Arguments) async throws -> String {
        await alarms.add("timer of \(arguments.seconds) s")
    }
}

private struct CreateDocument: Tool {
    struct Arguments: Decodable { let name, kind: String }

    let folder: URL
    let name = "create_document"
    let description = "Create an empty document."
    let parameters = """
        {"type": "object", "properties": {"name": {"type": "string", "description": "File name as said, without a \
        suffix."}, "kind": {"type": "string", "enum": \
        ["text", "pdf", "spreadsheet", "presentation"], "description": "text when none is said."}}, \
        "required": ["name", "kind"], "additionalProperties": false}
        """
    let permission = ToolPermission.ask

    func call(arguments: Arguments) async throws -> String {
        guard arguments.kind == "text" else { return "failed: only text documents can be made here" }
        let file = URL(fileURLWithPath: arguments.name).lastPathComponent + ".txt"
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data().write(to: folder.appendingPathComponent(file), options: .withoutOverwriting)
        return "created \(file)"
    }
}

// The assistant in a terminal: it answers requests, shows the model's calls, and asks before a timer is set.
//     swift run Assistant ../../models/phonelm-tiny/phonelm-tiny.gguf

import Foundation
import PhoneLM

private struct SetTimer: Tool {
    struct Arguments: Decodable { let seconds: Int }

    let name = "set_timer"
    let description = "Start a countdown."
    let parameters = """
        {"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 86400, \
        "description": "Length in seconds."}}, "required": ["seconds"], "additionalProperties": false}
        """
    let permission = ToolPermission.ask

    func call(arguments: Arguments) async throws -> String {
        Task {
            try await Task.sleep(for: .seconds(arguments.seconds))
            print("\n\(arguments.seconds) seconds are over.")
        }
        return "ok"
    }
}

@main
struct Assistant {
    static func main() async throws {
        guard let path = CommandLine.arguments.dropFirst().first else { return print("Name a GGUF file.") }
        let model = try await LanguageModel(contentsOf: URL(fileURLWithPath: path))
        let policy = ToolPolicy { asked in
            say("May I call \(asked.call.toolName) \(asked.call.arguments)? (y/n) ")
            return readLine() == "y" ? .run : .refuse(reason: nil)
        }
        let session = try LanguageModelSession(model: model, tools: [SetTimer()], toolPolicy: policy)
        say("> ")
        while let request = readLine(), !request.isEmpty {
            for try await snapshot in session.streamResponse(to: request) {
                say(snapshot.delta)
                switch snapshot.step {
                case .running(let call): print("→ \(call.toolName) \(call.arguments)")
                case .finished(_, let output): print("← \(output)")
                case .failed(_, let message): print("← it failed: \(message)")
                case .refused: print("← refused")
                case .confirming, nil: break
                }
            }
            say("\n> ")
        }
    }

    /// Writes at once what does not end a line.
    private static func say(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }
}

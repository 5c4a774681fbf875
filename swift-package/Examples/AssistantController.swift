// A screen with an assistant on an iPhone, as docs/actions.md shows it.

import PhoneLM
import PhoneLMActions
import UIKit

final class AssistantController: UIViewController {
    func session(
        model: LanguageModel,
        ask: @escaping @Sendable (String) async -> Bool
    ) throws -> LanguageModelSession {
        let actions = PhoneActions(device: .iPhone(over: { [weak self] in self }))
        let policy = ToolPolicy { asked in
            do {
                return await ask(try await actions.describe(asked.call)) ? .run : .refuse(reason: nil)
            } catch {
                return .refuse(reason: error.localizedDescription)
            }
        }
        return try LanguageModelSession(model: model, tools: actions.tools, toolPolicy: policy)
    }
}

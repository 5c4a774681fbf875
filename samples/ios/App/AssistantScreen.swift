// Assistant: a request becomes calls, each a card.

import SampleCore
import SwiftUI

struct AssistantScreen: View {
    @Bindable var assistant: Assistant

    var body: some View {
        NavigationStack {
            ScrollView {
                LazyVStack(spacing: 12) {
                    if assistant.turns.isEmpty { welcome }
                    ForEach(assistant.turns) { turn in TurnView(turn: turn, assistant: assistant) }
                    if let problem = assistant.problem { Problem(text: problem) }
                }
                .padding()
            }
            .defaultScrollAnchor(.bottom)
            .safeAreaInset(edge: .bottom) {
                InputBar(
                    prompt: "Say what you need", text: $assistant.request, isBusy: assistant.isWorking,
                    canSend: assistant.canRun, send: assistant.run, stop: assistant.stop
                )
                .padding()
                .background(.bar)
            }
            .navigationTitle("Assistant")
        }
    }

    private var welcome: some View {
        Welcome(
            title: "What shall the phone do?",
            text: "You are asked before anything is written, sent or called.",
            suggestions: ["Wake me at 7 tomorrow", "Set a timer for 5 minutes", "Create a text document called plan"],
            draft: $assistant.request
        )
    }
}

/// A request, its calls and the answer.
private struct TurnView: View {
    let turn: Assistant.Turn
    let assistant: Assistant

    var body: some View {
        Bubble(text: turn.request, isFromUser: true)
        ForEach(turn.cards) { card in CallCardView(card: card, assistant: assistant) }
        if !turn.answer.isEmpty { Bubble(text: turn.answer, isFromUser: false) }
        if turn.isStopped { Text("Stopped").foregroundStyle(.secondary) }
        if let problem = turn.problem { Problem(text: problem) }
    }
}

// Chat: a conversation that streams, can be stopped, edited and retried, and is there again after a restart.

import SampleCore
import SwiftUI

struct ChatScreen: View {
    @Bindable var chat: Chat

    var body: some View {
        NavigationStack {
            ScrollView {
                LazyVStack(spacing: 12) {
                    if chat.messages.isEmpty { welcome }
                    ForEach(chat.messages) { message in
                        Bubble(text: message.text.isEmpty ? "…" : message.text, isFromUser: message.isFromUser)
                    }
                    if let problem = chat.problem { Problem(text: problem) }
                }
                .padding()
            }
            .defaultScrollAnchor(.bottom)
            .safeAreaInset(edge: .bottom) { input }
            .navigationTitle("Chat")
            .toolbar {
                ToolbarItem(placement: .primaryAction) { menu }
            }
        }
    }

    private var welcome: some View {
        Welcome(
            title: "What shall we talk about?",
            text: "The model runs on this phone. Nothing that you write leaves it.",
            suggestions: ["Who are you?", "What is 12 plus 7?", "Tell me a fact about penguins."],
            draft: $chat.draft
        )
    }

    private var input: some View {
        VStack(alignment: .leading) {
            if let speed = chat.speed { Text(speed).font(.caption).foregroundStyle(.secondary) }
            if chat.isEditing {
                HStack {
                    Label("Your last question, in other words", systemImage: "pencil").font(.caption)
                    Spacer()
                    Button("Leave the question as it was", systemImage: "xmark", action: chat.stopEditing)
                        .labelStyle(.iconOnly)
                }
            }
            InputBar(
                prompt: "Ask something", text: $chat.draft, isBusy: chat.isAnswering, canSend: chat.canSend,
                send: chat.send, stop: chat.stop)
        }
        .padding()
        .background(.bar)
    }

    private var menu: some View {
        Menu {
            Button("Answer once more", systemImage: "arrow.clockwise", action: chat.retry).disabled(!chat.canRetry)
            Button("Change this question", systemImage: "pencil", action: chat.edit).disabled(!chat.canRetry)
            Button("Begin anew", systemImage: "square.and.pencil", action: chat.clear).disabled(chat.isAnswering)
        } label: {
            Label("More", systemImage: "ellipsis.circle")
        }
    }
}

// What several screens show alike.

import SampleCore
import SwiftUI

/// A field to write in, and a button that sends, or stops what is being done.
struct InputBar: View {
    let prompt: LocalizedStringKey
    @Binding var text: String
    let isBusy: Bool
    let canSend: Bool
    let send: @MainActor () -> Void
    let stop: @MainActor () -> Void

    var body: some View {
        HStack(alignment: .bottom) {
            TextField(prompt, text: $text, axis: .vertical)
                .textFieldStyle(.roundedBorder)
                .lineLimit(1...5)
            if isBusy {
                Button("Stop", systemImage: "stop.circle.fill", action: stop)
            } else {
                Button("Send", systemImage: "arrow.up.circle.fill", action: send).disabled(!canSend)
            }
        }
        .labelStyle(.iconOnly)
        .imageScale(.large)
    }
}

/// What a screen is for, and what one could say first.
struct Welcome: View {
    let title: LocalizedStringKey
    let text: LocalizedStringKey
    let suggestions: [String]
    @Binding var draft: String

    var body: some View {
        VStack(spacing: 12) {
            Text(title).font(.title2).accessibilityAddTraits(.isHeader)
            Text(text).foregroundStyle(.secondary)
            ForEach(suggestions, id: \.self) { suggestion in
                Button(suggestion) { draft = suggestion }.buttonStyle(.bordered)
            }
        }
        .multilineTextAlignment(.center)
        .padding()
    }
}

/// Words in a bubble: the user's on the trailing side.
struct Bubble: View {
    let text: String
    let isFromUser: Bool

    var body: some View {
        Text(text)
            .textSelection(.enabled)
            .padding(12)
            .background(Color.accentColor.opacity(isFromUser ? 0.25 : 0.08), in: .rect(cornerRadius: 16))
            .frame(maxWidth: .infinity, alignment: isFromUser ? .trailing : .leading)
            .accessibilityLabel(isFromUser ? Text("You: \(text)") : Text(text))
    }
}

/// Facts, a line each.
struct FactRows: View {
    let facts: [Fact]

    var body: some View {
        ForEach(facts) { fact in LabeledContent(fact.name, value: fact.value) }
    }
}

/// What went wrong.
struct Problem: View {
    let text: String

    var body: some View {
        Label(text, systemImage: "exclamationmark.triangle")
            .font(.callout)
            .foregroundStyle(.red)
    }
}

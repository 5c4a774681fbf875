// A call as a card: its arguments, which can be changed, the question whether it may run, how it ended.

import SampleCore
import SwiftUI

struct CallCardView: View {
    let card: CallCard
    let assistant: Assistant
    /// The arguments as the user is changing them.
    @State private var changed: [ArgumentField]?

    var body: some View {
        GroupBox {
            VStack(alignment: .leading, spacing: 8) {
                if let sentence = card.sentence { Text(sentence) }
                if changed == nil {
                    ForEach(card.given) { field in LabeledContent(field.title, value: field.text) }
                }
                outcome
                if card.isAsking { question }
            }
            .frame(maxWidth: .infinity, alignment: .leading)
        } label: {
            Label(card.title, systemImage: "bolt")
        }
    }

    @ViewBuilder private var outcome: some View {
        switch card.state {
        case .asking(let problem): if let problem { Problem(text: problem) }
        case .running: ProgressView("Running")
        case .finished(let output): Label(output, systemImage: "checkmark.circle").foregroundStyle(.secondary)
        case .failed(let message): Problem(text: message)
        case .refused: Label("Not done", systemImage: "nosign").foregroundStyle(.secondary)
        case .unknown: Problem(text: "Stopped. Whether it took effect is not known.")
        }
    }

    @ViewBuilder private var question: some View {
        if let fields = Binding($changed) {
            ForEach(fields) { field in ArgumentRow(field: field) }
            row {
                Button("Cancel") { changed = nil }
                Button("Do this instead") { run(fields.wrappedValue) }.buttonStyle(.borderedProminent)
            }
        } else {
            row {
                Button("Don't", action: assistant.refuse)
                Button("Change") { changed = card.fields }
                Button("Do it") { run(card.fields) }.buttonStyle(.borderedProminent)
            }
        }
    }

    /// Buttons beside each other, or one below the other where the font is large.
    private func row(@ViewBuilder _ buttons: () -> some View) -> some View {
        ViewThatFits {
            HStack(content: buttons)
            VStack(alignment: .leading, content: buttons)
        }
        .buttonStyle(.bordered)
    }

    private func run(_ fields: [ArgumentField]) {
        changed = nil
        assistant.allow(card, with: fields)
    }
}

/// An argument that the user is changing.
private struct ArgumentRow: View {
    @Binding var field: ArgumentField

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(field.title).font(.callout)
            TextField(field.title, text: $field.text, axis: .vertical).textFieldStyle(.roundedBorder)
            Text(field.hint).font(.caption).foregroundStyle(.secondary)
        }
    }
}

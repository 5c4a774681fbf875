// How numbers, and what a model said, are put into words.

import Foundation
import PhoneLM

extension LanguageModelSession.Statistics {
    /// A line below an answer, such as `52 tokens/s, first after 80 ms, 120 of 2,048 tokens in use`.
    func line(_ usage: ContextUsage) -> String {
        var line = "\(tokensPerSecond.short) tokens/s, first after \((secondsToFirstToken * 1000).short) ms"
        line += ", \(usage.tokens.formatted()) of \(usage.contextSize.formatted()) tokens in use"
        if droppedTurns > 0 { line += ", \(droppedTurns.formatted()) old turns were forgotten" }
        return line
    }
}

extension Sequence<Transcript.Segment> {
    /// The words, joined.
    var text: String {
        map { segment in
            switch segment {
            case .text(let text): text.content
            }
        }.joined()
    }
}

extension Double {
    /// Three digits, as far as they say something.
    public var short: String { formatted(.number.precision(.significantDigits(1...3))) }
}

extension Int {
    /// A number of bytes, in the unit that suits it.
    var asBytes: String { formatted(.byteCount(style: .memory)) }
}

extension ModelShape {
    /// Its sizes in a line.
    var line: String {
        "\(hidden) wide, \(layers) layers, FFN \(ffn), \(heads) heads, \(kvHeads) for keys"
    }
}

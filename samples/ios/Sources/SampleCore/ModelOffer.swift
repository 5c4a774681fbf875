// A model that may be opened, and the memory that this takes, as the Models screen shows it.

import Foundation
import PhoneLM

extension ModelLibrary {
    /// A model that may be opened, and what that takes.
    public struct Offer: Sendable, Identifiable {
        /// The file.
        public let entry: Entry
        /// What it will need.
        let plan: MemoryPlan
        /// What holds the right to read a file that was picked; `nil` for one that is in the app already.
        let access: (any Sendable)?

        /// The file.
        public var id: URL { entry.url }
        /// Whether the file is copied into the app first.
        public var isImport: Bool { access != nil }
        /// Tokens that a conversation may have when it is opened; 0 if not even the model fits.
        var contextSize: Int { min(plan.contextSize, plan.largestContextSize ?? plan.contextSize) }
        /// Whether it can be opened.
        public var fits: Bool { contextSize > 0 }

        /// What it takes.
        public var facts: [Fact] {
            let conversation = plan.keyValueBytesPerToken * contextSize
            var facts = [
                Fact("Weights that are copied", plan.weightBytes.asBytes),
                Fact("A conversation of \(contextSize.formatted()) tokens", conversation.asBytes),
                Fact("Working memory", plan.scratchBytes.asBytes),
                Fact("File, read where it lies", plan.fileBytes.asBytes),
            ]
            if plan.gpuBytes > 0 { facts.append(Fact("On the GPU", plan.gpuBytes.asBytes)) }
            return facts
        }

        /// What to know before it is opened, if anything.
        public var warning: String? {
            if !fits { return "This model does not fit into the memory that is free." }
            guard contextSize < plan.contextSize else { return nil }
            return "There is room for a conversation of \(contextSize.formatted()) tokens."
        }
    }
}

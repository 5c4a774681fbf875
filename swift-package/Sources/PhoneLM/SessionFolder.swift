import Foundation
internal import PhoneLMBindings

/// A folder that a session is kept in, so that neither a crash nor a killed process loses a turn.
///
/// Each turn lies on the disk before it is told as ended, and each call of a tool before it runs. Take a folder of its own
/// inside the app's Application Support.
public struct SessionFolder: Sendable, Hashable {
    /// Where it lies. Nothing else may lie in it.
    public var url: URL

    /// 32 bytes with which all that is written is sealed, kept in the keychain; without one, whoever can read the folder can
    /// read the session.
    public var key: Data?

    /// Names a folder.
    ///
    /// - Parameters:
    ///   - url: Where it lies.
    ///   - key: 32 bytes with which all that is written is sealed.
    public init(_ url: URL, key: Data? = nil) {
        self.url = url
        self.key = key
    }

    var native: PhoneLMBindings.SessionFolder {
        PhoneLMBindings.SessionFolder(path: url.path, key: key)
    }
}

/// A session that goes on where its folder stood.
public struct RestoredSession: Sendable {
    /// The session, which is kept in that folder from here on.
    public let session: LanguageModelSession

    /// Turns of the user that it holds.
    public let turns: Int

    /// Bytes at the end of its log that a crash cut off, 0 as a rule. What they said had never been told as ended.
    public let lostBytes: Int

    /// Why its next turn computes all of it anew, for people: another model, another type of keys and values, another
    /// version of the library.
    ///
    /// `nil` where what was saved of the cache is taken over; `cachedTokens` of the next answer tells how much that was.
    public let readsAnew: String?
}

extension LanguageModelSession {
    /// Goes on with the session that is kept in a folder, or with a copy that ``save(to:)`` wrote; it is kept there from
    /// here on.
    ///
    /// It stands at its last turn. Calls that may have run when their process died read "outcome unknown" and are not
    /// repeated.
    ///
    /// - Parameters:
    ///   - folder: Where the session is kept.
    ///   - model: The model that answers.
    ///   - tools: Functions of the app that the model may call.
    ///   - instructions: What holds in place of the session's own instructions, if anything.
    ///   - options: What requests use unless they say otherwise.
    ///   - overflow: What happens when the conversation outgrows the context.
    ///   - toolPolicy: Who is asked about calls, and how many there may be.
    /// - Throws: ``LanguageModelError``, ``LanguageModelError/sessionInvalid(path:reason:)`` above all.
    public static func restore(
        from folder: SessionFolder,
        model: LanguageModel,
        tools: [any Tool] = [],
        instructions: String? = nil,
        options: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = .fail,
        toolPolicy: ToolPolicy = ToolPolicy()
    ) async throws -> RestoredSession {
        let options = try SessionOptions(instructions, options, overflow, tools, toolPolicy)
        let restored = try await blocking {
            try model.model.restoreSavedSession(folder: folder.native, options: options)
        }
        return RestoredSession(
            session: LanguageModelSession(restored.session, tools, toolPolicy),
            turns: Int(restored.turns),
            lostBytes: Int(restored.lostBytes),
            readsAnew: restored.readsAnew
        )
    }

    /// Writes a copy of the conversation, as it stands after its last turn, to a folder that does not exist yet: whole, or
    /// not at all.
    ///
    /// ``restore(from:model:tools:instructions:options:overflow:toolPolicy:)`` goes on from it. The model computes nothing
    /// else meanwhile.
    ///
    /// - Parameter folder: Where to write it.
    /// - Throws: ``LanguageModelError``.
    public func save(to folder: SessionFolder) async throws {
        try await crossingAsync { try await session.save(folder: folder.native) }
    }
}

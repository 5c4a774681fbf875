/// What a search looks at in the user's music.
public enum MusicField: Sendable, Hashable, CaseIterable {
    /// Who plays it.
    case artist
    /// The album's title.
    case album
    /// The title of a piece.
    case title
    /// The style of music.
    case genre
}

/// The music on the phone.
public protocol MusicPlayer: PermittedPart {
    /// Plays all whose field has the words in it; whether there is any.
    func play(_ field: MusicField, containing words: String) async throws -> Bool
}

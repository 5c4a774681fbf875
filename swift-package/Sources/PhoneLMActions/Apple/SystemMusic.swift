#if canImport(UIKit)
#if canImport(MediaPlayer)
import Foundation
import MediaPlayer

/// The music library, played by the music app: https://developer.apple.com/documentation/mediaplayer/mpmediaquery
@MainActor
struct SystemMusic: MusicPlayer {
    nonisolated var usageKey: String { "NSAppleMusicUsageDescription" }

    func requestAccess() async -> Bool {
        await MPMediaLibrary.requestAuthorization() == .authorized
    }

    func play(_ field: MusicField, containing words: String) async throws -> Bool {
        let property =
            switch field {
            case .artist: MPMediaItemPropertyArtist
            case .album: MPMediaItemPropertyAlbumTitle
            case .title: MPMediaItemPropertyTitle
            case .genre: MPMediaItemPropertyGenre
            }
        let query = MPMediaQuery.songs()
        query.addFilterPredicate(
            MPMediaPropertyPredicate(value: words, forProperty: property, comparisonType: .contains))
        guard query.items?.isEmpty == false else { return false }
        let player = MPMusicPlayerController.systemMusicPlayer
        player.setQueue(with: query)
        player.play()
        return true
    }
}
#endif
#endif

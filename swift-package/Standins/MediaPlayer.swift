// Stands in for Apple's MediaPlayer where there is none: what PhoneLMActions uses of it, declared as Apple documents it.
// swift-format-ignore-file

import Foundation

/// https://developer.apple.com/documentation/mediaplayer/mpmedialibrary
open class MPMediaLibrary: NSObject {
    /// https://developer.apple.com/documentation/mediaplayer/mpmedialibrary/requestauthorization(_:)
    public class func requestAuthorization() async -> MPMediaLibraryAuthorizationStatus { .denied }
}

/// https://developer.apple.com/documentation/mediaplayer/mpmedialibraryauthorizationstatus
public enum MPMediaLibraryAuthorizationStatus: Sendable {
    case notDetermined, denied, restricted, authorized
}

/// https://developer.apple.com/documentation/mediaplayer/mpmediaitempropertyartist
public let MPMediaItemPropertyArtist = "artist"
/// https://developer.apple.com/documentation/mediaplayer/mpmediaitempropertyalbumtitle
public let MPMediaItemPropertyAlbumTitle = "albumTitle"
/// https://developer.apple.com/documentation/mediaplayer/mpmediaitempropertytitle
public let MPMediaItemPropertyTitle = "title"
/// https://developer.apple.com/documentation/mediaplayer/mpmediaitempropertygenre
public let MPMediaItemPropertyGenre = "genre"

/// https://developer.apple.com/documentation/mediaplayer/mpmediapredicate
open class MPMediaPredicate: NSObject {}

/// https://developer.apple.com/documentation/mediaplayer/mpmediapropertypredicate
open class MPMediaPropertyPredicate: MPMediaPredicate {
    /// https://developer.apple.com/documentation/mediaplayer/mpmediapropertypredicate/init(value:forproperty:comparisontype:)
    public convenience init(value: Any?, forProperty property: String, comparisonType: MPMediaPredicateComparison) {
        self.init()
    }
}

/// https://developer.apple.com/documentation/mediaplayer/mpmediapredicatecomparison
public enum MPMediaPredicateComparison: Sendable {
    case equalTo, contains
}

/// https://developer.apple.com/documentation/mediaplayer/mpmediaitem
open class MPMediaItem: NSObject {}

/// https://developer.apple.com/documentation/mediaplayer/mpmediaquery
open class MPMediaQuery: NSObject {
    public var items: [MPMediaItem]? { nil }

    /// https://developer.apple.com/documentation/mediaplayer/mpmediaquery/songs()
    public class func songs() -> MPMediaQuery { MPMediaQuery() }

    public func addFilterPredicate(_ predicate: MPMediaPredicate) {}
}

/// https://developer.apple.com/documentation/mediaplayer/mpmusicplayercontroller
@MainActor
open class MPMusicPlayerController: NSObject {
    /// https://developer.apple.com/documentation/mediaplayer/mpmusicplayercontroller/systemmusicplayer
    public class var systemMusicPlayer: MPMusicPlayerController { MPMusicPlayerController() }

    /// https://developer.apple.com/documentation/mediaplayer/mpmusicplayercontroller/setqueue(with:)
    public func setQueue(with query: MPMediaQuery) {}

    /// https://developer.apple.com/documentation/mediaplayer/mpmediaplayback/play()
    public func play() {}
}

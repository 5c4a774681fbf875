// Stands in for Apple's UniformTypeIdentifiers where there is none: the types of files that PhoneLMActions asks for, declared
// as Apple documents them.

/// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct
public struct UTType: Sendable, Hashable {
    public static let image = UTType(identifier: "public.image")
    public static let movie = UTType(identifier: "public.movie")
    public static let audio = UTType(identifier: "public.audio")
    public static let item = UTType(identifier: "public.item")

    public let identifier: String

    private init(identifier: String) {
        self.identifier = identifier
    }

    /// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/init(filenameextension:conformingto:)
    public init?(filenameExtension: String) {
        nil
    }
}

// Stands in for Apple's UniformTypeIdentifiers where there is none: only what the sample uses, declared as Apple documents it.

/// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct
public struct UTType: Sendable, Hashable {
    /// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/data
    public static var data: UTType { UTType() }

    /// https://developer.apple.com/documentation/uniformtypeidentifiers/uttype-swift.struct/init(filenameextension:conformingto:)
    public init?(filenameExtension: String, conformingTo supertype: UTType = .data) {}

    private init() {}
}

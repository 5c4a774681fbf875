// Stands in for Apple's SwiftUI where there is none: the colour of an alarm, declared as Apple documents it.
// swift-format-ignore-file

/// https://developer.apple.com/documentation/swiftui/color
public struct Color: Sendable, Hashable {
    /// https://developer.apple.com/documentation/swiftui/color/accentcolor
    public static let accentColor = Color()
}

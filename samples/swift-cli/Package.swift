// swift-tools-version: 6.0
// A program for the terminal that takes PhoneLM from dist/swift, where `cargo xtask package swift` puts it.
import PackageDescription

let phoneLM = Context.environment["PHONELM_PACKAGE"] ?? "../../dist/swift/PhoneLM"

let package = Package(
    name: "Assistant",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "PhoneLM", path: phoneLM)],
    targets: [
        .executableTarget(name: "Assistant", dependencies: [.product(name: "PhoneLM", package: "PhoneLM")])
    ],
    swiftLanguageModes: [.v6]
)

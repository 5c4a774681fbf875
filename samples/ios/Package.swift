// swift-tools-version: 6.0
// What the app does, apart from how it looks: a package, so that it is tested where there is no SwiftUI.
import PackageDescription

let phoneLM = Context.environment["PHONELM_PACKAGE"] ?? "../../dist/swift/PhoneLM"

let package = Package(
    name: "SampleCore",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "SampleCore", targets: ["SampleCore"])],
    dependencies: [.package(name: "PhoneLM", path: phoneLM)],
    targets: [
        .target(
            name: "SampleCore",
            dependencies: [
                .product(name: "PhoneLM", package: "PhoneLM"), .product(name: "PhoneLMActions", package: "PhoneLM"),
            ]),
        .testTarget(name: "SampleCoreTests", dependencies: ["SampleCore"]),
    ],
    swiftLanguageModes: [.v6]
)

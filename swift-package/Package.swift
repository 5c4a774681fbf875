// swift-tools-version: 6.0
// One manifest for two engines: on Apple's platforms PhoneLMFFI.xcframework beside this file, elsewhere the host's
// libphonelm.a in the folder that PHONELM_LIB_DIR names (`lib` beside this file if it names none).
import PackageDescription

#if canImport(Darwin)
let engine = Target.binaryTarget(name: "PhoneLMFFI", path: "PhoneLMFFI.xcframework")
// What the engine calls beside libSystem: Metal, and what its Rust side needs to talk to it.
let linking: [LinkerSetting] = [
    .linkedFramework("CoreFoundation"),
    .linkedFramework("CoreGraphics"),
    .linkedFramework("Foundation"),
    .linkedFramework("Metal"),
    .linkedLibrary("objc"),
]
#else
let library = Context.environment["PHONELM_LIB_DIR"] ?? Context.packageDirectory + "/lib"
let engine = Target.systemLibrary(name: "PhoneLMFFI")
let linking: [LinkerSetting] = [.unsafeFlags(["-L" + library])]
#endif

let package = Package(
    name: "PhoneLM",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "PhoneLM", targets: ["PhoneLM"]),
        .library(name: "PhoneLMActions", targets: ["PhoneLMActions"]),
    ],
    targets: [
        engine,
        .target(name: "PhoneLMBindings", dependencies: ["PhoneLMFFI"]),
        .target(
            name: "PhoneLM",
            dependencies: ["PhoneLMBindings"],
            resources: [.copy("PrivacyInfo.xcprivacy")],
            linkerSettings: linking
        ),
        .target(name: "PhoneLMActions", dependencies: ["PhoneLM"]),
        .testTarget(name: "PhoneLMTests", dependencies: ["PhoneLM", "PhoneLMBindings"]),
        .testTarget(name: "PhoneLMActionsTests", dependencies: ["PhoneLM", "PhoneLMActions"]),
    ],
    swiftLanguageModes: [.v6]
)

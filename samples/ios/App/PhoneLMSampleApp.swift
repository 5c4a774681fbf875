// Where the app begins: its parts are made once, and every screen shows one of them.

import PhoneLMActions
import SampleCore
import SwiftUI
import UIKit

@main
struct PhoneLMSampleApp: App {
    @State private var sample = Sample(
        tiny: Bundle.main.bundleURL.appendingPathComponent("phonelm-tiny.gguf"),
        folder: .applicationSupportDirectory,
        device: .iPhone(over: frontController)
    )

    var body: some Scene {
        WindowGroup {
            ContentView(sample: sample)
        }
    }
}

/// What the system's own screens appear over.
@MainActor
private func frontController() -> UIViewController? {
    let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
    return scenes.first { $0.activationState == .foregroundActive }?.keyWindow?.rootViewController
}

/// The screens, one beside the other.
struct ContentView: View {
    let sample: Sample
    @Environment(\.scenePhase) private var scenePhase

    var body: some View {
        TabView {
            ChatScreen(chat: sample.chat)
                .tabItem { Label("Chat", systemImage: "bubble.left.and.bubble.right") }
            AssistantScreen(assistant: sample.assistant)
                .tabItem { Label("Assistant", systemImage: "wand.and.stars") }
            ModelsScreen(library: sample.library)
                .tabItem { Label("Models", systemImage: "shippingbox") }
            BenchmarkScreen(benchmark: sample.benchmark)
                .tabItem { Label("Speed", systemImage: "gauge.with.needle") }
            SearchScreen(search: sample.search)
                .tabItem { Label("Search", systemImage: "magnifyingglass") }
        }
        .task { sample.start() }
        .onChange(of: scenePhase) { sample.setBackground(scenePhase == .background) }
    }
}

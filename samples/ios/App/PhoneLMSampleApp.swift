// Where the app begins: its parts are made once, and every screen shows one of them.

import SampleCore
import SwiftUI

@main
struct PhoneLMSampleApp: App {
    @State private var sample = Sample(
        tiny: Bundle.main.bundleURL.appendingPathComponent("phonelm-tiny.gguf"),
        folder: .applicationSupportDirectory
    )

    var body: some Scene {
        WindowGroup {
            ContentView(sample: sample)
        }
    }
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

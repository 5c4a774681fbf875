// Models: those that there are, others from Files, and what each needs before it is loaded.

import SampleCore
import SwiftUI
import UniformTypeIdentifiers

struct ModelsScreen: View {
    @Bindable var library: ModelLibrary
    @State private var isPicking = false
    @State private var pickProblem: String?

    var body: some View {
        NavigationStack {
            List {
                if let work = library.work {
                    Section {
                        ProgressView(work.title, value: work.fraction)
                        Button("Cancel", role: .cancel, action: library.cancel)
                    }
                }
                if let problem = library.problem ?? pickProblem { Problem(text: problem) }
                Section("Models stay on this phone") {
                    ForEach(library.entries) { entry in
                        EntryRow(entry: entry, isOpen: library.openEntry == entry) { library.consider(entry) }
                            .swipeActions {
                                if !entry.isBundled {
                                    Button("Delete", role: .destructive) { library.delete(entry) }
                                }
                            }
                    }
                }
                if library.openEntry != nil { Section("Loaded") { FactRows(facts: library.facts) } }
            }
            .navigationTitle("Models")
            .toolbar {
                ToolbarItem(placement: .primaryAction) {
                    Button("Add a model (.gguf)", systemImage: "plus") { isPicking = true }.disabled(library.isBusy)
                }
            }
            .fileImporter(isPresented: $isPicking, allowedContentTypes: modelTypes) { picked in
                pickProblem = nil
                switch picked {
                case .success(let url): library.consider(picked: url, access: FileAccess(url))
                case .failure(let error): pickProblem = error.localizedDescription
                }
            }
            .sheet(item: $library.offer) { offer in
                OfferView(offer: offer, accept: library.acceptOffer) { library.offer = nil }
            }
        }
    }
}

/// GGUF files, and any other where the system does not know that ending.
private let modelTypes: [UTType] = [UTType(filenameExtension: "gguf") ?? .data, .data]

/// The right to read a file that the user picked, for as long as this lives.
private final class FileAccess: Sendable {
    private let url: URL
    private let isGranted: Bool

    init(_ url: URL) {
        self.url = url
        isGranted = url.startAccessingSecurityScopedResource()
    }

    deinit {
        if isGranted { url.stopAccessingSecurityScopedResource() }
    }
}

private struct EntryRow: View {
    let entry: ModelLibrary.Entry
    let isOpen: Bool
    let choose: @MainActor () -> Void

    var body: some View {
        Button(action: choose) {
            HStack {
                VStack(alignment: .leading) {
                    Text(entry.name)
                    if entry.isBundled {
                        Text("Comes with the app: small talk and calls, in English")
                            .font(.caption)
                            .foregroundStyle(.secondary)
                    }
                }
                Spacer()
                if isOpen { Image(systemName: "checkmark").accessibilityLabel("Loaded") }
            }
        }
        .disabled(isOpen)
    }
}

/// What a model will need, and the question whether to open it.
private struct OfferView: View {
    let offer: ModelLibrary.Offer
    let accept: @MainActor () -> Void
    let decline: @MainActor () -> Void

    var body: some View {
        NavigationStack {
            Form {
                Section("Memory") { FactRows(facts: offer.facts) }
                if let warning = offer.warning { Problem(text: warning) }
            }
            .navigationTitle(offer.entry.name)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Cancel", action: decline) }
                ToolbarItem(placement: .confirmationAction) {
                    Button(offer.isImport ? "Import and load" : "Load", action: accept).disabled(!offer.fits)
                }
            }
        }
    }
}

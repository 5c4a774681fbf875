#if canImport(UIKit)
import Foundation
import PhotosUI
import QuickLook
import UIKit
import UniformTypeIdentifiers

/// Screens for files: https://developer.apple.com/documentation/uikit/uidocumentpickerviewcontroller and, for pictures and
/// videos, https://developer.apple.com/documentation/photosui/phpickerviewcontroller
@MainActor
struct FileScreens: FilePresenter {
    let host: ScreenHost

    func save(_ file: URL) async throws -> URL? {
        try await documents(UIDocumentPickerViewController(forExporting: [file], asCopy: true)).first
    }

    func pick(_ kind: DocumentKind) async throws -> URL? {
        let types = kind == .any ? [UTType.item] : kind.suffixes.compactMap { UTType(filenameExtension: $0) }
        return try await documents(UIDocumentPickerViewController(forOpeningContentTypes: types, asCopy: true)).first
    }

    func pick(_ kind: FileKind, multiple: Bool) async throws -> [URL] {
        if kind == .image || kind == .video { return try await photos(kind, multiple: multiple) }
        let type = kind == .audio ? UTType.audio : .item
        let picker = UIDocumentPickerViewController(forOpeningContentTypes: [type], asCopy: true)
        picker.allowsMultipleSelection = multiple
        return try await documents(picker)
    }

    func show(_ file: URL) async throws {
        try host.show(Preview(of: file))
    }

    private func documents(_ picker: UIDocumentPickerViewController) async throws -> [URL] {
        try await host.ask { reply in
            let delegate = DocumentDelegate(reply)
            picker.delegate = delegate
            return (picker, delegate)
        }
    }

    private func photos(_ kind: FileKind, multiple: Bool) async throws -> [URL] {
        try await host.ask { reply in
            var configuration = PHPickerConfiguration()
            configuration.filter = kind == .image ? .images : .videos
            configuration.selectionLimit = multiple ? 0 : 1
            let screen = PHPickerViewController(configuration: configuration)
            let delegate = PhotoDelegate(kind == .image ? .image : .movie, reply)
            screen.delegate = delegate
            return (screen, delegate)
        }
    }
}

@MainActor
private final class DocumentDelegate: NSObject, UIDocumentPickerDelegate {
    private let reply: @MainActor ([URL]) -> Void

    init(_ reply: @escaping @MainActor ([URL]) -> Void) {
        self.reply = reply
    }

    func documentPicker(_ controller: UIDocumentPickerViewController, didPickDocumentsAt urls: [URL]) {
        reply(urls)
    }

    func documentPickerWasCancelled(_ controller: UIDocumentPickerViewController) {
        reply([])
    }
}

private final class PhotoDelegate: NSObject, PHPickerViewControllerDelegate {
    private let type: UTType
    private let reply: @MainActor ([URL]) -> Void

    init(_ type: UTType, _ reply: @escaping @MainActor ([URL]) -> Void) {
        self.type = type
        self.reply = reply
    }

    nonisolated func picker(_ picker: PHPickerViewController, didFinishPicking results: [PHPickerResult]) {
        let (files, copies) = AsyncStream<URL?>.makeStream()
        for result in results {
            // The file is gone when the closure ends.
            _ = result.itemProvider.loadFileRepresentation(forTypeIdentifier: type.identifier) { file, _ in
                copies.yield(file.flatMap { duplicate($0) })
            }
        }
        let (reply, count) = (reply, results.count)
        Task { @MainActor in
            var copied: [URL] = []
            for await file in files.prefix(count) { copied += [file].compactMap { $0 } }
            reply(copied)
        }
    }
}

/// A copy of a file in a folder of its own, so that it keeps its name.
private func duplicate(_ file: URL) -> URL? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let copy = folder.appendingPathComponent(file.lastPathComponent)
    do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: file, to: copy)
        return copy
    } catch {
        return nil
    }
}

/// A file on the screen: https://developer.apple.com/documentation/quicklook/qlpreviewcontroller
@MainActor
private final class Preview: QLPreviewController, QLPreviewControllerDataSource {
    private let file: URL

    init(of file: URL) {
        self.file = file
        super.init(nibName: nil, bundle: nil)
        dataSource = self
    }

    @available(*, unavailable)
    required init?(coder: NSCoder) {
        nil
    }

    nonisolated func numberOfPreviewItems(in controller: QLPreviewController) -> Int { 1 }

    nonisolated func previewController(
        _ controller: QLPreviewController,
        previewItemAt index: Int
    ) -> any QLPreviewItem {
        NSURL(fileURLWithPath: file.path)
    }
}
#endif

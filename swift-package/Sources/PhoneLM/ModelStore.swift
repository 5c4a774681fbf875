import Foundation
internal import PhoneLMBindings

/// A folder of model files, filled by the app: the library has no network of its own.
///
/// A model appears in the store when it is complete and checked. What a broken import leaves behind stays, so that the
/// next one goes on from there.
public final class ModelStore: Sendable {
    /// A model in the store.
    public struct StoredModel: Sendable, Hashable {
        /// What the store calls it by.
        public let name: String
        /// Where it is.
        public let url: URL
        /// How many bytes it has.
        public let bytes: Int
        /// Its SHA-256 in hexadecimal digits.
        public let sha256: String
    }

    private let store: PhoneLMBindings.ModelStore

    /// Opens a store, and makes its folder if there is none. The folder is left out of backups.
    ///
    /// - Parameter directory: The folder.
    /// - Throws: ``LanguageModelError``.
    public init(directory: URL) async throws {
        store = try await blocking {
            let store = try PhoneLMBindings.ModelStore.open(directory: directory.path)
            var directory = directory
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try? directory.setResourceValues(values)
            return store
        }
    }

    /// The models in the store.
    ///
    /// - Throws: ``LanguageModelError``.
    public func models() async throws -> [StoredModel] {
        let store = self.store
        return try await blocking { try store.list().map(StoredModel.init) }
    }

    /// The model of a name; `nil` if there is none.
    ///
    /// - Parameter name: What the store calls it by.
    /// - Throws: ``LanguageModelError``.
    public func model(named name: String) async throws -> StoredModel? {
        let store = self.store
        return try await blocking { try store.find(name: name).map(StoredModel.init) }
    }

    /// Deletes a model, and what a broken import of that name has left.
    ///
    /// - Parameter name: What the store calls it by.
    /// - Returns: Whether there was anything to delete.
    /// - Throws: ``LanguageModelError``.
    @discardableResult
    public func delete(_ name: String) async throws -> Bool {
        let store = self.store
        return try await blocking { try store.delete(name: name) }
    }

    /// Begins to bring a model into the store, or goes on with it.
    ///
    /// - Parameters:
    ///   - name: What the store will call it by.
    ///   - size: How many bytes it has: free space is then checked first, and completeness at the end.
    ///   - sha256: What its SHA-256 should be, in hexadecimal digits.
    /// - Throws: ``LanguageModelError``.
    public func beginImport(
        named name: String,
        size: Int? = nil,
        sha256: String? = nil
    ) async throws -> ModelImport {
        let store = self.store
        let options = ImportOptions(size: try unsigned(size, "size"), sha256: sha256)
        return ModelImport(try await blocking { try store.beginImport(name: name, options: options) })
    }

    /// Copies a model file into the store; an earlier import of it that broke off is gone on with.
    ///
    /// - Parameters:
    ///   - file: The file to copy.
    ///   - name: What the store will call it by.
    ///   - sha256: What its SHA-256 should be, in hexadecimal digits.
    ///   - progress: Is told how many bytes there are so far.
    /// - Throws: ``LanguageModelError``.
    public func importModel(
        contentsOf file: URL,
        named name: String,
        sha256: String? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> StoredModel {
        let size = try await blocking { try fileSize(file) }
        let pending = try await beginImport(named: name, size: size, sha256: sha256)
        defer { pending.suspend() }
        let handle = try await blocking { try opened(file, at: pending.offset) }
        while let chunk = try await blocking({ try handle.read(upToCount: ModelImport.chunkSize) }), !chunk.isEmpty {
            try Task.checkCancellation()
            let count = try await pending.write(chunk)
            progress?(count)
        }
        return try await pending.finish()
    }
}

/// A model on its way into a ``ModelStore``.
///
/// ```swift
/// let pending = try await store.beginImport(named: "assistant", size: 1_234_567_890, sha256: digest)
/// var request = URLRequest(url: url)
/// request.setValue("bytes=\(pending.offset)-", forHTTPHeaderField: "Range")
/// let (bytes, _) = try await URLSession.shared.bytes(for: request)
/// try await pending.write(contentsOf: bytes)
/// let model = try await pending.finish()
/// ```
///
/// Bytes that were written stay when the import is let go or the app ends:
/// ``ModelStore/beginImport(named:size:sha256:)`` then goes on from ``offset``.
public final class ModelImport: Sendable {
    static let chunkSize = 1 << 20

    private let pending: Import

    init(_ pending: Import) {
        self.pending = pending
    }

    /// How many bytes there are: go on with the byte at this offset.
    public var offset: Int { Int(clamping: pending.offset()) }

    /// Adds bytes.
    ///
    /// - Parameter bytes: What follows at ``offset``.
    /// - Returns: The new offset.
    /// - Throws: ``LanguageModelError``.
    @discardableResult
    public func write(_ bytes: Data) async throws -> Int {
        let pending = self.pending
        return Int(clamping: try await blocking { try pending.write(bytes: bytes) })
    }

    /// Adds all bytes of a sequence, such as those of a download.
    ///
    /// - Parameters:
    ///   - bytes: What follows at ``offset``.
    ///   - progress: Is told how many bytes there are so far.
    /// - Throws: ``LanguageModelError``, or what the sequence throws; the bytes before that stay.
    public func write<Bytes: AsyncSequence & Sendable>(
        contentsOf bytes: Bytes,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws where Bytes.Element == UInt8 {
        var chunk = Data(capacity: Self.chunkSize)
        do {
            for try await byte in bytes {
                chunk.append(byte)
                guard chunk.count == Self.chunkSize else { continue }
                let count = try await write(chunk)
                progress?(count)
                chunk.removeAll(keepingCapacity: true)
            }
        } catch {
            _ = try? await write(chunk)
            throw error
        }
        let count = try await write(chunk)
        progress?(count)
    }

    /// Checks size, SHA-256 and the model itself, and puts it into the store.
    ///
    /// - Throws: ``LanguageModelError``.
    public func finish() async throws -> ModelStore.StoredModel {
        let pending = self.pending
        return try await blocking { ModelStore.StoredModel(try pending.finish()) }
    }

    /// Ends the import for now; its bytes stay.
    public func suspend() {
        pending.suspend()
    }

    /// Ends the import and deletes its bytes.
    ///
    /// - Throws: ``LanguageModelError``.
    public func discard() async throws {
        let pending = self.pending
        try await blocking { try pending.discard() }
    }
}

private func fileSize(_ file: URL) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    return (attributes[.size] as? NSNumber)?.intValue ?? 0
}

private func opened(_ file: URL, at offset: Int) throws -> FileHandle {
    let handle = try FileHandle(forReadingFrom: file)
    try handle.seek(toOffset: UInt64(offset))
    return handle
}

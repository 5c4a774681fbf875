import Foundation

/// Screens of contacts.
public protocol ContactPresenter: Sendable {
    /// Shows a contact's card.
    func show(_ contact: Contact) async throws

    /// Lets the user choose a contact; gives its name, or `nil` if they turned back.
    func pick() async throws -> String?
}

/// Screens of the camera.
public protocol CameraPresenter: Sendable {
    /// Lets the user take a picture or a video; gives its file, or `nil` if they turned back.
    func capture(_ mode: CameraMode) async throws -> URL?
}

/// Screens for files.
public protocol FilePresenter: Sendable {
    /// Lets the user choose where a file of the app goes; gives its place, or `nil` if they turned back.
    func save(_ file: URL) async throws -> URL?

    /// Lets the user choose a document; gives a copy, or `nil` if they turned back.
    func pick(_ kind: DocumentKind) async throws -> URL?

    /// Lets the user choose files; gives copies, or none if they turned back.
    func pick(_ kind: FileKind, multiple: Bool) async throws -> [URL]

    /// Shows a file.
    func show(_ file: URL) async throws
}

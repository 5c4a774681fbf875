// Maps, settings, the camera, music, files.

import Foundation

extension Planner {
    func navigate(to place: String, _ mode: TravelMode) throws -> Plan {
        let done = "Directions to \(place) are on the screen."
        let bicycle = mode == .bicycle ? " The map was not told of the bicycle; the user can choose it there." : ""
        return try open("Start directions to \(place)", Addresses.directions(to: place, mode), done + bicycle)
    }

    /// iOS opens an app's own page of the settings, and that of its notifications.
    func openSettings(_ page: SettingsPage) async throws -> Plan {
        let name = page.rawValue.replacingOccurrences(of: "_", with: " ")
        guard page == .main || page == .notifications else {
            throw ActionError.unsupported(
                reason: "iOS lets no app open the page \(name) of the settings. Tell the user to open it there.")
        }
        let address = await device.addresses?.settings(ofNotifications: page == .notifications)
        let done = "The settings of this app are on the screen; iOS opens no others."
        return try open("Open the settings: \(name) of this app", address, done)
    }

    func capture(_ summary: String, _ mode: CameraMode) throws -> Plan {
        let camera = try present(device.camera, "use the camera")
        try declared("NSCameraUsageDescription", for: "use the camera")
        if mode == .video { try declared("NSMicrophoneUsageDescription", for: "record sound") }
        return Plan(summary: summary) {
            guard let file = try await camera.capture(mode) else { return Self.turnedBack }
            await onFiles([file])
            return mode == .photo ? "The user took a picture." : "The user recorded a video."
        }
    }

    /// Plays by the first field that has the words: an artist before a piece that is called so.
    func play(_ query: String) throws -> Plan {
        let music = try present(device.music, "play music")
        try declared(music.usageKey, for: "play music")
        return Plan(summary: "Play \(query) from the music library") {
            try await permitted(music, "play music from the library")
            for field in MusicField.allCases where try await music.play(field, containing: query) {
                return "The music library plays \(query)."
            }
            throw ActionError.unsupported(reason: "The music library on this phone has nothing with \(query).")
        }
    }

    func createDocument(_ name: String, _ kind: DocumentKind) throws -> Plan {
        let files = try present(device.files, "create documents")
        return Plan(summary: "Create the document \(name)") {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let plain = name.replacingOccurrences(of: "/", with: "-")
            let file = folder.appendingPathComponent("\(plain).\(kind.suffixes.first ?? "txt")")
            try Data().write(to: file)
            guard let saved = try await files.save(file) else { return Self.turnedBack }
            await onFiles([saved])
            return "The user saved \(saved.lastPathComponent)."
        }
    }

    func openDocument(_ kind: DocumentKind) throws -> Plan {
        let files = try present(device.files, "open documents")
        return Plan(summary: "Let the user choose a document") {
            guard let file = try await files.pick(kind) else { return Self.turnedBack }
            await onFiles([file])
            try await files.show(file)
            return "The user chose \(file.lastPathComponent). It is on the screen."
        }
    }

    func pickFile(_ kind: FileKind, multiple: Bool) throws -> Plan {
        let files = try present(device.files, "choose files")
        return Plan(summary: "Let the user choose files") {
            let chosen = try await files.pick(kind, multiple: multiple)
            if chosen.isEmpty { return Self.turnedBack }
            await onFiles(chosen)
            return "The user chose \(chosen.map(\.lastPathComponent).joined(separator: ", "))."
        }
    }
}

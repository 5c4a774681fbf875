#if canImport(UIKit)
import Foundation
import UIKit
import UniformTypeIdentifiers

/// The camera: https://developer.apple.com/documentation/uikit/uiimagepickercontroller
@MainActor
struct CameraScreen: CameraPresenter {
    let host: ScreenHost

    func capture(_ mode: CameraMode) async throws -> URL? {
        guard UIImagePickerController.isSourceTypeAvailable(.camera) else {
            throw ActionError.unsupported(reason: "This device has no camera.")
        }
        return try await host.ask { reply in
            let (screen, delegate) = (UIImagePickerController(), CameraDelegate(reply))
            screen.sourceType = .camera
            screen.mediaTypes = [mode == .photo ? UTType.image.identifier : UTType.movie.identifier]
            screen.delegate = delegate
            return (screen, delegate)
        }
    }
}

@MainActor
private final class CameraDelegate: NSObject, UIImagePickerControllerDelegate, UINavigationControllerDelegate {
    private let reply: @MainActor (URL?) -> Void

    init(_ reply: @escaping @MainActor (URL?) -> Void) {
        self.reply = reply
    }

    func imagePickerController(
        _ picker: UIImagePickerController,
        didFinishPickingMediaWithInfo info: [UIImagePickerController.InfoKey: Any]
    ) {
        let picture = (info[.originalImage] as? UIImage)?.jpegData(compressionQuality: 0.9)
        reply(info[.mediaURL] as? URL ?? picture.flatMap(file))
    }

    func imagePickerControllerDidCancel(_ picker: UIImagePickerController) {
        reply(nil)
    }

    private func file(of picture: Data) -> URL? {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jpg")
        return (try? picture.write(to: url)).map { url }
    }
}
#endif

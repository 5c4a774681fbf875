// All of the app beneath its screens, and what ties the parts together: each takes the model that is open.

import Foundation
import PhoneLM
import PhoneLMActions

/// The app: its models, and a part for each screen.
@MainActor
public final class Sample {
    /// The model files, and the model that is open.
    public let library: ModelLibrary
    /// A conversation that is kept.
    public let chat: Chat
    /// Requests that become calls.
    public let assistant: Assistant
    /// How fast the open model is.
    public let benchmark: Benchmark
    /// Which shape of model would be the fastest.
    public let search: ShapeSearch

    /// Makes the app.
    ///
    /// - Parameters:
    ///   - tiny: The model that the app brings.
    ///   - folder: Where the app keeps what outlives it.
    ///   - device: The parts of the phone that the assistant may use.
    public init(tiny: URL, folder: URL, device: PhoneDevice) {
        library = ModelLibrary(tiny: tiny, folder: folder.appendingPathComponent("models"))
        chat = Chat(file: folder.appendingPathComponent("chat.json"))
        assistant = Assistant(actions: PhoneActions(device: device))
        benchmark = Benchmark()
        search = ShapeSearch(folder: folder.appendingPathComponent("search"))
        library.modelChanged = { [chat, assistant, benchmark] model in
            chat.use(model)
            assistant.use(model)
            benchmark.use(model)
        }
    }

    /// Opens the model that the app brings, and lists the others.
    public func start() {
        library.start()
    }

    /// Tells whether the app has left the front, where iOS forbids work on the GPU.
    public func setBackground(_ background: Bool) {
        library.current?.model.setBackground(background)
    }
}

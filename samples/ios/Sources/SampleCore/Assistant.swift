// The Assistant screen: requests that the model turns into calls, each a card that the user confirms, edits or refuses.

import Foundation
import Observation
import PhoneLM
import PhoneLMActions

/// Requests, and the calls that serve them.
@MainActor
@Observable
public final class Assistant {
    /// A request and what came of it.
    public struct Turn: Sendable, Hashable, Identifiable {
        /// Its place among the requests.
        public let id: Int
        /// What the user asked for.
        public let request: String
        /// The model's calls, in order.
        public internal(set) var cards: [CallCard] = []
        /// What the model said.
        public internal(set) var answer = ""
        /// What went wrong, if it did.
        public internal(set) var problem: String?
        /// Whether the user stopped it.
        public internal(set) var isStopped = false
    }

    /// What the user is writing.
    public var request = ""
    /// The requests so far.
    public private(set) var turns: [Turn] = []
    /// Whether a request is being served.
    public private(set) var isWorking = false
    /// Why there are no calls, if the open model cannot make any.
    public private(set) var problem: String?

    private let actions: PhoneActions
    private let tools: [any Tool]
    private var session: LanguageModelSession?
    private var task: Task<Void, Never>?
    /// Takes the user's decision on the card that waits for one.
    private var decisions: AsyncStream<ToolDecision>.Continuation?

    /// Serves requests with the phone's functions.
    init(actions: PhoneActions) {
        self.actions = actions
        tools = actions.tools
    }

    /// Whether there is a request and someone to serve it.
    public var canRun: Bool { session != nil && !isWorking && !request.allSatisfy(\.isWhitespace) }

    /// Begins anew with this model.
    func use(_ model: LanguageModel?) {
        stop()
        (session, turns, problem) = (nil, [], nil)
        guard let model else { return }
        do {
            let policy = ToolPolicy { [weak self] asked in await self?.decision(on: asked) ?? .refuse(reason: nil) }
            session = try LanguageModelSession(model: model, tools: tools, overflow: .dropOldest(), toolPolicy: policy)
            session?.prewarm()
        } catch {
            problem = error.localizedDescription
        }
    }

    /// Serves what was written.
    public func run() {
        guard canRun, let session else { return }
        let request = request
        self.request = ""
        isWorking = true
        task = Task {
            await serve(request, session)
            isWorking = false
        }
    }

    /// Ends the request; what ran already has run.
    public func stop() {
        task?.cancel()
    }

    /// Lets the call that waits run.
    ///
    /// - Parameters:
    ///   - card: The call.
    ///   - fields: Its arguments, which the user may have changed.
    public func allow(_ card: CallCard, with fields: [ArgumentField]) {
        decide(fields == card.fields ? .run : .runWith(arguments: ArgumentField.json(fields)), .running)
    }

    /// Does not let the call that waits run.
    public func refuse() {
        decide(.refuse(reason: nil), .refused)
    }

    /// The card shows at once what the user decided, so that nobody decides twice.
    private func decide(_ decision: ToolDecision, _ state: CallCard.State) {
        if let turn = turns.indices.last, let card = turns[turn].cards.firstIndex(where: \.isAsking) {
            turns[turn].cards[card].state = state
        }
        decisions?.yield(decision)
        decisions?.finish()
    }

    private func serve(_ request: String, _ session: LanguageModelSession) async {
        guard session === self.session else { return }
        let place = turns.count
        turns.append(Turn(id: place, request: request))
        var (problem, isStopped): (String?, Bool) = (nil, false)
        do {
            for try await snapshot in session.streamResponse(to: request) {
                guard session === self.session else { return }
                turns[place].answer = snapshot.content
                if let step = snapshot.step, let state = CallCard.State(step) { show(step.call, state) }
            }
        } catch is CancellationError {
            isStopped = true
        } catch {
            problem = error.localizedDescription
        }
        guard session === self.session else { return }
        (turns[place].problem, turns[place].isStopped) = (problem, isStopped)
        for card in turns[place].cards.indices {
            turns[place].cards[card].state = turns[place].cards[card].state.settled
        }
    }

    private func show(_ call: Transcript.ToolCall, _ state: CallCard.State, sentence: String? = nil) {
        guard let turn = turns.indices.last else { return }
        let schema = tools.first { $0.name == call.toolName }?.parameters ?? "{}"
        var card = CallCard(call, schema: schema, sentence: sentence, state: state)
        if let place = turns[turn].cards.firstIndex(where: { $0.id == card.id }) {
            let before = turns[turn].cards[place]
            // What it would do is said anew when the user has changed it.
            if sentence == nil, card.given == before.given { card.sentence = before.sentence }
            turns[turn].cards[place] = card
        } else {
            turns[turn].cards.append(card)
        }
    }

    /// Waits for the user's decision on what the call would do; one that cannot be done is not asked for. A request that is
    /// stopped meanwhile refuses by itself.
    private func decision(on asked: ToolConfirmation) async -> ToolDecision {
        let sentence: String
        do {
            sentence = try await actions.describe(asked.call)
        } catch {
            show(asked.call, .refused, sentence: error.localizedDescription)
            return .refuse(reason: error.localizedDescription)
        }
        let (answers, continuation) = AsyncStream<ToolDecision>.makeStream()
        decisions = continuation
        show(asked.call, .asking(problem: asked.problem), sentence: sentence)
        for await decision in answers { return decision }
        return .refuse(reason: nil)
    }
}

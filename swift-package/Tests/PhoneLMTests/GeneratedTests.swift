// Answers that are values of a type.

import Foundation
import PhoneLM
import Testing

struct Trip: Codable, Generable {
    let city: String
    let days: Int
    let byTrain: Bool?

    static let generationSchema = GenerationSchema(
        type: Trip.self,
        properties: [
            .init(name: "city", type: String.self, guides: [.maximumLength(30)]),
            .init(name: "days", type: Int.self, guides: [.range(1...14)]),
            .init(name: "byTrain", type: Bool?.self),
        ])
}

func plan(_ session: LanguageModelSession) async throws -> Trip {
    for try await snapshot in session.streamResponse(to: "Plan a trip to Rome", generating: Trip.self) {
        print(snapshot.rawContent ?? "")
    }
    return try await session.respond(to: "Plan another one", generating: Trip.self).content
}

private enum Sky: String, CaseIterable, Codable, Generable {
    case clear = "clear sky"
    case rain
}

private struct Place: Codable, Equatable, Generable {
    struct PartiallyGenerated: Codable, Sendable {
        let name: String?
        let height: Int?
    }

    let name: String
    let height: Int

    static let generationSchema = GenerationSchema(
        type: Place.self,
        properties: [
            .init(name: "name", type: String.self, guides: [.maximumLength(20)]),
            .init(name: "height", type: Int.self, guides: [.range(1...8849)]),
        ])
}

private struct Alarm: Tool {
    struct Arguments: Decodable {}

    let name = "set_alarm"
    let description = "Set an alarm in the clock app."
    let parameters = """
        {"type": "object", "properties": {"hour": {"type": "integer"}, "minutes": {"type": "integer"}}}
        """

    func call(arguments: Arguments) async throws -> String { "{}" }
}

@Suite(.timeLimit(.minutes(1)))
struct GeneratedTests {
    private func wild(_ seed: UInt64) -> GenerationOptions {
        GenerationOptions(samplingMode: .random(seed: seed), temperature: 1.5)
    }

    @Test func respondWithAValue() async throws {
        for seed in UInt64(0)..<10 {
            let session = try await Tiny.session()
            let response = try await session.respond(to: "A mountain", generating: Place.self, options: wild(seed))
            #expect(response.content.name.unicodeScalars.count <= 20)
            #expect((1...8849).contains(response.content.height))
            #expect(try JSONDecoder().decode(Place.self, from: Data(response.rawContent.utf8)) == response.content)
            #expect(response.statistics.generatedTokens > 0)
        }
        let sky = try await Tiny.session().respond(to: "Rain?", generating: Sky.self).content
        #expect(Sky.allCases.contains(sky))
    }

    @Test func streamOfPartialValues() async throws {
        let stream = try await Tiny.session().streamResponse(to: "A mountain", generating: Place.self, options: wild(4))
        var snapshots: [LanguageModelSession.GeneratedResponseStream<Place>.Snapshot] = []
        for try await snapshot in stream { snapshots.append(snapshot) }
        let whole = try #require(snapshots.last?.response)
        #expect(snapshots.dropLast().allSatisfy { $0.response == nil })
        let last = try #require(snapshots.last?.content)
        #expect(last.name == whole.content.name && last.height == whole.content.height)
        for partial in snapshots.compactMap(\.content) {
            #expect(whole.content.name.hasPrefix(partial.name ?? ""))
            #expect(partial.height == nil || partial.height == whole.content.height)
        }
        #expect(try await stream.collect().content == whole.content)
    }

    @Test func valueAfterATool() async throws {
        let session = try await Tiny.session(tools: [Alarm()])
        var finished = 0
        var sky: Sky?
        for try await snapshot in session.streamResponse(to: "Wake me at 7 tomorrow", generating: Sky.self) {
            if case .finished = snapshot.step { finished += 1 }
            sky = snapshot.response?.content
        }
        #expect(finished == 1)
        #expect(sky != nil)
    }

    @Test func responseInvalid() async throws {
        struct Seven: Codable, Generable {
            let number: Int

            static let generationSchema = GenerationSchema(json: #"{"const": {"number": "seven"}}"#)
        }
        let session = try await Tiny.session()
        let few = GenerationOptions(maximumResponseTokens: 3)
        let cut = try await failure {
            try await session.respond(to: "A mountain", generating: Place.self, options: few)
        }
        guard case .responseInvalid(let early) = cut else { throw cut }
        #expect(early.contains("length"))
        let error = try await failure { try await session.respond(to: "Seven", generating: Seven.self) }
        guard case .responseInvalid(let reason) = error else { throw error }
        #expect(reason.contains("number") && error.localizedDescription.contains(reason))
        #expect(session.transcript.count == 4)
    }

    @Test func schemaOfAType() throws {
        struct Weather: Codable, Generable {
            static let generationSchema = GenerationSchema(
                type: Weather.self,
                description: "All of it",
                properties: [
                    .init(name: "sky", type: Sky.self),
                    .init(name: "de\"grees\n", type: Int.self, guides: [.minimum(-90)]),
                    .init(name: "places", type: [Place].self, guides: [.minimumCount(1), .maximumCount(3)]),
                    .init(name: "code", description: "Short", type: String?.self, guides: [.pattern("^[A-Z]$")]),
                    .init(name: "other", type: Written.self, guides: []),
                ])
        }
        struct Written: Codable, Generable {
            static let generationSchema = GenerationSchema(json: "true")
        }
        let place = Place.generationSchema.json
        #expect(
            Weather.generationSchema.json == """
                {"title":"Weather","type":"object","properties":{\
                "sky":{"title":"Sky","enum":["clear sky","rain"]},\
                "de\\"grees\\u000a":{"type":"integer","maximum":9007199254740991,"minimum":-90},\
                "places":{"type":"array","items":\(place),"minItems":1,"maxItems":3},\
                "code":{"type":"string","pattern":"^[A-Z]$","description":"Short"},"other":true},\
                "required":["sky","de\\"grees\\u000a","places","other"],"additionalProperties":false,\
                "description":"All of it"}
                """)
        let described = GenerationSchema.Property(name: "x", description: "Any", type: Written.self)
        #expect(GenerationSchema(type: Written.self, properties: [described]).json.contains(#"{"allOf":[true],"#))
    }

    @Test func valuesOfADerivedSchema() async throws {
        struct Week: Codable, Generable {
            let skies: [Sky]
            let degrees: Int
            let again: Bool?

            static let generationSchema = GenerationSchema(
                type: Week.self,
                properties: [
                    .init(name: "skies", type: [Sky].self, guides: [.minimumCount(1), .maximumCount(3)]),
                    .init(name: "degrees", type: Int.self),
                    .init(name: "again", type: Bool?.self),
                ])
        }
        for seed in UInt64(0)..<10 {
            let session = try await Tiny.session()
            let week = try await session.respond(to: "The weather?", generating: Week.self, options: wild(seed)).content
            #expect((1...3).contains(week.skies.count))
        }
    }

    @Test func documentedPlan() async throws {
        let trip = try await plan(try await Tiny.session())
        #expect((1...14).contains(trip.days))
    }
}

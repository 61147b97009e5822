import Digests
import HTTPClient
import HTTPSockets
import ScoringAPI
import ScoringClient
import Sequences
import Testing
import TestSupport
import TokenWeights

/// Answers that can be read and would train wrong without a word.
@Suite(.serialized) struct WrongAnswerTests {
    typealias Change = @Sendable (inout BinaryScoreResponse) -> Void

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What the error says beside the server's address.
        let said: [String]
        let change: Change

        init(_ name: String, _ said: [String], _ change: @escaping Change) {
            (testDescription, self.said, self.change) = (name, said, change)
        }
    }

    /// Two inputs; the second has two documents and a masked token.
    private let request = BinaryScoreRequest(
        tokenIDs: [5, 9, 2, 7, 4, 6, 3, 8], sequenceStarts: [0, 3, 8], documentStarts: [0, 3, 5],
        lossMask: [true, true, true, true, false, true, true, true],
        studentLogProbs: [.nan, -1, -1, .nan, -1, .nan, -1, -1],
        choice: Weighting(epsilon: 0.25, centering: .document),
        pins: ModelPins(model: "fake", modelFingerprint: "aa", tokenizerFingerprint: "bb", scoresFingerprint: "cc"))

    private static let right = BinaryScoreResponse(
        identity: FakeService.identity, teacherLogProbs: [.nan, -1, -0.0, .nan, -2, .nan, 0, -4],
        choice: Weighting(epsilon: 0.25, centering: .document), student: .request, sequenceStarts: [0, 3, 8],
        weights: [0, 1.25, 0.75, 0, 0, 0, 1, 1.125],
        statistics: [
            WeightStatistics(scoredTokens: 2, meanWeight: 1, clippedLow: 1, clippedHigh: 1),
            WeightStatistics(scoredTokens: 2, meanWeight: 1.0625, clippedLow: 0, clippedHigh: 0),
        ])

    private func answer(
        _ route: ScoreRoute, _ request: BinaryScoreRequest, _ change: Change = { _ in }
    ) throws -> BinaryScoreResponse {
        let running = try RunningService()
        var response = Self.right
        change(&response)
        running.service.willReply([.raw(HTTPResponse(status: 200, body: response.safetensors()))])
        let client = ScoringClient(ScoringClientConfiguration(servers: [running.address]))
        do {
            return try route == .weights ? client.weights(request) : client.logProbs(request)
        } catch ScoringClientError.wrongAnswer(let server, let reason) {
            #expect(server == running.address.description)
            throw ScoringClientError.wrongAnswer(server: "", reason: reason)
        }
    }

    private func expectRefused(_ example: Case, _ body: () throws -> Void) {
        let error = #expect(throws: ScoringClientError.self, "\(example.testDescription)") { try body() }
        guard case .wrongAnswer(_, let reason)? = error else {
            Issue.record("\(error.map { "\($0)" } ?? "taken")")
            return
        }
        for text in example.said { #expect(reason.contains(text), "\(reason)") }
    }

    @Test func theRightOneIsTaken() async throws {
        try await onThread {
            #expect(try answer(.weights, request).weights == Self.right.weights)
            #expect(try answer(.logProbs, request).teacherLogProbs.count == 8)
            // Mixed scores are allowed by not pinning them.
            var free = request
            free.pins.scoresFingerprint = nil
            _ = try answer(.logProbs, free) { $0.identity.scoresFingerprint = "dd" }
            // A model may be asked for by its fingerprint.
            free.pins.model = "aa"
            _ = try answer(.logProbs, free)
        }
    }

    static let logProbs: [Case] = [
        Case("above 0", ["inputs[1], position 3", "at most 0", "got 1e-45"]) {
            $0.teacherLogProbs[6] = .leastNonzeroMagnitude
        },
        Case("a loss", ["inputs[0], position 1", "got 1.0"]) { $0.teacherLogProbs[1] = 1 },
        Case("no number", ["inputs[1], position 1", "got nan"]) { $0.teacherLogProbs[4] = .nan },
        Case("infinite", ["inputs[0], position 2", "got -inf"]) { $0.teacherLogProbs[2] = -.infinity },
        Case("a number for an input's first", ["inputs[0], position 0", "got -1.0"]) { $0.teacherLogProbs[0] = -1 },
        Case("a number for a document's first", ["inputs[1], position 2", "got -1.0"]) { $0.teacherLogProbs[5] = -1 },
        Case("another model", ["model_fingerprint aa", "got ab"]) { $0.identity.modelFingerprint = "ab" },
        Case("another name", ["expected model fake", "got other"]) { $0.identity.model = "other" },
        Case("another tokenizer", ["tokenizer_fingerprint", "got bc"]) { $0.identity.tokenizerFingerprint = "bc" },
        Case("other scores", ["scores_fingerprint", "got cd"]) { $0.identity.scoresFingerprint = "cd" },
        Case("other tokens", ["inputs[1], position 4", "token id 8", "got 9"]) {
            $0.tokenIDs = [5, 9, 2, 7, 4, 6, 3, 9]
        },
        Case("for other tokens, by their hash", ["other ids"]) {
            $0.tokenDigest = Segment.digest(of: [5, 9, 2, 7, 4, 6, 3, 9]).hex
        },
        Case("another cut", ["sequence_starts"]) { $0.sequenceStarts = [0, 4, 8] },
        Case("one input less", ["sequence_starts"]) {
            $0.sequenceStarts = [0, 8]
            $0.statistics?.removeLast()
        },
    ]

    @Test(arguments: logProbs) func logProbsThatCannotBe(_ example: Case) async throws {
        try await onThread {
            for route in [ScoreRoute.logProbs, .weights] {
                expectRefused(example) { _ = try answer(route, request, example.change) }
            }
        }
    }

    static let unreadable: [Case] = [
        Case("more tokens than were asked for", ["token_ids", "8 ids", "got 9"]) {
            $0.tokenIDs = [5, 9, 2, 7, 4, 6, 3, 8, 1]
        },
        Case("fewer tokens than were asked for", ["token_ids", "8 ids", "got 2"]) { $0.tokenIDs = [5, 9] },
        Case("a negative token", ["token_ids", "ids from 0", "got -8"]) {
            $0.tokenIDs = [5, 9, 2, 7, 4, 6, 3, -8]
        },
    ]

    /// Tensors that do not go with each other are no answer at all.
    @Test(arguments: unreadable) func tokensThatCannotBe(_ example: Case) async throws {
        try await onThread {
            let error = #expect(throws: ScoringClientError.self) { _ = try answer(.logProbs, request, example.change) }
            guard case .unreadableAnswer(_, let reason)? = error else {
                Issue.record("\(error.map { "\($0)" } ?? "taken")")
                return
            }
            for text in example.said { #expect(reason.contains(text), "\(reason)") }
        }
    }

    static let weights: [Case] = [
        Case("above the clip", ["inputs[0], position 1", "epsilon 0.25", "got 1.2500001"]) {
            $0.weights?[1] = Float(1.25).nextUp
        },
        Case("below the clip", ["inputs[0], position 2", "got 0.5"]) { $0.weights?[2] = 0.5 },
        Case("negative", ["inputs[1], position 4", "got -1.0"]) { $0.weights?[7] = -1 },
        Case("no number", ["inputs[1], position 3", "got nan"]) { $0.weights?[6] = .nan },
        Case("for a masked token", ["inputs[1], position 1", "not scored", "got 1.0"]) { $0.weights?[4] = 1 },
        Case("for a document's first", ["inputs[1], position 2", "not scored"]) { $0.weights?[5] = 1 },
        Case("none", ["weights"]) { ($0.weights, $0.statistics) = (nil, nil) },
        Case("no statistics", ["statistics"]) { $0.statistics = nil },
        Case("another count", ["inputs[0]", "scored_tokens 2", "got 3"]) { $0.statistics?[0].scoredTokens = 3 },
        Case("another mean", ["inputs[1]", "mean_weight 1.0625"]) { $0.statistics?[1].meanWeight = 1.07 },
        Case("no mean", ["inputs[1]", "mean_weight"]) { $0.statistics?[1].meanWeight = .nan },
        Case("more clipped than can be", ["inputs[1]", "clipped_low from 0 to 0", "got 1"]) {
            $0.statistics?[1].clippedLow = 1
        },
        Case("less than none clipped", ["inputs[0]", "clipped_high", "got -1"]) { $0.statistics?[0].clippedHigh = -1 },
        Case("another weighting", ["expected weighting remit", "got rho1"]) { $0.choice?.name = "rho1" },
        Case("another epsilon", ["epsilon", "0.25", "got 0.2"]) { $0.choice?.epsilon = 0.2 },
        Case("another centring", ["centering", "document", "got sequence"]) { $0.choice?.centering = .sequence },
        Case("no options", ["weighting", "got none"]) { $0.choice = nil },
        Case("against the base", ["student", "request", "got base"]) { $0.student = .base },
    ]

    @Test(arguments: weights) func weightsThatCannotBe(_ example: Case) async throws {
        try await onThread { expectRefused(example) { _ = try answer(.weights, request, example.change) } }
    }

    @Test(arguments: [
        Case("neither kept nor left", ["rho1"]) { $0.weights?[1] = 0.5 },
        Case("too many kept", ["1 weights that are not 0", "got 2"]) { answer in
            answer.weights = [0, 1, 1, 0, 0, 0, 1, 0]
            answer.statistics?[0].meanWeight = 1
        },
    ]) func selectionsThatCannotBe(_ example: Case) async throws {
        try await onThread {
            let choice = Weighting("rho1", keepFraction: 0.5)
            var asked = request
            asked.choice = choice
            let right: Change = { answer in
                answer.choice = choice
                answer.weights = [0, 1, 0, 0, 0, 0, 0, 1]
                answer.statistics = [0, 1].map { _ in
                    WeightStatistics(scoredTokens: 2, meanWeight: 0.5, clippedLow: 0, clippedHigh: 0)
                }
            }
            _ = try answer(.weights, asked, right)
            expectRefused(example) {
                _ = try answer(.weights, asked) {
                    right(&$0)
                    example.change(&$0)
                }
            }
        }
    }

    @Test func aBodyThatWasCutIsNotRead() async throws {
        try await onThread {
            let running = try RunningService()
            let client = ScoringClient(ScoringClientConfiguration(servers: [running.address]))
            let whole = Self.right.safetensors()
            for body in [whole.dropLast(), whole.dropLast(whole.count / 2), whole + [0]] {
                running.service.willReply([.raw(HTTPResponse(status: 200, body: Array(body)))])
                let error = #expect(throws: ScoringClientError.self) { try client.weights(request) }
                guard case .unreadableAnswer? = error else {
                    Issue.record("\(error.map { "\($0)" } ?? "taken")")
                    continue
                }
            }
        }
    }

    struct JSONCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let said: [String]
        let change: @Sendable (inout ScoreResponse) -> Void

        init(_ name: String, _ said: [String], _ change: @escaping @Sendable (inout ScoreResponse) -> Void) {
            (testDescription, self.said, self.change) = (name, said, change)
        }
    }

    static let json: [JSONCase] = [
        JSONCase("twice the first", ["inputs[1]", "id b", "got a"]) { $0.results[1] = $0.results[0] },
        JSONCase("one missing", ["2 results", "got 1"]) { $0.results.removeLast() },
        JSONCase("exchanged", ["inputs[0]", "id a", "got b"]) { $0.results.swapAt(0, 1) },
        JSONCase("exchanged, ids put right", ["inputs[0], position 0", "token id 1", "got 3"]) { answer in
            answer.results.swapAt(0, 1)
            (answer.results[0].id, answer.results[1].id) = ("a", "b")
        },
        JSONCase("above 0", ["inputs[1], position 1", "got 0.5"]) { $0.results[1].teacherLogProbs[1] = 0.5 },
        JSONCase("beyond the clip", ["inputs[1], position 1", "got 2.0"]) { $0.results[1].weights?[1] = 2 },
        JSONCase("the student of another", ["inputs[1]: student", "got request"]) { $0.results[1].student = .request },
        JSONCase("another epsilon", ["epsilon"]) { $0.choice?.epsilon = 0.5 },
    ]

    /// The form that people look at.
    @Test(arguments: json) func inJSON(_ example: JSONCase) async throws {
        try await onThread {
            let running = try RunningService()
            let client = ScoringClient(ScoringClientConfiguration(servers: [running.address]))
            let asked = ScoreRequest(
                inputs: [
                    ScoreInput(id: "a", content: .tokenIDs([1, 2])), ScoreInput(id: "b", content: .tokenIDs([3, 4])),
                ], choice: Weighting())
            func result(_ id: String, _ ids: [Int32]) -> ScoreResult {
                ScoreResult(
                    id: id, tokenIDs: ids, student: .base, teacherLogProbs: [.nan, -1], weights: [0, 1],
                    statistics: WeightStatistics(scoredTokens: 1, meanWeight: 1, clippedLow: 0, clippedHigh: 0))
            }
            var response = ScoreResponse(
                identity: FakeService.identity, choice: Weighting(),
                results: [result("a", [1, 2]), result("b", [3, 4])])
            running.service.willReply([.raw(HTTPResponse(status: 200, body: response.json()))])
            #expect(try client.weights(asked).results.map(\.weights) == [[0, 1], [0, 1]])
            example.change(&response)
            running.service.willReply([.raw(HTTPResponse(status: 200, body: response.json()))])
            expectRefused(Case(example.testDescription, example.said) { _ in }) { _ = try client.weights(asked) }
        }
    }
}

extension WrongAnswerTests {
    /// One input brings the student's log-probs, the other is left to the base: an answer that does so is right, one that mixes them up
    /// is not.
    @Test func postedLogProbsBesideTheBases() async throws {
        try await onThread {
            let running = try RunningService()
            let client = ScoringClient(ScoringClientConfiguration(servers: [running.address]))
            let asked = ScoreRequest(
                inputs: [
                    ScoreInput(content: .tokenIDs([1, 2]), studentLogProbs: [.nan, -1]),
                    ScoreInput(content: .tokenIDs([3, 4])),
                ], choice: Weighting())
            func answer(_ students: [StudentOrigin]) -> [UInt8] {
                let results = zip([[1, 2], [3, 4]] as [[Int32]], students).map { ids, student in
                    ScoreResult(
                        tokenIDs: ids, student: student, teacherLogProbs: [.nan, -1],
                        studentLogProbs: student == .base ? [.nan, -1] : nil, weights: [0, 1],
                        statistics: WeightStatistics(scoredTokens: 1, meanWeight: 1, clippedLow: 0, clippedHigh: 0))
                }
                return ScoreResponse(identity: FakeService.identity, choice: Weighting(), results: results).json()
            }
            running.service.willReply([.raw(HTTPResponse(status: 200, body: answer([.request, .base])))])
            #expect(try client.weights(asked).results.count == 2)
            for wrong in [[.base, .base], [.request, .request], [.base, .request]] as [[StudentOrigin]] {
                running.service.willReply([.raw(HTTPResponse(status: 200, body: answer(wrong)))])
                #expect(throws: ScoringClientError.self) { try client.weights(asked) }
            }
        }
    }
}

extension BinaryScoreResponse {
    fileprivate init(
        identity: ModelIdentity, teacherLogProbs: [Float], choice: Weighting, student: StudentOrigin,
        sequenceStarts: [Int], weights: [Float], statistics: [WeightStatistics]
    ) {
        self.init(ScoreResponse(identity: identity, choice: choice, results: []), includesTokenIDs: false)
        tokenDigest = Segment.digest(of: [5, 9, 2, 7, 4, 6, 3, 8]).hex
        self.teacherLogProbs = teacherLogProbs
        self.student = student
        self.sequenceStarts = sequenceStarts
        self.weights = weights
        self.statistics = statistics
    }
}

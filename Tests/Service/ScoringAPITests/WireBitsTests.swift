import Checkpoints
import JSONValues
import ScoringAPI
import Testing
import TokenWeights

/// JSON and safetensors carry the same bits.
@Suite struct WireBitsTests {
    private static let hex = String(repeating: "4e", count: 32)
    private static let identity = ModelIdentity(
        model: "demo-teacher", modelFingerprint: hex, tokenizerFingerprint: hex, scoresFingerprint: hex)

    private static func randomFloats(_ count: Int, firstIsNaN: Bool) -> [Float] {
        (0..<count).map { at in
            if firstIsNaN && at == 0 { return .nan }
            let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max))
            return value.isFinite ? value : -2.5
        }
    }

    /// NaNs count as equal, zeros of either sign do not.
    private func same(_ left: [Float]?, _ right: [Float]?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.count == right.count
            && zip(left, right).allSatisfy { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern }
    }

    private func result(_ id: String?, count: Int, student: StudentOrigin) -> ScoreResult {
        ScoreResult(
            id: id, tokenIDs: (0..<Int32(count)).map { $0 * 7 }, tokens: (0..<count).map { "t\($0)\"é" },
            offsets: (0..<count).map { 2 * $0..<2 * $0 + 2 }, student: student,
            teacherLogProbs: Self.randomFloats(count, firstIsNaN: true),
            studentLogProbs: student == .base ? Self.randomFloats(count, firstIsNaN: true) : nil,
            weights: Self.randomFloats(count, firstIsNaN: false).map { abs($0) },
            statistics: WeightStatistics(
                scoredTokens: count - 1, meanWeight: count == 1 ? .nan : 1.0123, clippedLow: 1, clippedHigh: 2))
    }

    @Test(arguments: StudentOrigin.allCases) func responseInBothForms(_ student: StudentOrigin) throws {
        let choice = Weighting("rho1", epsilon: 0.3, centering: .document, keepFraction: 0.25)
        let response = ScoreResponse(
            identity: Self.identity, choice: choice,
            results: [
                result("a", count: 5, student: student), result(nil, count: 1, student: student),
                result("c", count: 300, student: student),
            ])
        let fromJSON = try ScoreResponse(json: response.json())
        let binary = BinaryScoreResponse(fromJSON, includesTokenIDs: true)
        let fromBinary = try BinaryScoreResponse(safetensors: binary.safetensors())
        #expect(fromJSON.identity == Self.identity && fromBinary.identity == Self.identity)
        #expect(fromJSON.choice == choice && fromBinary.choice == choice)
        #expect(fromBinary.student == student && fromBinary.sequenceStarts == [0, 5, 6, 306])
        #expect(fromBinary.tokenIDs == response.results.flatMap(\.tokenIDs))
        #expect(same(fromBinary.teacherLogProbs, response.results.flatMap(\.teacherLogProbs)))
        #expect(same(fromBinary.weights, response.results.flatMap { $0.weights ?? [] }))
        #expect(
            same(
                fromBinary.studentLogProbs,
                student == .base ? response.results.flatMap { $0.studentLogProbs ?? [] } : nil))
        let statistics = try #require(fromBinary.statistics)
        #expect(statistics.map(\.scoredTokens) == [4, 0, 299] && statistics[1].meanWeight.isNaN)
        for (read, sent) in zip(fromJSON.results, response.results) {
            #expect(read.id == sent.id && read.tokens == sent.tokens && read.offsets == sent.offsets)
            #expect(read.tokenIDs == sent.tokenIDs && read.student == sent.student)
            #expect(same(read.teacherLogProbs, sent.teacherLogProbs) && same(read.weights, sent.weights))
        }
    }

    @Test func logProbsResponseHasNoWeighting() throws {
        let response = ScoreResponse(
            identity: Self.identity, results: [ScoreResult(tokenIDs: [1, 2], teacherLogProbs: [.nan, -1])])
        #expect(!String(decoding: response.json(), as: UTF8.self).contains("weight"))
        let binary = try BinaryScoreResponse(
            safetensors: BinaryScoreResponse(response, includesTokenIDs: false).safetensors())
        #expect(binary.choice == nil && binary.weights == nil && binary.statistics == nil && binary.tokenIDs == nil)
        #expect(try ScoreResponse(json: response.json()).choice == nil)
    }

    @Test func requestInBothForms() throws {
        let student = Self.randomFloats(7, firstIsNaN: true)
        let binary = BinaryScoreRequest(
            tokenIDs: [5, 0, 2_147_483_647, 9, 8, 7, 6], sequenceStarts: [0, 4, 7], documentStarts: [0, 2, 4, 6],
            lossMask: [true, true, false, true, true, false, true], studentLogProbs: student,
            choice: Weighting("remit", epsilon: 0.1, centering: .document), returnTokens: true,
            pins: ModelPins(model: "a \"name\"", scoresFingerprint: Self.hex))
        let read = try BinaryScoreRequest(safetensors: binary.safetensors(), for: .weights)
        #expect(same(read.studentLogProbs, student))
        #expect(read.tokenIDs == binary.tokenIDs && read.sequenceStarts == binary.sequenceStarts)
        #expect(read.documentStarts == binary.documentStarts && read.lossMask == binary.lossMask)
        #expect(read.choice == binary.choice && read.pins == binary.pins && read.returnTokens == true)

        let request = try read.request()
        #expect(request.inputs.map(\.content) == [.tokenIDs([5, 0, .max, 9]), .tokenIDs([8, 7, 6])])
        #expect(request.inputs.map(\.documentStarts) == [[0, 2], [0, 2]])
        #expect(request.inputs[1].lossMask == [true, false, true])
        let fromJSON = try ScoreRequest(json: request.json(), for: .weights)
        #expect(fromJSON.choice == request.choice && fromJSON.pins == request.pins)
        for (read, sent) in zip(fromJSON.inputs, request.inputs) {
            #expect(same(read.studentLogProbs, sent.studentLogProbs))
            #expect(read.content == sent.content && read.documentStarts == sent.documentStarts)
        }
    }

    @Test func withoutDocumentStartsEachSequenceIsOneDocument() throws {
        let binary = BinaryScoreRequest(tokenIDs: [1, 2, 3], sequenceStarts: [0, 1, 3])
        let read = try BinaryScoreRequest(safetensors: binary.safetensors(), for: .logProbs)
        #expect(read == binary)
        let request = try read.request()
        #expect(request.inputs.map(\.documentStarts) == [nil, nil] && request.choice == nil)
    }

    @Test(arguments: [ElementType.u32, .i32, .i64]) func idsOfEachType(_ type: ElementType) throws {
        let ids: [Int64] = [0, 7, 2_147_483_647]
        let bytes = ids.flatMap { id in withUnsafeBytes(of: id.littleEndian) { Array($0.prefix(type.byteCount)) } }
        let body = SafetensorsWriter([
            .init(name: "token_ids", elementType: type, shape: [3], bytes: bytes),
            .init(
                name: "sequence_starts", elementType: .i64, shape: [2],
                bytes: [0, 3].flatMap { (value: Int64) in withUnsafeBytes(of: value.littleEndian) { Array($0) } }),
        ])
        let read = try BinaryScoreRequest(safetensors: body.bytes(), for: .weights)
        #expect(read.tokenIDs == [0, 7, .max] && read.choice == Weighting())
    }
}

import Annealing
import Corpora
import ScoringAPI
import Sequences
import Transformers

/// Windows as the server's wire form, and the answer window by window.
enum ScoreMessages {
    static func logProbRequest(
        _ windows: some Collection<TrainingWindow>, topK: Int = 0, pins: ModelPins
    ) -> BinaryScoreRequest {
        let packed = Packed(windows)
        return BinaryScoreRequest(
            tokenIDs: packed.tokenIDs, sequenceStarts: packed.sequenceStarts, documentStarts: packed.documentStarts,
            topK: topK, pins: pins)
    }

    /// `student` is nil where the server's frozen base is meant.
    static func weightsRequest(
        _ windows: some Collection<TrainingWindow>, student: [[Float]]?, choice: WeightingChoice, pins: ModelPins
    ) -> BinaryScoreRequest {
        let packed = Packed(windows)
        return BinaryScoreRequest(
            tokenIDs: packed.tokenIDs, sequenceStarts: packed.sequenceStarts, documentStarts: packed.documentStarts,
            lossMask: windows.flatMap(\.scored), studentLogProbs: student.map { $0.flatMap { $0 } }, choice: choice,
            pins: pins)
    }

    /// Flat values cut into windows.
    static func split(_ values: [Float], _ windows: some Collection<TrainingWindow>) -> [[Float]] {
        var start = 0
        return windows.map { window in
            defer { start += window.tokenCount }
            return Array(values[min(start, values.count)..<min(start + window.tokenCount, values.count)])
        }
    }

    /// The likeliest tokens cut into windows; the client has checked that there are `topK` for each token.
    static func softTargets(
        _ response: BinaryScoreResponse, _ windows: some Collection<TrainingWindow>, topK: Int
    ) -> [TopLogProbs] {
        let all = TopLogProbs(
            k: topK, tokenIDs: response.top?.tokenIDs ?? [], logProbs: response.top?.logProbs ?? [])
        var start = 0
        return windows.map { window in
            defer { start += window.tokenCount }
            return all.tokens(start..<start + window.tokenCount, k: topK)
        }
    }

    private struct Packed {
        var tokenIDs: [Int32] = []
        var sequenceStarts = [0]
        /// nil where each window is one document, as with attention over the window.
        var documentStarts: [Int]?

        init(_ windows: some Collection<TrainingWindow>) {
            var documentStarts: [Int] = []
            for window in windows {
                documentStarts += window.segmentStarts.map { $0 + tokenIDs.count }
                tokenIDs += window.tokenIDs
                sequenceStarts.append(tokenIDs.count)
            }
            if documentStarts.count > windows.count { self.documentStarts = documentStarts }
        }
    }
}

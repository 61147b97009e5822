import Annealing
import Corpora
import ScoringAPI
import Sequences
import TokenWeights
import Transformers

/// Windows as the server's wire form, and the answer window by window.
package enum ScoreMessages {
    /// Request for the log-probs of windows, and for what distillation, or a weighting that reads entropies, needs at each position.
    package static func logProbRequest(
        _ windows: some Collection<TrainingWindow>, distilled: DistilledTeacher? = nil, entropies: Bool = false,
        pins: ModelPins
    ) -> BinaryScoreRequest {
        let packed = Packed(windows)
        return BinaryScoreRequest(
            tokenIDs: packed.tokenIDs, sequenceStarts: packed.sequenceStarts, documentStarts: packed.documentStarts,
            topK: distilled?.topK ?? 0, tempered: distilled?.tempered ?? TemperedChoice(entropy: entropies), pins: pins)
    }

    /// Request for weights; `student` is nil where the server's frozen base is meant.
    package static func weightsRequest(
        _ windows: some Collection<TrainingWindow>, student: [[Float]]?, choice: Weighting, pins: ModelPins
    ) -> BinaryScoreRequest {
        let packed = Packed(windows)
        return BinaryScoreRequest(
            tokenIDs: packed.tokenIDs, sequenceStarts: packed.sequenceStarts, documentStarts: packed.documentStarts,
            lossMask: windows.flatMap(\.scored), studentLogProbs: student.map { $0.flatMap { $0 } }, choice: choice,
            pins: pins)
    }

    /// Flat values cut into windows.
    package static func split(_ values: [Float], _ windows: some Collection<TrainingWindow>) -> [[Float]] {
        Spans(lengths: windows.lazy.map(\.tokenCount)).cut(values)
    }

    /// Log-probs cut into windows, with entropies where they were asked for.
    package static func teacherScores(
        _ response: BinaryScoreResponse, _ windows: some Collection<TrainingWindow>
    ) -> [TeacherScores] {
        let entropies = response.tempered.entropy
        return Spans(lengths: windows.lazy.map(\.tokenCount)).map { range in
            TeacherScores(
                logProbs: Array(response.teacherLogProbs[range]), entropies: entropies.map { Array($0[range]) } ?? [])
        }
    }

    /// The likeliest tokens cut into windows, without those that the student has not, at the distillation's temperature, and entropies where
    /// they were asked for; the client has checked that there is for each token what was asked for.
    package static func softTargets(
        _ response: BinaryScoreResponse, _ windows: some Collection<TrainingWindow>, _ distilled: DistilledTeacher
    ) -> [SoftTargets] {
        let k = distilled.topK
        var all = TopLogProbs(k: k, tokenIDs: response.top?.tokenIDs ?? [], logProbs: response.top?.logProbs ?? [])
        let entropies = response.tempered.entropies.first ?? []
        if let temperature = distilled.tempered.temperatures.first, let sums = response.tempered.logSumExps.first {
            all = all.tempered(TemperedScores(temperature: temperature, logSumExps: sums, entropies: entropies))
        }
        all = all.within(vocabularySize: distilled.vocabularySize)
        return Spans(lengths: windows.lazy.map(\.tokenCount)).map { range in
            SoftTargets(all.tokens(range, k: k), entropies: entropies.isEmpty ? [] : Array(entropies[range]))
        }
    }

    private struct Packed {
        let tokenIDs: [Int32]
        let sequenceStarts: [Int]
        /// nil where each window is one document, as with attention over the window.
        let documentStarts: [Int]?

        init(_ windows: some Collection<TrainingWindow>) {
            tokenIDs = windows.flatMap(\.tokenIDs)
            sequenceStarts = Spans(lengths: windows.lazy.map(\.tokenCount)).boundaries
            let documents = Spans(joining: windows.lazy.map(\.segments))
            documentStarts = documents.count > windows.count ? documents.starts : nil
        }
    }
}

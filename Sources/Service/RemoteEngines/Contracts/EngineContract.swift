import HTTPClient
import Sequences

/// What an engine says of itself.
package struct EngineDescription: Sendable, Equatable {
    /// Version of the engine's program.
    package var version: String
    /// The model's name there.
    package var model: String
    /// Most tokens of a segment that it scores; nil where it does not say.
    package var maxSequenceTokens: Int?
    /// Number format that it computes in; nil where it does not say.
    package var dtype: String?
    /// What another process of it would state otherwise; nil where it does not say.
    package var process: String?
    /// Checksum of the weights, by itself; nil where it has none.
    package var checksum: String?
    /// Whether it speculates, which can corrupt the log-probs of prompts.
    package var speculates = false

    package init(
        version: String, model: String, maxSequenceTokens: Int? = nil, dtype: String? = nil, process: String? = nil,
        checksum: String? = nil, speculates: Bool = false
    ) {
        self.version = version
        self.model = model
        self.maxSequenceTokens = maxSequenceTokens
        self.dtype = dtype
        self.process = process
        self.checksum = checksum
        self.speculates = speculates
    }
}

/// Why an engine's answer cannot be used.
package struct AnswerFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was expected, and what came.
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// How one route of one engine is asked for the log-probs of a segment, and how its answer is read. Pure.
protocol EngineContract: Sendable {
    /// The request for a segment.
    ///
    /// - Parameter topK: likeliest tokens that are wanted at each position; 0 for none.
    func call(_ tokenIDs: [Int32], topK: Int, model: String) -> HTTPCall

    /// Reads the body of a 200.
    ///
    /// - Throws: `AnswerFault`, or the JSON's error.
    func answer(_ body: [UInt8], tokens: Int, topK: Int) throws -> EngineAnswer
}

/// What an engine answered for a segment, not yet checked.
struct EngineAnswer: Equatable {
    /// The ids that it says it scored; nil where it does not say.
    var tokenIDs: [Int32]?
    /// By position; NaN where it gave null.
    var logProbs: [Float]
    /// By position, the likeliest tokens in any order; empty where none were given.
    var top: [[TopToken]] = []
}

/// A likely token and its log-prob.
struct TopToken: Equatable {
    var id: Int32
    var logProb: Float
}

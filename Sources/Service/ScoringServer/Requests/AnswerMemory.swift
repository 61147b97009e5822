import Sequences

/// Memory of an answer in bytes, claimed before it is made: what a client can ask for in a short request may be long.
enum AnswerMemory {
    /// Bytes a token: ids, log-probs, weights, text and span as values, and as JSON.
    private static let bytesPerToken = 160
    /// Bytes for each of the likeliest tokens at each position: id and log-prob as values, and as JSON.
    private static let bytesPerTopToken = 48

    /// Bytes for a token of each of the lists that a dialect may ask for at a position, with its text.
    private static let bytesPerShownToken = 256

    /// Bytes for the two or three numbers at each position and temperature, as values and as JSON.
    private static let bytesPerTemperature = 72

    static func bytes(tokens: Int, _ detail: ScoreDetail = .none) -> Int {
        tokens * (bytesPerToken + detail.topK * bytesPerTopToken + detail.temperatures.count * bytesPerTemperature)
    }

    /// Bytes for a byte of a client's text that the answer repeats: an escape has six, in a buffer that has just doubled.
    private static let bytesPerTextByte = 12

    /// Of a text that the answer repeats.
    static func text(_ text: String) -> Int { bytesPerTextByte * text.utf8.count }

    /// Of the results of some inputs, with the names that they repeat.
    static func bytes(of inputs: some Sequence<PreparedInput>, _ detail: ScoreDetail) -> Int {
        inputs.reduce(0) { $0 + bytes(tokens: $1.sequence.tokenIDs.count, detail) + text($1.id ?? "") }
    }

    /// Of an answer that is made a line at a time: scores that have finished and wait to be written, teacher's and base's, four bytes a
    /// number, and the longest line.
    static func streamedBytes(of inputs: [PreparedInput], _ detail: ScoreDetail) -> Int {
        let scores = inputs.reduce(0) { sum, input in
            let numbers = 1 + 2 * (detail.topK + detail.temperatures.count) + (input.needsBase ? 1 : 0)
            return sum + 4 * numbers * input.sequence.tokenIDs.count
        }
        return scores + (inputs.lazy.map { bytes(of: [$0], detail) }.max() ?? 0)
    }

    /// Of an answer that names each token, realized and likeliest, in up to two lists.
    static func dialectBytes(tokens: Int, topK: Int) -> Int {
        bytes(tokens: tokens, ScoreDetail(topK: topK)) + 2 * tokens * (1 + topK) * bytesPerShownToken
    }
}

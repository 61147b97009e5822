import Scoring
import Sequences

/// What a request, and all requests together, may cost.
package struct ServiceLimits: Sendable, Equatable {
    /// Largest request body in bytes, both as sent and after its Content-Encoding is undone; 413 beyond it.
    package var maxBodyBytes: Int
    /// Most bytes of the bodies of all connections together, of what tokenizers make of them, and of answers; 503 beyond it.
    package var maxBufferedBytes: Int
    /// Most inputs (documents or packed windows) in one request.
    package var maxInputs: Int
    /// Most tokens of all inputs of one request together.
    package var maxRequestTokens: Int
    /// Most tokens of one document; the models' context may be shorter still.
    package var maxSequenceTokens: Int
    /// Most tokens in one forward pass: bounds the engine's working memory.
    package var maxBatchTokens: Int
    /// Most tokens waiting or running, each with k likeliest tokens counted 1 + k times; 429 beyond it. A single larger request is
    /// taken in parts.
    package var maxQueuedTokens: Int
    /// Tokens whose log-probs are kept in memory after use, 4 bytes each; 0 keeps none.
    package var cacheTokens: Int
    /// Most of the likeliest tokens at each position; 0: none are given.
    package var maxTopK: Int
    /// Longest time from a request's last byte until it is scored; 503 beyond it. X-Request-Timeout may ask for less, not for more.
    package var requestTimeout: Duration

    /// Limits as given, `maxSequenceTokens` as large as `maxBatchTokens` where it is nil. That they fit together is not checked here:
    /// see `contradiction`.
    package init(
        maxBodyBytes: Int = 64 << 20, maxBufferedBytes: Int = 512 << 20, maxInputs: Int = 4096,
        maxRequestTokens: Int = 131_072,
        maxSequenceTokens: Int? = nil, maxBatchTokens: Int = 4096, maxQueuedTokens: Int = 524_288,
        cacheTokens: Int = 4_194_304, maxTopK: Int = 64, requestTimeout: Duration = .seconds(600)
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.maxBufferedBytes = maxBufferedBytes
        self.maxInputs = maxInputs
        self.maxRequestTokens = maxRequestTokens
        self.maxSequenceTokens = maxSequenceTokens ?? maxBatchTokens
        self.maxBatchTokens = maxBatchTokens
        self.maxQueuedTokens = maxQueuedTokens
        self.cacheTokens = cacheTokens
        self.maxTopK = maxTopK
        self.requestTimeout = requestTimeout
    }

    /// Bytes that a cache full of the shortest segments and a full queue hold, and the likeliest tokens of the batch that runs: of its rows,
    /// and twice of all its tokens. In the queue a token with k of them counts 1 + k times: log-probs and ids take 8 bytes each.
    package var keptScoresBytes: Int {
        let bytesPerQueued = maxTopK > 0 ? 8 : 4
        let segments = cacheTokens / SegmentCache.minimumCost
        let top = maxTopK * maxBatchTokens + 2 * BatchRoom.mostTop(maxBatchTokens, topK: maxTopK)
        return 4 * cacheTokens + segments * SegmentCache.bookkeepingBytes
            + 2 * bytesPerQueued * maxQueuedTokens + 8 * top
    }

    /// The first contradiction in one line, or nil.
    package var contradiction: String? {
        if maxSequenceTokens > maxBatchTokens {
            return "--max-sequence-tokens \(maxSequenceTokens) is over --max-batch-tokens \(maxBatchTokens): "
                + "a document is scored in one batch"
        }
        if maxSequenceTokens > maxRequestTokens {
            return "--max-sequence-tokens \(maxSequenceTokens) is over --max-request-tokens \(maxRequestTokens)"
        }
        if maxSequenceTokens > maxQueuedTokens {
            return "--max-sequence-tokens \(maxSequenceTokens) is over --max-queued-tokens \(maxQueuedTokens): "
                + "no such document could ever enter the queue"
        }
        if maxBodyBytes > maxBufferedBytes {
            return "--max-body-bytes \(maxBodyBytes) is over --max-buffered-bytes \(maxBufferedBytes)"
        }
        if maxBufferedBytes < AnswerMemory.bytes(tokens: maxRequestTokens) {
            return
                "--max-buffered-bytes \(maxBufferedBytes) cannot hold an answer of --max-request-tokens \(maxRequestTokens), "
                + "\(AnswerMemory.bytes(tokens: maxRequestTokens)) bytes"
        }
        if maxBodyBytes < 4 * maxRequestTokens {
            return
                "--max-body-bytes \(maxBodyBytes) cannot hold --max-request-tokens \(maxRequestTokens) ids of 4 bytes"
        }
        return nil
    }
}

/// What a request, and all requests together, may cost.
package struct ServiceLimits: Sendable, Equatable {
    package var maxBodyBytes: Int
    /// Bodies of all connections together.
    package var maxBufferedBytes: Int
    package var maxInputs: Int
    /// Tokens of all inputs of one request.
    package var maxRequestTokens: Int
    /// Tokens of one document; the models' context may be shorter still.
    package var maxSequenceTokens: Int
    package var maxBatchTokens: Int
    package var maxQueuedTokens: Int
    package var cacheTokens: Int
    /// Most of the likeliest tokens at each position; 0: none are given.
    package var maxTopK: Int
    package var requestTimeout: Duration

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

    /// Of what a full cache and a full queue hold, and the likeliest tokens of the batch that runs. In the queue a token with k of them
    /// counts 1 + k times: log-probs and ids take 8 bytes each.
    package var keptScoresBytes: Int {
        let bytesPerQueued = maxTopK > 0 ? 8 : 4
        return 4 * cacheTokens + 2 * bytesPerQueued * maxQueuedTokens + 3 * 8 * maxTopK * maxBatchTokens
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
        if maxBodyBytes < 4 * maxRequestTokens {
            return
                "--max-body-bytes \(maxBodyBytes) cannot hold --max-request-tokens \(maxRequestTokens) ids of 4 bytes"
        }
        return nil
    }
}

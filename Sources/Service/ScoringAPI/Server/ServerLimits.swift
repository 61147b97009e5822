import JSONValues

/// The most that the server takes, as /info states it. 413 beyond what one request may hold; 429 where the queue has no room now.
package struct ServerLimits: Equatable, Sendable {
    /// Largest body of a request, in bytes; after decompression too, where it is compressed.
    package var maxBodyBytes: Int
    /// Most inputs of one request.
    package var maxInputs: Int
    /// Most tokens of one request, over all its inputs.
    package var maxRequestTokens: Int
    /// Longest document, in tokens, that the default teacher, the base and the server's own limit allow.
    package var maxSequenceTokens: Int
    /// Most tokens of one forward pass.
    package var maxBatchTokens: Int
    /// Most tokens that wait at once, over all requests. A request for which there is no room now is refused with 429.
    package var maxQueuedTokens: Int
    /// Most of the likeliest tokens at each position, for the default teacher. With k of them a token counts 1 + k times against
    /// `maxQueuedTokens`, and a request may have no more than that. 0: none are given, or the server is of an earlier version.
    package var maxTopK: Int

    package init(
        maxBodyBytes: Int, maxInputs: Int, maxRequestTokens: Int, maxSequenceTokens: Int, maxBatchTokens: Int,
        maxQueuedTokens: Int, maxTopK: Int = 0
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.maxInputs = maxInputs
        self.maxRequestTokens = maxRequestTokens
        self.maxSequenceTokens = maxSequenceTokens
        self.maxBatchTokens = maxBatchTokens
        self.maxQueuedTokens = maxQueuedTokens
        self.maxTopK = maxTopK
    }

    /// Member that servers of earlier versions do not send: they give none of the likeliest tokens.
    private static let topKField = "max_top_k"
    private static let table: [(String, WritableKeyPath<ServerLimits, Int> & Sendable)] = [
        ("max_body_bytes", \.maxBodyBytes), ("max_inputs", \.maxInputs), ("max_request_tokens", \.maxRequestTokens),
        ("max_sequence_tokens", \.maxSequenceTokens), ("max_batch_tokens", \.maxBatchTokens),
        ("max_queued_tokens", \.maxQueuedTokens), (topKField, \.maxTopK),
    ]

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, path) in Self.table { writer.field(name, self[keyPath: path]) }
        }
    }

    init(_ reader: inout JSONReader) throws {
        var limits = ServerLimits(
            maxBodyBytes: 0, maxInputs: 0, maxRequestTokens: 0, maxSequenceTokens: 0, maxBatchTokens: 0,
            maxQueuedTokens: 0)
        let keys = try reader.object { reader, key in
            if let entry = Self.table.first(where: { $0.0 == key }) {
                limits[keyPath: entry.1] = try reader.int()
            } else {
                try reader.skip()
            }
        }
        for (name, _) in Self.table where !keys.contains(name) && name != Self.topKField {
            throw reader.missingField(name)
        }
        self = limits
    }
}

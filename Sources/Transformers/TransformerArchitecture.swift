import Tensors

/// Everything that decides what a causal transformer computes, whatever its family: a family file turns config.json into one
/// of these, and nothing behind it knows families.
///
/// A layer computes, with each norm present or not,
///
///     mid = x + norm(attention(norm(x)))
///     out = mid + norm(feedForward(norm(mid)))
///
/// Dimension letters: D width, H heads, K key/value heads, E head width, F feed-forward width, V vocabulary, L layers.
package struct TransformerArchitecture: Sendable {
    package var family: String
    package var vocabularySize: Int  // V
    package var contextLength: Int
    package var width: Int  // D
    /// Multiplies the embeddings.
    package var embeddingScale: Float?
    /// Every norm over D, and those over latent vectors.
    package var norm: Norm
    package var layers: [LayerArchitecture]  // [L]
    /// The rotary embeddings that layers refer to by index.
    package var rotaries: [RotaryEmbedding]
    /// The head is the embedding.
    package var isHeadTied: Bool
    /// Logits become cap * tanh(logit / cap).
    package var finalSoftCap: Float?
    /// Standard deviation of random weights.
    package var initializerRange: Double
    package var names: ParameterNames
}

package struct LayerArchitecture: Sendable {
    package var attention: AttentionArchitecture
    package var feedForward: FeedForwardArchitecture
    package var norms: Set<NormPosition>
}

/// Where a layer may have a norm over D.
package enum NormPosition: Sendable {
    case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput
}

package struct AttentionArchitecture: Sendable {
    package var heads: Int  // H
    package var keyValueHeads: Int  // K
    /// Width of a query or key head.
    package var queryKeyWidth: Int  // E
    /// Width of a value head.
    package var valueWidth: Int
    /// Of the scores.
    package var scale: Float
    package var softCap: Float?
    /// A query sees itself and `window - 1` positions before it.
    package var window: Int?
    /// Index among the model's rotary embeddings; nil: no positions.
    package var rotary: Int?
    package var queryKeyNorm: QueryKeyNorm = .none
    /// Queries, keys and values are cut to [-clip, clip] after projection.
    package var clip: Float?
}

/// A norm of queries and keys before they are turned.
package enum QueryKeyNorm: Sendable {
    case none
    /// Over each head, one weight [E] for all.
    case perHead
    /// Over the whole projection, before the cut into heads.
    case whole
}

package struct FeedForwardArchitecture: Sendable {
    package var width: Int  // F
    package var activation: GatedActivation
}

extension AttentionArchitecture {
    var queryColumns: Int { heads * queryKeyWidth }
    var keyColumns: Int { keyValueHeads * queryKeyWidth }
    var valueColumns: Int { keyValueHeads * valueWidth }
    var outputColumns: Int { heads * valueWidth }
    var headsPerGroup: Int { heads / keyValueHeads }

    /// One group: the query heads that share a key/value head.
    var group: Attention {
        Attention(
            heads: headsPerGroup, queryKeyWidth: queryKeyWidth, valueWidth: valueWidth, scale: scale, softCap: softCap,
            window: window)
    }
}

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
    /// Every norm over D, and those over queries and keys.
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
    /// That of a random embedding, where it is another.
    package var embeddingInitializerRange: Double?
    package var names: ParameterNames
    /// A row of the embedding that, as in transformers, starts as 0 and learns nothing from being looked up.
    package var paddingID: Int?
    /// What somebody who knows the files may not expect, a sentence each: said when the model is loaded.
    package var remarks: [String] = []
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
    /// How queries, keys and values come from low-rank vectors; nil: each is a projection of its own.
    package var latent: LatentProjections?
}

/// Multi-head latent attention (DeepSeek-AI 2024, arXiv 2405.04434):
///
///     query = Wq norm(Wql x)                      or Wq x without a query rank
///     (latent, shared key) = Wl x
///     (key without positions, value) = W norm(latent)     for each head
///     key = (key without positions, shared key), of which the last part is turned
package struct LatentProjections: Sendable {
    /// Width of the vector that queries come from.
    package var queryRank: Int?
    /// Width of the vector that keys and values come from.
    package var keyValueRank: Int
    /// The last features of every key: one vector that all heads share.
    package var sharedKeyWidth: Int
    /// Over both low-rank vectors.
    package var norm: Norm
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

    /// Features of a key that are its head's own; all of them without latent projections.
    var ownKeyWidth: Int { queryKeyWidth - (latent?.sharedKeyWidth ?? 0) }
    /// What the latent vector of keys and values is projected to.
    var expandedColumns: Int { keyValueHeads * (ownKeyWidth + valueWidth) }

    /// One group: the query heads that share a key/value head.
    var group: Attention {
        Attention(
            heads: headsPerGroup, queryKeyWidth: queryKeyWidth, valueWidth: valueWidth, scale: scale, softCap: softCap,
            window: window)
    }
}

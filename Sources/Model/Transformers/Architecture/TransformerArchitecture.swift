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
    /// `model_type` of config.json: for messages; nothing is computed by it.
    package var family: String
    /// V, the rows of the embedding and of the head, those that pad it included.
    package var vocabularySize: Int  // V
    /// Most tokens in one segment (`max_position_embeddings`).
    package var contextLength: Int
    /// D, the width of the residual stream.
    package var width: Int  // D
    /// Factor of the embeddings as they enter the first layer; nil for none.
    package var embeddingScale: Float?
    /// The kind of every norm over D, and of those over queries and keys.
    package var norm: Norm
    /// What each layer computes, from the embedding up. [L]
    package var layers: [LayerArchitecture]  // [L]
    /// The rotary embeddings that layers refer to by index.
    package var rotaries: [RotaryEmbedding]
    /// Whether the head is the embedding.
    package var isHeadTied: Bool
    /// Cap of the logits, which become cap * tanh(logit / cap); nil for none.
    package var finalSoftCap: Float?
    /// Standard deviation of random parameters.
    package var initializerRange: Double
    /// Standard deviation of a random embedding, where it is another than `initializerRange`.
    package var embeddingInitializerRange: Double?
    /// Which parameters the model has, and their names in a checkpoint.
    package var names: ParameterNames
    /// A row of the embedding that, as in transformers, starts as 0 and learns nothing from being looked up.
    package var paddingID: Int?
    /// What somebody who knows the files may not expect, a sentence each: said when the model is loaded.
    package var remarks: [String] = []
}

/// What one layer computes.
package struct LayerArchitecture: Sendable {
    /// Attention, the layer's first half.
    package var attention: AttentionArchitecture
    /// Feed-forward, the layer's second half.
    package var feedForward: FeedForwardArchitecture
    /// Where the layer has norms over D; elsewhere values pass as they are.
    package var norms: Set<NormPosition>
}

/// Where a layer may have a norm over D.
package enum NormPosition: Sendable {
    case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput
}

/// Causal attention of one layer: its heads, what they see and how queries and keys are made.
package struct AttentionArchitecture: Sendable {
    /// H, the query heads.
    package var heads: Int  // H
    /// K, the key/value heads; each serves H / K query heads.
    package var keyValueHeads: Int  // K
    /// E, the width of a query or key head.
    package var queryKeyWidth: Int  // E
    /// Width of a value head.
    package var valueWidth: Int
    /// Factor of the scores q k, before the soft cap.
    package var scale: Float
    /// Cap of the scores, which become cap * tanh(score / cap) before the softmax; nil for none.
    package var softCap: Float?
    /// How far a query sees: itself and `window - 1` positions before it; nil for all before it.
    package var window: Int?
    /// Index among the model's rotary embeddings; nil: no positions.
    package var rotary: Int?
    /// The norm of queries and keys before they are turned, if any.
    package var queryKeyNorm: QueryKeyNorm = .none
    /// Queries, keys and values are cut to [-clip, clip] after projection; nil for no cut.
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
    /// The kind of the norms over both low-rank vectors.
    package var norm: Norm
}

/// A norm of queries and keys before they are turned.
package enum QueryKeyNorm: Sendable {
    case none
    /// A norm over each head, one weight [E] for all.
    case perHead
    /// A norm over the whole projection, before the cut into heads.
    case whole
}

/// The gated feed-forward of one layer: down(activation(gate x) * up x).
package struct FeedForwardArchitecture: Sendable {
    /// F, the width between the projections.
    package var width: Int  // F
    /// What is applied to the gate.
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

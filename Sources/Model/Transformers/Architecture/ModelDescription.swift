/// What a model is, for logs, /info and checks.
package struct ModelDescription: Sendable, Equatable {
    /// `model_type` of config.json.
    package let family: String
    /// V, the rows of the embedding; the tokenizer may have fewer tokens.
    package let vocabularySize: Int
    /// Most tokens in one segment (`max_position_embeddings`).
    package let contextLength: Int
    /// L, the layers.
    package let layers: Int
    /// D, the width of the residual stream.
    package let width: Int
    /// H, the query heads of the first layer.
    package let heads: Int
    /// K, the key/value heads of the first layer.
    package let keyValueHeads: Int
    /// F, the feed-forward width of the first layer.
    package let feedForwardWidth: Int
    /// Whether the head is the embedding.
    package let isHeadTied: Bool
    /// Numbers in all parameters; a tied head counts once.
    package let parameterCount: Int
    /// What somebody who knows the files may not expect, a sentence each.
    package let remarks: [String]

    init(_ architecture: TransformerArchitecture, parameterCount: Int) {
        family = architecture.family
        vocabularySize = architecture.vocabularySize
        contextLength = architecture.contextLength
        layers = architecture.layers.count
        width = architecture.width
        heads = architecture.layers.first?.attention.heads ?? 0
        keyValueHeads = architecture.layers.first?.attention.keyValueHeads ?? 0
        feedForwardWidth = architecture.layers.first?.feedForward.width ?? 0
        isHeadTied = architecture.isHeadTied
        self.parameterCount = parameterCount
        remarks = architecture.remarks
    }
}

/// What a model is, for logs, /info and checks.
package struct ModelDescription: Sendable, Equatable {
    /// `model_type` of config.json.
    package let family: String
    package let vocabularySize: Int
    /// Most tokens in one segment (`max_position_embeddings`).
    package let contextLength: Int
    package let layers: Int
    package let width: Int
    package let heads: Int
    package let keyValueHeads: Int
    package let feedForwardWidth: Int
    package let isHeadTied: Bool
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

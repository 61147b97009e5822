/// A parameter of one layer, by what it does. Matrices are [outputs, inputs].
package enum LayerParameter: Int, CaseIterable, Sendable {
    case query, key, value, output, gate, up, down
    case queryBias, keyBias, valueBias, outputBias, gateBias, upBias, downBias
    case queryNorm, keyNorm
    /// Matrices of `LatentProjections`: to the low-rank vectors, and from the latter to keys and values.
    case queryLatent, keyValueLatent, keyValue
    case queryLatentBias, keyValueLatentBias
    case queryLatentNorm, keyValueLatentNorm
    case attentionInputNorm, attentionOutputNorm, feedForwardInputNorm, feedForwardOutputNorm

    /// The bias that goes with a matrix.
    var bias: LayerParameter? {
        switch self {
        case .query: .queryBias
        case .key: .keyBias
        case .value: .valueBias
        case .output: .outputBias
        case .gate: .gateBias
        case .up: .upBias
        case .down: .downBias
        case .queryLatent: .queryLatentBias
        case .keyValueLatent: .keyValueLatentBias
        default: nil
        }
    }

    func shape(_ layer: LayerArchitecture, width: Int) -> [Int] {
        let attention = layer.attention
        switch self {
        case .query: return [attention.queryColumns, attention.latent?.queryRank ?? width]
        case .key: return [attention.keyColumns, width]
        case .value: return [attention.valueColumns, width]
        case .output: return [width, attention.outputColumns]
        case .gate, .up: return [layer.feedForward.width, width]
        case .down: return [width, layer.feedForward.width]
        case .queryBias: return [attention.queryColumns]
        case .keyBias: return [attention.keyColumns]
        case .valueBias: return [attention.valueColumns]
        case .gateBias, .upBias: return [layer.feedForward.width]
        case .queryNorm: return [attention.queryKeyNorm == .whole ? attention.queryColumns : attention.queryKeyWidth]
        case .keyNorm: return [attention.queryKeyNorm == .whole ? attention.keyColumns : attention.queryKeyWidth]
        case .outputBias, .downBias, .attentionInputNorm, .attentionOutputNorm, .feedForwardInputNorm,
            .feedForwardOutputNorm:
            return [width]
        case .queryLatent, .keyValueLatent, .keyValue, .queryLatentBias, .keyValueLatentBias, .queryLatentNorm,
            .keyValueLatentNorm:
            guard let latent = attention.latent else { preconditionFailure("no latent projections") }
            return latentShape(latent, attention, width)
        }
    }

    private func latentShape(_ latent: LatentProjections, _ attention: AttentionArchitecture, _ width: Int) -> [Int] {
        let queryRank = latent.queryRank ?? 0
        let joint = latent.keyValueRank + latent.sharedKeyWidth
        return switch self {
        case .queryLatent: [queryRank, width]
        case .queryLatentBias, .queryLatentNorm: [queryRank]
        case .keyValueLatent: [joint, width]
        case .keyValueLatentBias: [joint]
        case .keyValueLatentNorm: [latent.keyValueRank]
        case .keyValue: [attention.expandedColumns, latent.keyValueRank]
        default: preconditionFailure("\(self) is no latent projection")
        }
    }

    var kind: ParameterKind {
        switch self {
        case .query, .key, .value, .output, .gate, .up, .down, .queryLatent, .keyValueLatent, .keyValue: .matrix
        case .queryBias, .keyBias, .valueBias, .outputBias, .gateBias, .upBias, .downBias, .queryLatentBias,
            .keyValueLatentBias:
            .bias
        case .queryNorm, .keyNorm, .attentionInputNorm, .attentionOutputNorm, .feedForwardInputNorm,
            .feedForwardOutputNorm, .queryLatentNorm, .keyValueLatentNorm:
            .norm
        }
    }
}

/// What a parameter is, for initialization, packing and weight decay. A `head` is one of its own, not the embedding.
package enum ParameterKind: Sendable {
    case embedding, head, matrix, bias, norm
}

/// Which parameters a model has, and their names in the checkpoint. A layer parameter without a name does not exist.
package struct ParameterNames: Sendable {
    /// Name of the token embedding, [V, D].
    package var embedding: String
    /// Name of the head, [V, D]; used where the head is not tied.
    package var head: String
    /// Name of the final norm's weight; nil where that norm has none.
    package var finalNorm: String?
    /// What stands before a layer's names, for example `model.layers.7.`.
    package var layerPrefix: @Sendable (Int) -> String
    /// Names of a layer's parameters behind `layerPrefix`. What is not among them does not exist.
    package var layer: [LayerParameter: String]
    /// Tensors that a checkpoint may hold and that are not read, by the end of their names.
    package var ignoredSuffixes: [String] = []
}

/// What a parameter is for.
enum ParameterRole: Hashable {
    case embedding, head, finalNorm
    case layer(Int, LayerParameter)
}

/// A parameter and its place in the flat arenas of values and gradients.
package struct Parameter: Sendable {
    /// The parameter's name in the checkpoint.
    package let name: String
    /// Dimensions as in the checkpoint, outermost first; a matrix is [outputs, inputs].
    package let shape: [Int]
    /// Place among all values, in floats: the same in the arena of gradients.
    package let range: Range<Int>
    /// What it is; decides initialization and weight decay.
    package let kind: ParameterKind
    let role: ParameterRole

    /// Whether weight decay applies: not to norms, biases and embeddings. A head that is not tied decays.
    package var decays: Bool { kind == .matrix || kind == .head }
}

extension TransformerArchitecture {
    /// How many values the parameters have, as nearly as a Double tells: sizes that no model has overflow nothing here.
    var approximateParameterCount: Double {
        func count(_ shape: [Int]) -> Double { shape.reduce(1) { $0 * Double($1) } }
        return layers.reduce((isHeadTied ? 1 : 2) * count([vocabularySize, width])) { sum, layer in
            names.layer.keys.reduce(sum) { $0 + count($1.shape(layer, width: width)) }
        }
    }

    /// All parameters in the order of their names' bytes, laid end to end.
    package func parameters() -> [Parameter] {
        var found: [(name: String, shape: [Int], kind: ParameterKind, role: ParameterRole)] = [
            (names.embedding, [vocabularySize, width], .embedding, .embedding)
        ]
        if !isHeadTied { found.append((names.head, [vocabularySize, width], .head, .head)) }
        if let name = names.finalNorm { found.append((name, [width], .norm, .finalNorm)) }
        for (index, layer) in layers.enumerated() {
            for (parameter, name) in names.layer {
                let shape = parameter.shape(layer, width: width)
                found.append((names.layerPrefix(index) + name, shape, parameter.kind, .layer(index, parameter)))
            }
        }
        found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var end = 0
        return found.map { entry in
            let start = end
            end += entry.shape.reduce(1, *)
            return Parameter(
                name: entry.name, shape: entry.shape, range: start..<end, kind: entry.kind, role: entry.role)
        }
    }
}

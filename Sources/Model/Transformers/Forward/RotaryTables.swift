import Tensors

/// Cosines and sines of a model's rotary embeddings, for the longest segment met so far. Used by one thread at a time.
final class RotaryTables {
    private let embeddings: [RotaryEmbedding]
    private var positions = 0
    private var tables: [(cosines: TensorBuffer, sines: TensorBuffer)] = []

    init(_ embeddings: [RotaryEmbedding]) { self.embeddings = embeddings }

    static func byteCount(_ embeddings: [RotaryEmbedding], positions: Int) -> Int {
        embeddings.reduce(0) { $0 + $1.width * positions * MemoryLayout<Float>.stride }
    }

    /// Bytes of the tables so far.
    var byteCount: Int { Self.byteCount(embeddings, positions: positions) }

    /// Valid until the next call.
    func rotaries(positions count: Int) -> [Rotary] {
        if count > positions {
            tables = []
            tables = embeddings.map { $0.tables(count: count) }
            positions = count
        }
        return zip(embeddings, tables).map { embedding, table in
            Rotary(
                width: embedding.width, firstFeature: embedding.firstFeature, isInterleaved: embedding.isInterleaved,
                cosines: table.cosines.baseAddress, sines: table.sines.baseAddress)
        }
    }
}

import Tensors

/// Keys and values of some sequences, in the packed blocks that attention reads: nothing is packed again from token to token.
///
/// Every layer keeps all positions, those outside its window too. Memory is taken as positions are filled, and kept for the next sequence
/// of that number: 4 K (E + value width rounded up to 16) L bytes a token, in blocks of 64 tokens.
final class KeyValueCache {
    private struct Layer {
        let group: Attention
        let heads: Int  // K
        let start: Int
    }

    private let layers: [Layer]
    private let blocksPerSequence: Int
    private let memory: TensorBuffer

    init(_ architecture: TransformerArchitecture, sequences: Int, maxTokens: Int) {
        blocksPerSequence = (maxTokens + Attention.keyBlock - 1) / Attention.keyBlock
        var end = 0
        var layers: [Layer] = []
        for layer in architecture.layers {
            let (group, heads) = (layer.attention.group, layer.attention.keyValueHeads)
            layers.append(Layer(group: group, heads: heads, start: end))
            end += sequences * heads * blocksPerSequence * group.blockCount
        }
        self.layers = layers
        memory = TensorBuffer(count: end, isSparse: true)
    }

    /// Bytes of a cache of which every position is filled.
    static func byteCount(_ architecture: TransformerArchitecture, sequences: Int, maxTokens: Int) -> Int {
        let blocks = sequences * ((maxTokens + Attention.keyBlock - 1) / Attention.keyBlock)
        let floats = architecture.layers.reduce(0) { $0 + $1.attention.keyValueHeads * $1.attention.group.blockCount }
        return blocks * floats * MemoryLayout<Float>.stride
    }

    /// The blocks of one head of one sequence, one after the other.
    func blocks(_ layer: Int, sequence: Int, head: Int) -> UnsafeMutablePointer<Float> {
        let own = layers[layer]
        return memory.baseAddress + own.start + (sequence * own.heads + head) * blocksPerSequence * own.group.blockCount
    }

    /// Gives a sequence the keys and values that another has of its first positions.
    func copy(_ positions: Int, from source: Int, to sequence: Int) {
        let blockCount = (positions + Attention.keyBlock - 1) / Attention.keyBlock
        for (index, layer) in layers.enumerated() {
            for head in 0..<layer.heads {
                blocks(index, sequence: sequence, head: head).update(
                    from: blocks(index, sequence: source, head: head), count: blockCount * layer.group.blockCount)
            }
        }
    }

    /// Adds the keys and values of some positions, the first of them `first`.
    func append(_ layer: Int, sequence: Int, head: Int, first: Int, keys: Tensor, values: Tensor) {
        let group = layers[layer].group
        let target = blocks(layer, sequence: sequence, head: head)
        for row in 0..<keys.rows {
            let (block, place) = (first + row).quotientAndRemainder(dividingBy: Attention.keyBlock)
            group.append(key: keys.row(row), value: values.row(row), at: place, to: target + block * group.blockCount)
        }
    }
}

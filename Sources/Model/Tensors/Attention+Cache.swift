import CKernels

/// Packed key blocks that grow by single positions: what `pack` writes, one key and value at a time.
extension Attention {
    /// Puts the key [E] and the value of one position at `place` (0 ..< keyBlock) of a block that began as zeros.
    package func append(
        key: UnsafePointer<Float>, value: UnsafePointer<Float>, at place: Int, to block: UnsafeMutablePointer<Float>
    ) {
        precondition(place >= 0 && place < Attention.keyBlock, "no such place in a key block")
        for feature in 0..<queryKeyWidth { block[feature * Attention.keyBlock + place] = key[feature] }
        let values = block + queryKeyWidth * Attention.keyBlock
        let paddedWidth = (blockCount - queryKeyWidth * Attention.keyBlock) / Attention.keyBlock
        (values + place * paddedWidth).update(from: value, count: valueWidth)
    }
}

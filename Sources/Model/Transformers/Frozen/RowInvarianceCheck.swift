import Tensors

/// Whether a product gives a row the same bits alone and at every place of a block, whatever stands beside it.
///
/// Blocks have the height that a pass uses and every smaller height that a register tile can be left with. Each is computed
/// twice, with the probe row at the even places and at the odd ones, other rows between.
package struct RowInvarianceCheck {
    /// A place where a row in a block had other bits than alone.
    package struct Difference: Equatable, Sendable {
        /// Rows of the block.
        package let blockRows: Int
        /// The row's place in the block, from 0.
        package let place: Int
    }

    private let inputs: Int
    private let outputs: Int
    private let heights: [Int]
    private let product: (_ rows: Tensor, _ results: Tensor) -> Void

    /// - Parameters:
    ///   - blockRows: rows of the largest block that a pass computes at once.
    ///   - product: computes rows [n, inputs] into results [n, outputs]. Called by one thread at a time.
    package init(
        inputs: Int, outputs: Int, blockRows: Int, product: @escaping (_ rows: Tensor, _ results: Tensor) -> Void
    ) {
        self.inputs = inputs
        self.outputs = outputs
        heights = [blockRows] + (2...6).filter { $0 < blockRows }
        self.product = product
    }

    /// Number of rows that `firstDifference` compares.
    package var rowCount: Int { heights.reduce(0, +) }

    /// The first row that had other bits in a block than alone; nil where every row agreed. Cost: `2 rowCount + 1` rows of the
    /// product.
    package func firstDifference() -> Difference? {
        let probe = TensorBuffer(count: inputs)
        Self.fill(probe, seed: 1)
        let alone = TensorBuffer(count: outputs)
        product(
            Tensor(probe.baseAddress, rows: 1, columns: inputs), Tensor(alone.baseAddress, rows: 1, columns: outputs))
        for height in heights {
            let rows = TensorBuffer(count: height * inputs, zeroed: false)
            let results = TensorBuffer(count: height * outputs, zeroed: false)
            for parity in 0...1 {
                Self.fill(rows, seed: UInt64(2 + parity))
                let places = stride(from: parity, to: height, by: 2)
                for place in places {
                    (rows.baseAddress + place * inputs).update(from: probe.baseAddress, count: inputs)
                }
                product(
                    Tensor(rows.baseAddress, rows: height, columns: inputs),
                    Tensor(results.baseAddress, rows: height, columns: outputs))
                for place in places
                where !Self.sameBits(results.baseAddress + place * outputs, alone.baseAddress, outputs) {
                    return Difference(blockRows: height, place: place)
                }
            }
        }
        return nil
    }

    private static func sameBits(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Bool {
        (0..<count).allSatisfy { a[$0].bitPattern == b[$0].bitPattern }
    }

    /// Values of both signs and of eight magnitudes, so that another order of a sum shows.
    private static func fill(_ buffer: TensorBuffer, seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        for index in 0..<buffer.count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let fraction = Float(Int32(truncatingIfNeeded: state >> 32)) / 0x1p31
            buffer.baseAddress[index] = fraction / Float(1 << (state >> 20 & 7))
        }
    }
}

import Tensors

/// Where a piece of work stands: some rows of the batch, which one worker takes through one layer.
struct Place {
    /// Index of the layer, from the embedding up.
    let layer: Int
    /// Rows of the packed batch, a block of them.
    let rows: Range<Int>
    /// Number of that block; sums that are kept apart by block stand at it.
    let block: Int
    /// Number of the worker, whose scratch memory the piece may use.
    let worker: Int
}

extension WorkerPool {
    /// Calls `body` once for each block of rows at a layer, and returns when all are done. Must not be nested.
    func forEachPlace(_ layer: Int, _ rowBlocks: [Range<Int>], _ body: (Place) -> Void) {
        forEach(rowBlocks.count) { (block: Int, worker: Int) in
            body(Place(layer: layer, rows: rowBlocks[block], block: block, worker: worker))
        }
    }
}

extension Tensor {
    /// A view of the rows at a place.
    subscript(_ place: Place) -> Tensor { self[place.rows] }
}

extension RowStore {
    /// The rows at a place: kept ones, or the worker's own.
    subscript(_ place: Place) -> Tensor { rows(place.rows, worker: place.worker) }
}

extension NormPosition {
    /// The parameter that holds the weight of the norm here.
    var weight: LayerParameter {
        switch self {
        case .attentionInput: .attentionInputNorm
        case .attentionOutput: .attentionOutputNorm
        case .feedForwardInput: .feedForwardInputNorm
        case .feedForwardOutput: .feedForwardOutputNorm
        }
    }

    /// Whether the norm is behind its branch, not before it.
    var isOutput: Bool { self == .attentionOutput || self == .feedForwardOutput }
}

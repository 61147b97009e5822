import Tensors

/// Hands out parts of one run of floats, each aligned to 64 bytes. Made without memory it only measures: then the pointers
/// are not to be read.
struct Carver {
    private let baseAddress: UnsafeMutablePointer<Float>?
    private(set) var count = 0

    init(_ buffer: TensorBuffer?) { baseAddress = buffer?.baseAddress }

    mutating func take(_ floats: Int) -> UnsafeMutablePointer<Float> {
        defer { count += (floats + 15) / 16 * 16 }
        return (baseAddress ?? Carver.nowhere) + count
    }

    mutating func matrix(_ rows: Int, _ columns: Int) -> Tensor {
        Tensor(take(rows * columns), rows: rows, columns: columns)
    }

    private static var nowhere: UnsafeMutablePointer<Float> {
        UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
    }
}

/// Values per row that a pass keeps for all rows, or that each worker holds for the rows it works on.
struct RowStore {
    private let tensor: Tensor
    private let rowsPerWorker: Int?

    private init(tensor: Tensor, rowsPerWorker: Int?) {
        self.tensor = tensor
        self.rowsPerWorker = rowsPerWorker
    }

    /// Kept: [N, columns].
    init(kept tensor: Tensor) {
        self.tensor = tensor
        rowsPerWorker = nil
    }

    /// Scratch: [workers * rowsPerWorker, columns].
    init(scratch tensor: Tensor, rowsPerWorker: Int) {
        self.tensor = tensor
        self.rowsPerWorker = rowsPerWorker
    }

    /// A view of the same memory with fewer columns.
    func narrowed(to columns: Int) -> RowStore {
        RowStore(
            tensor: Tensor(tensor.baseAddress, rows: tensor.rows, columns: columns, stride: tensor.stride),
            rowsPerWorker: rowsPerWorker)
    }

    func rows(_ range: Range<Int>, worker: Int) -> Tensor {
        guard let rowsPerWorker else { return tensor[range] }
        return tensor[worker * rowsPerWorker..<worker * rowsPerWorker + range.count]
    }
}

/// Some floats for each worker.
struct WorkerScratch {
    private let baseAddress: UnsafeMutablePointer<Float>
    private let perWorker: Int

    init(_ workers: WorkerPool, _ count: Int, _ carver: inout Carver) {
        perWorker = (count + 15) / 16 * 16
        baseAddress = carver.take(workers.threads * perWorker)
    }

    func of(_ worker: Int) -> UnsafeMutablePointer<Float> { baseAddress + worker * perWorker }
}

import Formats
import Training
import Transformers

/// The memory that a run takes at its peak, told from the student's shape before it is taken.
package struct RunMemory {
    /// Program, libraries, tokenizer, and batches that wait.
    private static let programBytes = 48 << 20

    private let student: TrainableTransformer
    private let sequenceLength: Int
    private let hasHeldOut: Bool
    private let keepsAverage: Bool
    private let besideBytes: Int

    /// - Parameters:
    ///   - sequenceLength: tokens of a window.
    ///   - hasHeldOut: whether losses are taken without a backward pass, too.
    ///   - keepsAverage: whether a moving average of the parameters is kept.
    ///   - besideBytes: bytes of what stands beside the student: a frozen base.
    package init(
        _ student: TrainableTransformer, sequenceLength: Int, hasHeldOut: Bool, keepsAverage: Bool, besideBytes: Int = 0
    ) {
        self.keepsAverage = keepsAverage
        self.student = student
        self.sequenceLength = sequenceLength
        self.hasHeldOut = hasHeldOut
        self.besideBytes = besideBytes
    }

    /// Bytes at the peak of a run with so many windows in a micro-batch.
    package func bytes(microBatch windows: Int) -> Int {
        let heldOut = hasHeldOut ? student.evaluationBytes(windows: windows, tokens: sequenceLength) : 0
        return Self.programBytes + besideBytes + student.parameterBytes
            + AdamW.bytes(of: student, keepsAverage: keepsAverage)
            + student.passBytes(windows: windows, tokens: sequenceLength) + heldOut
    }

    /// The largest micro-batch, of at most `limit` windows, whose run takes no more than `available` bytes; nil where none does.
    package func largestMicroBatch(within available: Int, limit: Int) -> Int? {
        guard bytes(microBatch: 1) <= available else { return nil }
        var (fits, tooMany) = (1, limit + 1)
        while tooMany - fits > 1 {
            let middle = (fits + tooMany) / 2
            if bytes(microBatch: middle) <= available { fits = middle } else { tooMany = middle }
        }
        return fits
    }

    /// Adds to the findings what the run takes and what would fit. Returns whether there is as much memory.
    ///
    /// - Parameters:
    ///   - microBatch: windows of a micro-batch, as asked for.
    ///   - batch: windows of a step: no micro-batch is larger.
    ///   - available: bytes that the run may have.
    package func report(microBatch: Int, batch: Int, available: Int, _ findings: inout Findings) -> Bool {
        let windows = min(microBatch, batch)
        let needed = bytes(microBatch: windows)
        func size(_ bytes: Int) -> String { Format.count(Double(bytes)) + "B" }
        let what = "about \(size(needed)) at --micro-batch-sequences \(windows), \(size(available)) in all"
        switch largestMicroBatch(within: available, limit: batch) {
        case let largest? where windows <= largest:
            let most = largest == batch ? "all \(batch) windows of a step fit" : "\(largest) are the most that fit"
            findings.add(.fine, "memory", "\(what); \(most)")
            return true
        case let largest?:
            findings.add(.wrong, "memory", "\(what): give --micro-batch-sequences \(largest) or less")
            return false
        case nil:
            findings.add(
                .wrong, "memory",
                "\(what): one window of \(sequenceLength) tokens is too many; give a shorter --sequence-length, or more memory"
            )
            return false
        }
    }
}

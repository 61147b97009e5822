import Foundation

/// Owns a run of floats, aligned to 64 bytes.
///
/// `@unchecked Sendable`: the pointer never changes; whoever shares a buffer between threads writes disjoint parts, as
/// `WorkerPool` asks.
package final class TensorBuffer: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let count: Int

    /// - Parameter zeroed: false where every element is written before it is read.
    package init(count: Int, zeroed: Bool = true) {
        let bytes = (max(count, 1) * MemoryLayout<Float>.stride + 63) / 64 * 64
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        base = raw.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
        self.count = count
        if zeroed { base.initialize(repeating: 0, count: bytes / MemoryLayout<Float>.stride) }
    }

    package var byteCount: Int { count * MemoryLayout<Float>.stride }

    package var values: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: count) }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

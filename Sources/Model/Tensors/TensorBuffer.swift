import Foundation

/// Owns a run of floats, aligned to 64 bytes.
///
/// Large runs are mapped on their own, in huge pages where the system has them: their memory goes back to the system when the
/// buffer goes, and reading them in order misses the translation cache 512 times less often. Sparse ones are not in huge pages: there
/// the first float that is written takes 2 MiB.
///
/// `@unchecked Sendable`: the pointer never changes; whoever shares a buffer between threads writes disjoint parts, as
/// `WorkerPool` asks.
package final class TensorBuffer: @unchecked Sendable {
    /// First float, aligned to 64 bytes; good as long as the buffer lives.
    package let baseAddress: UnsafeMutablePointer<Float>
    /// Floats that were asked for.
    package let count: Int
    private let mappedBytes: Int  // 0: from the heap
    private let owner: (any AnyObject & Sendable)?  // of memory that is only looked at

    private static let mappedFromBytes = 1 << 20
    private static let hugePageBytes = 2 << 20

    /// Memory for `count` floats.
    ///
    /// - Parameters:
    ///   - zeroed: false where every element is written before it is read.
    ///   - isSparse: true where much may never be written: a large run then takes memory as it is written, page by page.
    package init(count: Int, zeroed: Bool = true, isSparse: Bool = false) {
        owner = nil
        let bytes = (max(count, 1) * MemoryLayout<Float>.stride + 63) / 64 * 64
        self.count = count
        if bytes >= TensorBuffer.mappedFromBytes, let memory = TensorBuffer.map(bytes, isSparse: isSparse) {
            baseAddress = memory.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
            mappedBytes = bytes
        } else {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            baseAddress = memory.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
            mappedBytes = 0
            if zeroed { baseAddress.initialize(repeating: 0, count: bytes / MemoryLayout<Float>.stride) }
        }
    }

    /// A view of `count` floats that somebody else has, aligned to 64 bytes and never written to.
    ///
    /// - Parameter owner: lives as long as this does, and the memory as long as it.
    package init(viewing memory: UnsafePointer<Float>, count: Int, keeping owner: any AnyObject & Sendable) {
        precondition(UInt(bitPattern: memory) % 64 == 0, "aligned to 64 bytes")
        baseAddress = UnsafeMutablePointer(mutating: memory)
        self.count = count
        self.owner = owner
        mappedBytes = 0
    }

    /// Bytes of `count` floats; what rounding up to 64 adds is left out.
    package var byteCount: Int { count * MemoryLayout<Float>.stride }

    /// All floats; the pointer does not keep the buffer alive.
    package var values: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: baseAddress, count: count)
    }

    deinit {
        guard owner == nil else { return }
        if mappedBytes > 0 {
            munmap(baseAddress, mappedBytes)
        } else {
            UnsafeMutableRawPointer(baseAddress).deallocate()
        }
    }

    /// New pages, which read as 0; nil where the system gives none.
    private static func map(_ bytes: Int, isSparse: Bool) -> UnsafeMutableRawPointer? {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        // MADV_NOHUGEPAGE, MADV_HUGEPAGE; wishes, which may be refused.
        if isSparse { madvise(memory, bytes, 15) } else if bytes >= hugePageBytes { madvise(memory, bytes, 14) }
        return memory
    }
}

import Foundation
import Tensors
import Testing

@Suite struct TensorBufferTests {
    /// One float in 2 MiB is written: so many pages are taken, where a huge page would take all that lies between.
    @Test func aSparseBufferTakesTheMemoryThatIsWritten() {
        let buffer = TensorBuffer(count: 8 << 20, isSparse: true)
        let written = stride(from: 0, to: buffer.count, by: 512 << 10)
        for place in written { buffer.baseAddress[place] = 1 }
        let pageBytes = Int(getpagesize())
        var pages = [UInt8](repeating: 0, count: buffer.byteCount / pageBytes)
        #expect(mincore(buffer.baseAddress, buffer.byteCount, &pages) == 0)
        #expect(pages.count { $0 & 1 == 1 } == Array(written).count)
        #expect(written.allSatisfy { buffer.baseAddress[$0] == 1 && buffer.baseAddress[$0 + 1] == 0 })
    }
}

import Foundation

/// How glibc hands out memory to a server with a thread for each connection.
///
/// As it comes, glibc gives threads heaps of their own and, once a large block has been freed, takes the next ones from those
/// heaps, where they leave holes: under a mixed load the resident memory of the demo server grew to five times what it
/// needs. With two heaps, and blocks from 128 KiB on mapped one by one, what is freed goes back to the kernel.
package enum MemoryAllocator {
    private static let largeBlockBytes: Int32 = 128 << 10
    private static let heaps: Int32 = 2
    // malloc.h is not part of Swift's Glibc module; these are its numbers.
    private static let mmapThreshold: Int32 = -3
    private static let arenaMax: Int32 = -8

    /// Before the first thread is started. Without effect on other C libraries.
    package static func giveBackLargeBlocks() {
        typealias Mallopt = @convention(c) (Int32, Int32) -> Int32
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let mallopt = unsafeBitCast(symbol, to: Mallopt.self)
        _ = mallopt(arenaMax, heaps)
        _ = mallopt(mmapThreshold, largeBlockBytes)
    }
}

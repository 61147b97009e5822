/// How a store is kept. Two processes of one host may share a directory; each has its own configuration.
package struct ScoreStoreConfiguration: Sendable {
    /// Path of the directory that holds `scores.sqlite` and SQLite's files beside it; made where it is missing.
    package var directory: String
    /// Most bytes of live data in the database file: beyond it the least recently used segments leave, down to nine tenths.
    package var maxBytes: Int
    /// Most bytes of log-probs that wait for the writer. Where it is reached, newer ones are dropped and counted: a store is a cache,
    /// and an answer never waits for a disk.
    package var maxQueuedBytes = 64 << 20
    /// Most read connections; a reader beyond them waits for one.
    package var readerCount = 8
    /// How long to wait for another process's transaction.
    package var busyTimeout = Duration.seconds(5)
    /// A segment's stamp of use is renewed by a read only if it is older than this: reads almost never cause a write.
    package var stampInterval = Duration.seconds(600)
    /// How long to wait after a failed transaction before the next.
    package var retryInterval = Duration.seconds(10)

    /// A store of at most `maxBytes`, above 0; every other setting at its default.
    package init(directory: String, maxBytes: Int) {
        precondition(maxBytes > 0, "a store needs room")
        self.directory = directory
        self.maxBytes = maxBytes
    }

    var path: String { directory + "/scores.sqlite" }
}

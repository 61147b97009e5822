import Checkpoints
import Digests
import System

/// A float file beside a token file, one number an item. A range is compared with its checksum when a number of it is first read.
package final class ParallelFile: Sendable {
    /// Path of the file of numbers.
    package let path: String
    /// What the JSON says.
    package let manifest: ParallelManifest
    private let file: OpenFile
    private let state: FileState
    /// A bit for each range that was compared.
    private let checked: Locked<[Bool]>

    /// Opens the file that a JSON names.
    ///
    /// - Parameter json: path of the JSON.
    /// - Throws: `ScoreFileError` for a JSON or a size that is not what was written.
    package init(_ json: String) throws {
        manifest = try ParallelManifest(contentsOf: json)
        let folder = json.lastIndex(of: "/").map { String(json[...$0]) } ?? ""
        let path = folder + manifest.file
        (file, state) = try ScoreFileError.reading(path) {
            let file = try OpenFile(path: path)
            return (file, try file.state())
        }
        self.path = path
        let expected = manifest.tokens.items * manifest.element.byteCount
        guard state.byteCount == expected else {
            throw ScoreFileError.damaged(
                path: path,
                reason:
                    "it has \(state.byteCount) bytes, \(manifest.tokens.items) numbers in \(manifest.element) take \(expected)"
            )
        }
        checked = Locked([Bool](repeating: false, count: manifest.checksums.count))
    }

    /// Numbers of a range of items; NaN where there is none. [range]
    ///
    /// - Throws: `ScoreFileError.damaged` where the bytes are not those that were written.
    package func values(_ items: Range<Int>) throws -> [Float] {
        precondition(items.lowerBound >= 0 && items.upperBound <= manifest.tokens.items, "items of the token file")
        guard !items.isEmpty else { return [] }
        let (size, length) = (manifest.element.byteCount, manifest.rangeItems)
        return try reading {
            for range in items.lowerBound / length...(items.upperBound - 1) / length { try check(range) }
            let bytes = try file.bytes(items.lowerBound * size..<items.upperBound * size)
            guard try file.state() == state else { throw damaged("somebody wrote to it while it was read") }
            return manifest.element.values(bytes)
        }
    }

    /// Reads all of it: checksums, and numbers that can be.
    ///
    /// - Parameter onProgress: called before each range with the share that is done; what it throws ends the reading.
    /// - Throws: `ScoreFileError.damaged`, `.impossible`.
    package func verify(onProgress: (Double) throws -> Void = { _ in }) throws {
        checked.withLock { for index in $0.indices { $0[index] = false } }
        let count = manifest.tokens.items
        var scored = 0
        for first in stride(from: 0, to: count, by: manifest.rangeItems) {
            try onProgress(Double(first) / Double(count))
            for (place, value) in try values(first..<min(first + manifest.rangeItems, count)).enumerated()
            where !value.isNaN {
                guard manifest.quantity.allows(value) else {
                    throw ScoreFileError.impossible(
                        path: path, item: first + place, expected: manifest.quantity.expected, got: value)
                }
                scored += 1
            }
        }
        guard scored == manifest.scoredItems else {
            throw damaged("\(scored) items have a number, its JSON says \(manifest.scoredItems)")
        }
    }

    private func check(_ range: Int) throws {
        guard !checked.withLock({ $0[range] }) else { return }
        let (size, length) = (manifest.element.byteCount, manifest.rangeItems)
        let end = min((range + 1) * length, manifest.tokens.items)
        let digest = try file.digest(of: range * length * size..<end * size).hex
        guard digest == manifest.checksums[range] else {
            throw damaged(
                "items from \(range * length) have SHA-256 \(digest), its JSON says \(manifest.checksums[range])")
        }
        checked.withLock { $0[range] = true }
    }

    /// What goes wrong with the file itself is damage too.
    private func reading<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as SystemError { throw damaged(error.reason) }
    }

    private func damaged(_ reason: String) -> ScoreFileError { .damaged(path: path, reason: reason) }
}

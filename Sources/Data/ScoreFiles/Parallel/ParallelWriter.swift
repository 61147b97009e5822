import Digests
import Foundation
import System

/// Writes the numbers of a token file from its first item to its last; the JSON comes last: without it there is nothing to open.
package final class ParallelWriter {
    private let path: String
    private let quantity: ParallelQuantity
    private let identity: ScoresIdentity
    private let unit: ScoreUnit
    private let tokens: ParallelManifest.Tokens
    private let element: ScoreElement
    private var sink: FileSink?
    private var hasher = SHA256Hasher()
    private var inRange = 0
    private var checksums: [String] = []
    /// Items so far.
    package private(set) var items = 0
    /// Items so far that have a number.
    package private(set) var scoredItems = 0

    /// Begins a file in a folder, under the token file's name with the quantity's suffix.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package init(
        in folder: String, _ quantity: ParallelQuantity, of identity: ScoresIdentity, unit: ScoreUnit,
        tokens: ParallelManifest.Tokens, element: ScoreElement
    ) throws {
        path = folder + "/" + tokens.file + quantity.suffix
        self.quantity = quantity
        self.identity = identity
        self.unit = unit
        self.tokens = tokens
        self.element = element
        let temporary = path + ".tmp"
        sink = try ScoreFileError.writing(path) { try FileSink(temporary, .replacing, name: path) }
    }

    /// What was not finished is removed.
    deinit { if sink != nil { unlink(path + ".tmp") } }

    /// Adds the next items' numbers, NaN where there is none.
    ///
    /// - Throws: `ScoreFileError.impossible`, `.tooLarge`, `.unwritable`.
    package func append(_ values: some Collection<Float>) throws {
        for (place, value) in values.enumerated() where !value.isNaN {
            guard quantity.allows(value) else {
                throw ScoreFileError.impossible(
                    path: path, item: items + place, expected: quantity.expected, got: value)
            }
            guard element.holds(value) else {
                throw ScoreFileError.tooLarge(path: path, item: items + place, element: element.rawValue, got: value)
            }
            scoredItems += 1
        }
        items += values.count
        var rest = values[...]
        while !rest.isEmpty {
            let part = rest.prefix(ParallelManifest.rangeItems - inRange)
            let bytes = element.bytes(part)
            hasher.update(bytes)
            try ScoreFileError.writing(path) { try sink?.write(bytes) }
            inRange += part.count
            if inRange == ParallelManifest.rangeItems { closeRange() }
            rest = rest.dropFirst(part.count)
        }
    }

    /// Closes the file and writes the JSON. Items that are missing are a precondition's failure.
    ///
    /// - Returns: path of the JSON.
    /// - Throws: `ScoreFileError.unwritable`.
    package func finish() throws -> String {
        precondition(items == tokens.items, "a number an item")
        if inRange > 0 { closeRange() }
        let json = path + ParallelManifest.suffix
        try ScoreFileError.writing(path) {
            try sink?.synchronize()
            try AtomicFile.move(path + ".tmp", to: path)
            sink = nil
        }
        try ParallelManifest(
            quantity, identity, unit, tokens, element: element, scoredItems: scoredItems,
            file: String(path.split(separator: "/").last ?? ""), checksums: checksums
        ).signed(path: json).write()
        return json
    }

    private func closeRange() {
        checksums.append(hasher.finalize().hex)
        (hasher, inRange) = (SHA256Hasher(), 0)
    }
}

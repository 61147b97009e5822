import Checkpoints
import Compression
import Digests
import System

/// The ids of a token file where they stand in it: a NumPy array, a bare one as OLMo writes it, or the data of a Megatron pair. For what is
/// kept beside a token file item by item. Read where asked; nothing is kept.
package struct TokenItems: Sendable {
    static let blockItems = 1 << 20

    /// Path of the array; of a Megatron pair that of its data.
    package let path: String
    /// How an id is stored.
    package let element: TokenElement
    /// Number of ids.
    package let count: Int
    /// SHA-256 of the index that says where documents begin; nil where there is none.
    package let indexDigest: SHA256Digest?
    private let file: OpenFile
    private let byteCount: Int
    private let dataOffset: Int
    /// First items of the documents, and behind them the number of items, where an index says them.
    private let documentStarts: [Int]?

    /// Opens a token file and reads what says how it is stored.
    ///
    /// - Parameters:
    ///   - path: of an array, or of either file of a Megatron pair. Compressed ones are refused: nothing can stand beside their items.
    ///   - bareElement: element type of an array without header; nil: it must have one.
    /// - Throws: `CorpusError`.
    package init(_ path: String, bareElement: TokenElement?) throws {
        let format = CorpusFormat(path: path)
        if format == .megatron || path.hasSuffix(".bin") && FileIdentity(path.dropLast(3) + "idx") != nil {
            let index = try MegatronIndex(format == .megatron ? path : path.dropLast(3) + "idx")
            try self.init(data: MegatronReader.dataPath(index.path)) { file, bytes in
                try index.checkData(bytes: bytes, path: file.path)
                return (index.element, 0, bytes / index.element.byteCount, (try index.documentStarts(), index.digest))
            }
            return
        }
        guard CompressionFormat(path: path) == nil else {
            throw CorpusError.badTokenArray(
                file: path, reason: "it is compressed; unpack it, so that its items have places")
        }
        try self.init(data: path) { file, bytes in
            var head: [UInt8] = []
            try CorpusError.reading(path) { () throws(SystemError) in
                while head.count < min(8192, bytes) { try file.read(head.count, atMost: 8192, into: &head) }
            }
            try FileHead.refusePointer(head, file: path)
            if let header = try NumpyHeader(head[...], file: path) {
                guard bytes - header.dataOffset == header.count * header.element.byteCount else {
                    throw CorpusError.badTokenArray(
                        file: path,
                        reason:
                            "expected \(header.count) elements of \(header.element), got \(bytes - header.dataOffset) bytes"
                    )
                }
                return (header.element, header.dataOffset, header.count, nil)
            }
            guard let element = bareElement else {
                throw CorpusError.badTokenArray(file: path, reason: "it has no header that says its element type")
            }
            guard bytes % element.byteCount == 0 else {
                throw CorpusError.badTokenArray(
                    file: path,
                    reason: "expected a multiple of \(element.byteCount) bytes, as of \(element), got \(bytes)")
            }
            var width = ElementWidth(element)
            try head.withUnsafeBytes { try width.check($0, atEnd: head.count >= bytes, file: path) }
            return (element, 0, bytes / element.byteCount, nil)
        }
    }

    private typealias Layout = (
        element: TokenElement, offset: Int, count: Int, index: (starts: [Int], digest: SHA256Digest)?
    )

    private init(data path: String, _ layout: (OpenFile, Int) throws -> Layout) throws {
        let (file, bytes) = try CorpusError.reading(path) { () throws(SystemError) in
            let file = try OpenFile(path: path)
            return (file, try file.state().byteCount)
        }
        let found = try layout(file, bytes)
        (self.path, self.file, byteCount) = (path, file, bytes)
        (element, dataOffset, count) = (found.element, found.offset, found.count)
        (documentStarts, indexDigest) = (found.index?.starts, found.index?.digest)
    }

    /// Whether the file says itself where its documents begin.
    package var hasIndex: Bool { documentStarts != nil }

    /// Ids of a range of items. [range]
    ///
    /// - Throws: `CorpusError` for an id that 31 bits do not hold, and where the file was cut since it was opened.
    package func ids(_ range: Range<Int>) throws -> [Int32] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "items of the file")
        var bytes: [UInt8] = []
        let wanted = range.count * element.byteCount
        try CorpusError.reading(path) { () throws(SystemError) in
            while bytes.count < wanted {
                let before = bytes.count
                let offset = dataOffset + range.lowerBound * element.byteCount
                try file.read(offset + before, atMost: wanted - before, into: &bytes)
                guard bytes.count > before else {
                    throw SystemError("read", path, code: 0, reason: "it is shorter than when it was opened")
                }
            }
        }
        var ids: [Int32] = []
        ids.reserveCapacity(range.count)
        try bytes.withUnsafeBytes { bytes in
            try element.forEach(bytes) { value in
                guard let id = Int32(exactly: value), id >= 0 else {
                    throw CorpusError.badTokenArray(
                        file: path, reason: "\(value) at position \(range.lowerBound + ids.count) is no id")
                }
                ids.append(id)
            }
        }
        return ids
    }

    /// Hands on the documents of a range of items that begins and ends with one, in their order.
    ///
    /// - Parameter end: id that closes each document and belongs to it; not asked where an index says where they begin.
    /// - Throws: `CorpusError.noEndOfSequence` where nothing tells documents apart; what `body` throws.
    package func forEachDocument(in range: Range<Int>, end: Int32?, _ body: (Range<Int>) throws -> Void) throws {
        if let documentStarts {
            var index = documentStarts.firstIndex(at: range.lowerBound)
            while index + 1 < documentStarts.count, documentStarts[index + 1] <= range.upperBound {
                let document = documentStarts[index]..<documentStarts[index + 1]
                if !document.isEmpty { try body(document) }
                index += 1
            }
            return
        }
        guard let end else { throw CorpusError.noEndOfSequence(file: path, tokens: range.count, id: nil) }
        var start = range.lowerBound
        for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockItems) {
            for (place, id) in try ids(first..<min(first + Self.blockItems, range.upperBound)).enumerated()
            where id == end {
                try body(start..<first + place + 1)
                start = first + place + 1
            }
        }
        if start == 0, count > 0 { throw CorpusError.noEndOfSequence(file: path, tokens: count, id: end) }
        if start < range.upperBound { try body(start..<range.upperBound) }
    }

    /// SHA-256 of the file's bytes. Of a Megatron pair of its data's.
    ///
    /// - Parameter onProgress: called before each block with the share that is done; what it throws ends the reading.
    package func digest(onProgress: (Double) throws -> Void = { _ in }) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        var (position, block) = (0, [UInt8]())
        file.willBeReadInOrder()
        while position < byteCount {
            try onProgress(Double(position) / Double(byteCount))
            block.removeAll(keepingCapacity: true)
            try CorpusError.reading(path) { () throws(SystemError) in
                try file.read(position, atMost: 1 << 22, into: &block)
            }
            guard !block.isEmpty else { throw CorpusError.changedWhileRead(path: path) }
            hasher.update(block)
            position += block.count
        }
        return hasher.finalize()
    }
}

extension [Int] {
    /// Place of the first of these ascending numbers that is not below `value`.
    fileprivate func firstIndex(at value: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

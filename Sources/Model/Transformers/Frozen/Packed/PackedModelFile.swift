import Checkpoints
import Coding
import Digests
import Foundation
import System
import Tensors

/// A model's parameters in a file of their own, packed for one precision and one kernel path: mapped, it is ready at once, and all processes
/// that map it share its pages.
///
///     bytes 0 ..< 8       "remitpk1"
///     8 ..< 24            offset and length of the description, two little-endian u64
///     24 ..< 56           SHA-256 of the description
///     4096 ..<            parameters, each at a multiple of 64
///     then                the description: JSON, `PackedModelDescription`
struct PackedModelFile {
    /// Why a file is not used. It is made anew then.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    static let magic = Array("remitpk1".utf8)
    static let dataOffset = 4096
    static let alignment = 64
    /// Bytes that have a `DamageCheck` of their own.
    static let blockBytes = 8 << 20
    private static let preambleBytes = 56

    let description: PackedModelDescription
    private let file: MappedFile

    /// Maps a file and checks every byte of it for damage.
    ///
    /// - Parameter threads: that compare. They are its own: the workers' would be kept from what is being scored until the last byte.
    /// - Throws: `Unusable` for one that is of another model, of other kernels, or damaged; `SystemError` where it cannot be read.
    init(_ path: String, expecting expected: PackedModelDescription.Origin, threads: Int) throws {
        file = try MappedFile(path: path)
        description = try file.withBytes { try Self.description(in: $0) }
        guard description.origin == expected else {
            throw Unusable(description: "it was made \(description.origin.difference(expected))")
        }
        try check(WorkerPool(threads: threads))
    }

    /// The parameters' bytes. They are good as long as `owner` lives.
    func bytes(_ parameter: String) throws -> (bytes: UnsafeRawBufferPointer, owner: MappedFile) {
        guard let place = description.places[parameter] else {
            throw Unusable(description: "it has no \(parameter)")
        }
        return (UnsafeRawBufferPointer(rebasing: file.bytes[place.range]), file)
    }

    private static func description(in bytes: UnsafeRawBufferPointer) throws -> PackedModelDescription {
        guard bytes.count >= dataOffset, bytes.prefix(magic.count).elementsEqual(magic) else {
            throw Unusable(description: "it is no packed model of this version")
        }
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        guard let offset = Int(exactly: word(8)), let length = Int(exactly: word(16)), offset >= dataOffset,
            length <= bytes.count - offset, offset + length == bytes.count
        else { throw Unusable(description: "it is cut short") }
        let text = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
        guard SHA256Hasher.digest(text).bytes.elementsEqual(bytes[24..<preambleBytes]),
            let description = try? StateCoding.description.value(PackedModelDescription.self, from: text),
            description.isSound(dataBytes: offset)
        else { throw Unusable(description: "its description is damaged") }
        return description
    }

    private func check(_ workers: WorkerPool) throws {
        let damaged = Locked<Int?>(nil)
        let (bytes, blocks) = (file.bytes, description.blocks)
        let end = Self.dataOffset + description.dataBytes
        workers.forEach(blocks.count) { block in
            let start = Self.dataOffset + block * Self.blockBytes
            let found = DamageCheck(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.blockBytes, end)]))
            if found.hex != blocks[block] { damaged.withLock { $0 = min($0 ?? block, block) } }
        }
        if let block = damaged.withLock({ $0 }) {
            throw Unusable(
                description:
                    "its bytes from \(Self.dataOffset + block * Self.blockBytes) on are not those that were written")
        }
    }

    /// Makes the file of a checkpoint, some rows at a time; whoever maps an older one keeps it.
    ///
    /// - Throws: `SystemError` where it cannot be written, and what is wrong with the checkpoint.
    static func write(
        _ path: String, _ origin: PackedModelDescription.Origin, _ architecture: TransformerArchitecture,
        _ parameters: [Parameter], from source: CheckpointParameters
    ) throws {
        try AtomicFile.write(path) { sink in
            var writer = Writer()
            try sink.write([UInt8](repeating: 0, count: dataOffset))
            for parameter in parameters {
                try writer.align(sink)
                let start = writer.written
                if architecture.isPacked(parameter) {
                    try source.forEachRows(parameter) { _, rows in
                        let piece = PackedMatrix(
                            outputs: rows.count / parameter.shape[1], inputs: parameter.shape[1], format: source.format,
                            path: source.workers.path)
                        guard let base = rows.baseAddress else { return }
                        piece.pack(base, workers: source.workers)
                        try piece.withBytes { try writer.write($0, sink) }
                    }
                } else if parameter.shape.count == 2 {
                    try source.forEachRows(parameter) { _, rows in try writer.write(UnsafeRawBufferPointer(rows), sink)
                    }
                } else {
                    let buffer = try source.vector(parameter)
                    try withExtendedLifetime(buffer) { try writer.write(UnsafeRawBufferPointer(buffer.values), sink) }
                }
                writer.places[parameter.name] = .init(
                    offset: dataOffset + start, byteCount: writer.written - start)
            }
            var origin = origin
            origin.modelFingerprint = try source.checkpoint.modelFingerprint().hex
            let description = PackedModelDescription(
                origin: origin, places: writer.places, dataBytes: writer.written, blocks: writer.blocks())
            let text = try StateCoding.description.bytes(description)
            try sink.write(text)
            try sink.overwritePreamble(text, at: dataOffset + writer.written)
        }
    }

    /// Counts and checks what is written behind the preamble.
    private struct Writer {
        var places: [String: PackedModelDescription.Place] = [:]
        private(set) var written = 0
        private var checks: [String] = []
        /// What has been written of the block that is not yet full.
        private var block: [UInt8] = []

        init() { block.reserveCapacity(blockBytes) }

        mutating func align(_ sink: borrowing FileSink) throws {
            let rest = (alignment - written % alignment) % alignment
            try [UInt8](repeating: 0, count: rest).withUnsafeBytes { try write($0, sink) }
        }

        mutating func write(_ bytes: UnsafeRawBufferPointer, _ sink: borrowing FileSink) throws {
            try sink.write(bytes)
            written += bytes.count
            var rest = bytes
            while !rest.isEmpty {
                let count = min(rest.count, blockBytes - block.count)
                block += rest[..<count]
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if block.count == blockBytes { close() }
            }
        }

        private mutating func close() {
            checks.append(block.withUnsafeBytes { DamageCheck($0).hex })
            block.removeAll(keepingCapacity: true)
        }

        mutating func blocks() -> [String] {
            if !block.isEmpty { close() }
            return checks
        }
    }
}

extension FileSink {
    /// Writes where the description is, once it stands there.
    fileprivate borrowing func overwritePreamble(_ text: [UInt8], at offset: Int) throws {
        var preamble = PackedModelFile.magic
        for value in [UInt64(offset), UInt64(text.count)] {
            withUnsafeBytes(of: value.littleEndian) { preamble += $0 }
        }
        preamble += SHA256Hasher.digest(text).bytes
        try preamble.withUnsafeBytes { try overwrite($0, at: 0) }
    }
}

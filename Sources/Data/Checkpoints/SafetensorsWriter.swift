import Digests
import JSONValues
import System

/// Lays tensors out as one safetensors file: widest elements first and then by name, so that each tensor's data is
/// aligned, behind a header padded with spaces to eight bytes.
package struct SafetensorsWriter {
    /// A tensor to write. Pointers are read while writing and must live until then.
    package struct Source {
        enum Contents {
            case bytes([UInt8])
            case memory(UnsafeRawBufferPointer)
            case floats(UnsafeBufferPointer<Float>)
        }

        /// The tensor's name in the header.
        package let name: String
        /// Type of the elements as they are written, not as they are in memory.
        package let elementType: ElementType
        /// Dimensions, outermost first; row-major.
        package let shape: [Int]
        /// Bytes of the data as written; `shape` has been found to take as many.
        package let byteCount: Int
        let contents: Contents

        /// A tensor of elements as they are in memory, little-endian; `shape` takes exactly these bytes.
        package init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
            self.init(name, elementType, shape, .bytes(bytes), byteCount: bytes.count)
        }

        /// A tensor of elements in memory of somebody else's, little-endian, which is read while writing and must live until then.
        package init(name: String, elementType: ElementType, shape: [Int], memory: UnsafeRawBufferPointer) {
            self.init(name, elementType, shape, .memory(memory), byteCount: memory.count)
        }

        /// A tensor of floats, written as F32 or rounded to BF16. They are read while writing and must live until then.
        package init(name: String, shape: [Int], floats: UnsafeBufferPointer<Float>, as elementType: ElementType) {
            precondition(elementType == .f32 || elementType == .bf16, "floats are written as F32 or BF16")
            self.init(
                name, elementType, shape, .floats(floats), byteCount: floats.count * elementType.byteCount)
        }

        private init(
            _ name: String, _ type: ElementType, _ shape: [Int], _ contents: Contents, byteCount: Int
        ) {
            precondition(Shape.byteCount(shape, type) == byteCount, "\(name): \(shape) is not \(byteCount) bytes")
            self.name = name
            self.elementType = type
            self.shape = shape
            self.contents = contents
            self.byteCount = byteCount
        }
    }

    /// Tensors in the order of their data: widest elements first, then by name.
    package let sources: [Source]  // in the order of the data
    private let header: [UInt8]

    /// Lays out the tensors, whose names must be distinct. transformers expects `format` = `pt` in the metadata of a checkpoint.
    ///
    /// - Parameter digests: whether the metadata gets `TensorDigests`. Then all sources are read here as well as when they are
    ///   written, and must not change in between.
    package init(_ sources: [Source], metadata: [String: String] = [:], digests: Bool = false) {
        precondition(Set(sources.map(\.name)).count == sources.count, "two tensors have one name")
        self.sources = sources.sorted {
            ($1.elementType.byteCount, $0.name) < ($0.elementType.byteCount, $1.name)
        }
        let entries = Self.entries(self.sources)
        var metadata = metadata
        if digests { metadata[TensorDigests.metadataKey] = Self.digests(self.sources, entries, metadata) }
        header = Self.header(entries, metadata)
    }

    /// Size of the whole file, header included.
    package var byteCount: Int { header.count + sources.reduce(0) { $0 + $1.byteCount } }

    /// The whole file in memory, for a response body or a small file.
    package func bytes() -> [UInt8] {
        var bytes = header
        bytes.reserveCapacity(byteCount)
        for source in sources { source.forEachChunk { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// Writes the file atomically, in chunks: no second copy of the tensors is made.
    ///
    /// - Throws: `SystemError`.
    package func write(to path: String) throws {
        try AtomicFile.write(path) { sink in
            try header.withUnsafeBytes { try sink.write($0) }
            for source in sources { try source.forEachChunk { try sink.write($0) } }
        }
    }

    private static func entries(_ sources: [Source]) -> [SafetensorsHeader.Entry] {
        var offset = 0
        return sources.map { source in
            defer { offset += source.byteCount }
            return .init(
                name: source.name, elementType: source.elementType, shape: source.shape,
                byteRange: offset..<offset + source.byteCount)
        }
    }

    private static func digests(
        _ sources: [Source], _ entries: [SafetensorsHeader.Entry], _ metadata: [String: String]
    ) -> String {
        let byName = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0.digest) })
        let ordered = SafetensorsHeader.Entry.inOrder(entries)
        return TensorDigests.text(ordered, metadata, tensors: ordered.compactMap { byName[$0.name] })
    }

    private static func header(_ entries: [SafetensorsHeader.Entry], _ metadata: [String: String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if !metadata.isEmpty {
                writer.key("__metadata__")
                writer.object { writer in
                    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
                }
            }
            for entry in entries {
                writer.key(entry.name)
                writer.object { writer in
                    writer.field("dtype", entry.elementType.rawValue)
                    writer.field("shape", entry.shape)
                    writer.field("data_offsets", [entry.byteRange.lowerBound, entry.byteRange.upperBound])
                }
            }
        }
        var json = writer.bytes
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }
}

extension SafetensorsWriter.Source {
    private static let chunkElements = 1 << 18

    fileprivate var digest: SHA256Digest {
        var hasher = SHA256Hasher()
        forEachChunk { hasher.update($0) }
        return hasher.finalize()
    }

    func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch contents {
        case .bytes(let bytes): try bytes.withUnsafeBytes { try body($0) }
        case .memory(let memory): try body(memory)
        case .floats(let floats) where elementType == .f32: try body(UnsafeRawBufferPointer(floats))
        case .floats(let floats): try narrowed(floats, body)
        }
    }

    private func narrowed(_ floats: UnsafeBufferPointer<Float>, _ body: (UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        var chunk = [UInt8](repeating: 0, count: min(floats.count, Self.chunkElements) * elementType.byteCount)
        for start in stride(from: 0, to: floats.count, by: Self.chunkElements) {
            let end = min(start + Self.chunkElements, floats.count)
            try chunk.withUnsafeMutableBytes { chunk in
                let target = UnsafeMutableRawBufferPointer(rebasing: chunk[..<((end - start) * elementType.byteCount)])
                ElementConversion.narrow(
                    UnsafeBufferPointer(rebasing: floats[start..<end]), to: elementType, into: target)
                try body(UnsafeRawBufferPointer(target))
            }
        }
    }
}

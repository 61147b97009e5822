import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
    private let sources: [SafetensorsWriter.Source] = [
        .init(name: "b", elementType: .u8, shape: [3], bytes: [1, 2, 3]),
        .init(name: "a", elementType: .i64, shape: [1], bytes: [1, 0, 0, 0, 0, 0, 0, 0]),
        .init(name: "a2", elementType: .f32, shape: [], bytes: [0, 0, 0x80, 0x3F]),
        .init(name: "0", elementType: .f32, shape: [0, 4], bytes: []),
    ]

    @Test func readsBackAligned() throws {
        let bytes = SafetensorsWriter(sources, metadata: ["k": "v\"é"]).bytes()
        let header = try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: "memory") }
        #expect(header.metadata == ["k": "v\"é"])
        #expect(header.dataOffset % 8 == 0)
        #expect(header.entries.map(\.name) == ["a", "0", "a2", "b"])
        for entry in header.entries { #expect(entry.byteRange.lowerBound % entry.elementType.byteCount == 0) }
        #expect(bytes.suffix(3) == [1, 2, 3])
        #expect(SafetensorsWriter(sources, metadata: ["k": "v\"é"]).byteCount == bytes.count)
    }

    @Test func theFileIsTheBytes() throws {
        let directory = try TemporaryDirectory()
        let writer = SafetensorsWriter(sources)
        try writer.write(to: directory.file("x.safetensors"))
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: directory.file("x.safetensors")))) == writer.bytes())
    }

    @Test func floatsAreNarrowedInChunks() throws {
        let values = (0..<600_001).map { Float($0) * 0.37 - 1000 }
        let bytes = values.withUnsafeBufferPointer {
            SafetensorsWriter([.init(name: "w", shape: [600_001], floats: $0, as: .bf16)]).bytes()
        }
        let header = try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: "memory") }
        let data = Array(bytes[header.dataOffset...])
        let agree = values.indices.allSatisfy { at in
            UInt16(data[2 * at]) | UInt16(data[2 * at + 1]) << 8 == ElementConversion.bf16(values[at])
        }
        #expect(agree && data.count == 2 * values.count)
    }

    @Test func emptyWriterIsAFile() throws {
        let bytes = SafetensorsWriter([]).bytes()
        #expect(try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: "memory") }.entries.isEmpty)
    }
}

import Checkpoints
import Foundation
import JSONValues
import Testing

@Suite struct SafetensorsHeaderTests {
    private static let file = "x.safetensors"

    private func parse(_ bytes: [UInt8]) throws -> SafetensorsHeader {
        try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: Self.file) }
    }

    private func parse(_ json: String, data: Int = 0) throws -> SafetensorsHeader {
        try parse(Self.bytes(Array(json.utf8), data: data))
    }

    private static func bytes(_ json: [UInt8], data: Int, length: UInt64? = nil) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(json.count)).littleEndian) { Array($0) } + json
            + [UInt8](repeating: 0, count: data)
    }

    private func entry(_ name: String, _ offsets: String) -> String { entry(name, "F32", "[2]", offsets) }

    private func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    private func error(_ body: () throws -> SafetensorsHeader) -> SafetensorsError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? SafetensorsError
        }
    }

    @Test func readsWhatPythonWrote() throws {
        let bytes = try Array(#require(Data(base64Encoded: SafetensorsGolden.base64)))
        let header = try parse(bytes)
        #expect(header.metadata == ["format": "pt", "note": "made by Python"])
        #expect(
            Set(header.entries.map(\.name))
                == ["layer.weight", "half", "brain", "ids", "mask", "bytes", "scalar", "empty"])
        func contents(_ name: String) throws -> (SafetensorsHeader.Entry, [UInt8]) {
            let entry = try #require(header.entry(name))
            let range = entry.byteRange.lowerBound + header.dataOffset..<entry.byteRange.upperBound + header.dataOffset
            return (entry, Array(bytes[range]))
        }
        func floats(_ name: String) throws -> [UInt32] {
            let (entry, bytes) = try contents(name)
            var values = [Float](repeating: 0, count: entry.elementCount)
            bytes.withUnsafeBytes { source in
                values.withUnsafeMutableBufferPointer {
                    ElementConversion.widen(source, of: entry.elementType, into: $0)
                }
            }
            return values.map(\.bitPattern)
        }
        #expect(try contents("layer.weight").0.shape == [2, 3])
        #expect(try floats("layer.weight") == [1.5, -0.1, 3e38, 1e-45, -0.0, 7].map { Float($0).bitPattern })
        #expect(try floats("half") == [1.5, -0x1p-24, 65504].map { Float($0).bitPattern })
        let brain: [Float] = [1, -3.140625, Float(bitPattern: 0x714A_0000), -0.0]
        #expect(try floats("brain") == brain.map(\.bitPattern))
        #expect(try contents("ids").0.elementType == .i64 && contents("ids").1.prefix(8).allSatisfy { $0 == 255 })
        #expect(try contents("mask").0.elementType == .bool && contents("mask").1 == [1, 0, 1])
        #expect(try contents("bytes").0.elementType == .u8 && contents("bytes").1 == [0, 255])
        #expect(try contents("scalar").0.shape == [] && contents("scalar").0.elementType == .f64)
        #expect(try contents("empty").0.shape == [0, 3] && contents("empty").1 == [])
    }

    @Test func tooShort() {
        for count in 0..<8 {
            #expect(
                error { try parse([UInt8](repeating: 0, count: count)) }
                    == .tooShort(file: Self.file, expected: 8, got: count))
        }
    }

    @Test func headerTooLong() {
        for length in [100_000_001, UInt64.max, 1 << 63] {
            #expect(
                error { try parse(Self.bytes([], data: 0, length: length)) }
                    == .headerTooLong(file: Self.file, limit: 100_000_000, got: length))
        }
    }

    @Test func headerTruncated() {
        #expect(
            error { try parse(Self.bytes(Array("{}".utf8), data: 0, length: 3)) }
                == .headerTruncated(file: Self.file, expected: 11, got: 10))
    }

    @Test func headerNotUTF8() {
        let json = Array(#"{""#.utf8) + [0xFF] + Array(#"":1}"#.utf8)
        guard case .headerNotUTF8(Self.file, _) = error({ try parse(Self.bytes(json, data: 0)) }) else {
            Issue.record("not refused as UTF-8")
            return
        }
    }

    @Test(arguments: ["", "[]", "{", "null", "{} x", #"{"a":}"#, #"{"a":1}}"#])
    func headerNotJSON(_ json: String) {
        switch error({ try parse(json) }) {
        case .headerNotJSON(Self.file, _), .invalidEntry(Self.file, "a", _): break
        case let other: Issue.record("\(json) gives \(String(describing: other))")
        }
    }

    @Test func emptyIsAFile() throws {
        #expect(try parse("{}").entries.isEmpty)
        #expect(try parse("{}   ").dataOffset == 13)
    }

    @Test func duplicateTensor() {
        for name in ["a", "model.norm.weight"] {
            let twice = "{" + entry(name, "[0,8]") + "," + entry(name, "[8,16]") + "}"
            #expect(error { try parse(twice, data: 16) } == .duplicateTensor(file: Self.file, tensor: name))
        }
    }

    /// Two names that are the same text to Unicode but not the same bytes.
    @Test func namesThatSwiftTakesForOneAreRefused() {
        let twice = "{" + entry("\u{E9}", "[0,8]") + "," + entry("e\u{301}", "[8,16]") + "}"
        guard case .duplicateTensor = error({ try parse(twice, data: 16) }) else {
            Issue.record("not refused")
            return
        }
    }

    @Test func unknownElementType() {
        #expect(
            error { try parse("{" + entry("a", "F8_E4M3", "[8]", "[0,8]") + "}", data: 8) }
                == .unknownElementType(file: Self.file, tensor: "a", got: "F8_E4M3"))
        #expect(
            error { try parse("{" + entry("a", "f32", "[2]", "[0,8]") + "}", data: 8) }
                == .unknownElementType(file: Self.file, tensor: "a", got: "f32"))
    }

    @Test func shapeOverflow() {
        let shape = "[4611686018427387904,4]"
        #expect(
            error { try parse("{" + entry("a", "F32", shape, "[0,8]") + "}", data: 8) }
                == .shapeOverflow(file: Self.file, tensor: "a", shape: [4_611_686_018_427_387_904, 4]))
    }

    @Test func byteCountMismatch() {
        #expect(
            error { try parse("{" + entry("a", "F32", "[3]", "[0,8]") + "}", data: 8) }
                == .byteCountMismatch(
                    file: Self.file, tensor: "a", elementType: .f32, shape: [3], expected: 12, got: 8))
    }

    @Test func offsetsReversed() {
        #expect(
            error { try parse("{" + entry("a", "[8,0]") + "}", data: 8) }
                == .offsetsReversed(file: Self.file, tensor: "a", begin: 8, end: 0))
        #expect(
            error { try parse("{" + entry("a", "[-8,0]") + "}", data: 8) }
                == .offsetsReversed(file: Self.file, tensor: "a", begin: -8, end: 0))
        let far = "[-9223372036854775808,9223372036854775807]"
        #expect(
            error { try parse("{" + entry("a", far) + "}", data: 8) }
                == .offsetsReversed(file: Self.file, tensor: "a", begin: .min, end: .max))
    }

    @Test func dataTruncated() {
        #expect(
            error { try parse("{" + entry("a", "[0,8]") + "}", data: 7) }
                == .dataTruncated(file: Self.file, tensor: "a", expected: 8, got: 7))
    }

    @Test func trailingData() {
        #expect(
            error { try parse("{" + entry("a", "[0,8]") + "}", data: 9) }
                == .trailingData(file: Self.file, expected: 8, got: 9))
        #expect(error { try parse("{}", data: 1) } == .trailingData(file: Self.file, expected: 0, got: 1))
    }

    @Test func overlap() {
        let json = "{" + entry("a", "[0,8]") + "," + entry("b", "[4,12]") + "}"
        #expect(
            error { try parse(json, data: 12) }
                == .overlappingTensors(file: Self.file, tensor: "b", with: "a", expected: 8, got: 4))
        let same = "{" + entry("a", "[0,8]") + "," + entry("b", "[0,8]") + "}"
        #expect(
            error { try parse(same, data: 8) }
                == .overlappingTensors(file: Self.file, tensor: "b", with: "a", expected: 8, got: 0))
    }

    @Test func gap() {
        let json = "{" + entry("a", "[0,8]") + "," + entry("b", "[9,17]") + "}"
        #expect(
            error { try parse(json, data: 17) } == .gap(file: Self.file, tensor: "b", expected: 8, got: 9))
        #expect(
            error { try parse("{" + entry("a", "[1,9]") + "}", data: 9) }
                == .gap(file: Self.file, tensor: "a", expected: 0, got: 1))
    }

    @Test(arguments: [
        #"{"dtype":"F32","shape":[2]}"#, #"{"dtype":"F32","data_offsets":[0,8]}"#,
        #"{"shape":[2],"data_offsets":[0,8]}"#,
        #"{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}"#, #"{"dtype":"F32","shape":[2],"data_offsets":[8]}"#,
        #"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#, #"{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}"#,
        #"{"dtype":32,"shape":[2],"data_offsets":[0,8]}"#, #"{"dtype":"F32","shape":2,"data_offsets":[0,8]}"#,
        #"{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[1]}"#, "[]", "7",
        #"{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}"#,
    ])
    func invalidEntry(_ entry: String) {
        guard case .invalidEntry(Self.file, "a", _) = error({ try parse(#"{"a":"# + entry + "}", data: 8) }) else {
            Issue.record("\(entry) is not refused")
            return
        }
    }

    @Test(arguments: [#"{"a":1}"#, "[]", #"{"a":null}"#, #"{"a":"1","a":"2"}"#]) func invalidMetadata(_ json: String) {
        guard case .invalidMetadata(Self.file, _) = error({ try parse(#"{"__metadata__":"# + json + "}") }) else {
            Issue.record("\(json) is not refused")
            return
        }
    }

    /// As the safetensors library has it.
    @Test func aNullIsNoMetadata() throws {
        let header = try parse(#"{"__metadata__":null,"# + entry("a", "[0,8]") + "}", data: 8)
        #expect(header.metadata.isEmpty && header.entries.count == 1)
        guard case .duplicateTensor = error({ try parse(#"{"__metadata__":null,"__metadata__":null}"#) }) else {
            Issue.record("twice is not refused")
            return
        }
    }

    /// The safetensors library goes by how a number is written, not by its value.
    @Test(arguments: ["[0.0,8]", "[0,8.0]", "[0,8e0]", "[0,80E-1]", "[-0,8]", "[0,8.5]", "[0,99999999999999999999]"])
    func offsetsAreWrittenAsIntegers(_ offsets: String) throws {
        let found = error { try parse("{" + entry("a", offsets) + "}", data: 8) }
        guard case .invalidEntry(Self.file, "a", let reason) = found else {
            Issue.record("\(offsets) is not refused: \(String(describing: found))")
            return
        }
        #expect("\(reason)".contains("data_offsets"))
    }

    @Test(arguments: ["[2.0]", "[2e0]", "[-0,2]"]) func dimensionsAreWrittenAsIntegers(_ shape: String) {
        guard case .invalidEntry = error({ try parse("{" + entry("a", "F32", shape, "[0,8]") + "}", data: 8) }) else {
            Issue.record("\(shape) is not refused")
            return
        }
    }

    @Test func anErrorNamesFileTensorExpectedAndGot() throws {
        let error = try #require(
            error { try parse("{" + entry("model.norm.weight", "F32", "[3]", "[0,8]") + "}", data: 8) })
        #expect(
            error.description
                == "x.safetensors: tensor model.norm.weight: F32 [3] takes 12 bytes, its data_offsets span 8")
    }

    @Test func aLongNameIsShortenedInItsError() throws {
        let name = String(repeating: "n", count: 1_000_000)
        let error = try #require(error { try parse("{" + entry(name, "F32", "[3]", "[0,8]") + "}", data: 8) })
        #expect(error.description.utf8.count < 300)
    }

    @Test func aLongHeaderOfManyTensorsIsLinear() throws {
        let count = 100_000
        var json = "{"
        for at in 0..<count {
            json += (at == 0 ? "" : ",") + entry("t\(at)", "U8", "[1]", "[\(at),\(at + 1)]")
        }
        let header = try parse(json + "}", data: count)
        #expect(header.entries.count == count && header.entry("t99999")?.byteRange == 99_999..<100_000)
    }
}

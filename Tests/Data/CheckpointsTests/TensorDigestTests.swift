import Checkpoints
import Foundation
import JSONValues
import TestSupport
import Testing

/// Checkpoints whose bits turned on disk.
struct TensorDigestTests {
    private let directory: TemporaryDirectory
    private var weights: String { directory.file("model.safetensors") }
    private static let shapes: [(name: String, shape: [Int])] = [("b", [3, 4]), ("a", [5]), ("c", [2, 6])]

    init() throws {
        directory = try TemporaryDirectory()
        try write(ElementType.f32)
    }

    private func write(_ type: ElementType, maxShardBytes: Int = 1 << 20) throws {
        let values = (0..<24).map { Float($0) - 5.25 }
        try values.withUnsafeBufferPointer { values in
            let sources = Self.shapes.map { name, shape in
                let part = values.dropFirst(3 * shape[0]).prefix(shape.reduce(1, *))
                return SafetensorsWriter.Source(
                    name: name, shape: shape, floats: UnsafeBufferPointer(rebasing: part), as: type)
            }
            try CheckpointWriter(maxShardBytes: maxShardBytes).write(
                sources, configuration: ["model_type": .string("llama")], to: directory.path)
        }
    }

    private func tensors() throws -> [[UInt32]] {
        let checkpoint = try Checkpoint(directory: directory.path)
        return try Self.shapes.map { name, shape in
            var values = [Float](repeating: .nan, count: shape.reduce(1, *))
            try values.withUnsafeMutableBufferPointer { try checkpoint.read(name, shape: shape, into: $0) }
            return values.map(\.bitPattern)
        }
    }

    @Test(arguments: [ElementType.f32, .bf16]) func noBitTurnsUnseen(_ type: ElementType) throws {
        try write(type)
        let sound = try tensors()
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: weights)))
        for at in whole.indices {
            var bytes = whole
            bytes[at] ^= 1 << UInt8(at * 3 % 8)
            try directory.write("model.safetensors", bytes)
            do {
                let found = try tensors()
                #expect(found == sound, "byte \(at)")
            } catch is SafetensorsError {
            } catch is CheckpointError {}
        }
    }

    @Test func theTensorIsNamedAndWhatToDo() throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: weights)))
        bytes[bytes.count - 1] ^= 1
        try directory.write("model.safetensors", bytes)
        #expect {
            try tensors()
        } throws: { error in
            guard case SafetensorsError.damaged(weights, "tensor c", _, _) = error else { return false }
            return "\(error)".contains("Take a sound copy")
        }
    }

    /// Two tensors of one size whose bytes changed places, and zeros as a power cut leaves them.
    @Test func whatChangedPlacesIsFound() throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: weights)))
        let data = whole.count - 4 * (5 + 12 + 12)
        var bytes = whole
        // In the order of the data: a, b, c.
        for at in data + 20..<data + 68 { bytes.swapAt(at, at + 48) }
        try directory.write("model.safetensors", bytes)
        #expect(throws: SafetensorsError.self) { try tensors() }
        bytes = whole
        bytes.replaceSubrange(data..<data + 60, with: [UInt8](repeating: 0, count: 60))
        try directory.write("model.safetensors", bytes)
        #expect(throws: SafetensorsError.self) { try tensors() }
    }

    @Test func shardsCarryTheirOwn() throws {
        let sound = try tensors()
        try write(.f32, maxShardBytes: 60)
        #expect(try tensors() == sound)
        let name = "model-00002-of-00003.safetensors"
        var bytes = Array(try Data(contentsOf: directory.url(name)))
        bytes[bytes.count - 3] ^= 16
        try directory.write(name, bytes)
        #expect(throws: SafetensorsError.self) { try tensors() }
    }

    /// As transformers, and this program until now, write them.
    @Test func aFileWithoutDigestsIsRead() throws {
        let sound = try tensors()
        let checkpoint = try Checkpoint(directory: directory.path)
        let fingerprint = try checkpoint.modelFingerprint(numericFields: [:])
        let sources = try Self.shapes.map { name, shape in
            SafetensorsWriter.Source(
                name: name, elementType: .f32, shape: shape, bytes: try checkpoint.withBytes(name) { Array($0) })
        }
        try SafetensorsWriter(sources, metadata: ["format": "pt"]).write(to: weights)
        #expect(try tensors() == sound)
        #expect(try Checkpoint(directory: directory.path).modelFingerprint(numericFields: [:]) == fingerprint)
    }
}

extension TemporaryDirectory {
    fileprivate func url(_ name: String) -> URL { URL(fileURLWithPath: file(name)) }
}

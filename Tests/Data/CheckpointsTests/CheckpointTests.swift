import Checkpoints
import Digests
import Foundation
import JSONValues
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private static let configuration: JSONObject = ["model_type": .string("test"), "hidden_size": .integer(2)]

    private func source(_ name: String, _ values: [Float]) -> SafetensorsWriter.Source {
        .init(
            name: name, elementType: .f32, shape: [values.count],
            bytes: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
    }

    private var sources: [SafetensorsWriter.Source] {
        [source("c", [1, 2]), source("a", [3, 4, 5]), source("b", [6]), source("d", [7, 8])]
    }

    private func write(_ sources: [SafetensorsWriter.Source], to path: String, maxShardBytes: Int = 1 << 30) throws {
        try CheckpointWriter(maxShardBytes: maxShardBytes).write(sources, configuration: Self.configuration, to: path)
    }

    private func floats(_ checkpoint: Checkpoint, _ name: String, _ shape: [Int]) throws -> [Float] {
        var values = [Float](repeating: .nan, count: shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try checkpoint.read(name, shape: shape, into: $0) }
        return values
    }

    private func error(_ body: () throws -> Void) -> CheckpointError? {
        do {
            try body()
            return nil
        } catch {
            return error as? CheckpointError
        }
    }

    private func files(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    @Test func writesAndReadsOneFile() throws {
        let directory = try TemporaryDirectory()
        try write(sources, to: directory.file("m"))
        let checkpoint = try Checkpoint(directory: directory.file("m"))
        #expect(try files(checkpoint.directory) == ["config.json", "model.safetensors"])
        #expect(checkpoint.tensorNames == ["a", "b", "c", "d"])
        #expect(checkpoint.entry("a")?.shape == [3] && checkpoint.entry("z") == nil)
        #expect(try floats(checkpoint, "a", [3]) == [3, 4, 5])
        #expect(try checkpoint.withBytes("b") { Array($0) } == [0, 0, 0xC0, 0x40])
        #expect(try checkpoint.configuration.int("hidden_size") == 2)
    }

    @Test func writesAndReadsShards() throws {
        let directory = try TemporaryDirectory()
        try write(sources, to: directory.path, maxShardBytes: 12)
        #expect(
            try files(directory.path) == [
                "config.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                "model-00003-of-00003.safetensors", "model.safetensors.index.json",
            ])
        let checkpoint = try Checkpoint(directory: directory.path)
        #expect(checkpoint.tensorNames == ["a", "b", "c", "d"])
        #expect(try floats(checkpoint, "d", [2]) == [7, 8])
        #expect(try floats(checkpoint, "c", [2]) == [1, 2])
    }

    /// A file that is cut short under a mapping ends the process.
    @Test func nothingIsMapped() throws {
        let directory = try TemporaryDirectory()
        try write(sources, to: directory.path)
        let checkpoint = try Checkpoint(directory: directory.path)
        let isMapped = try checkpoint.withBytes("a") { _ in
            try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).contains(directory.path)
        }
        #expect(!isMapped)
    }

    @Test func fingerprintDoesNotDependOnSharding() throws {
        let directory = try TemporaryDirectory()
        try write(sources, to: directory.file("one"))
        try write(sources, to: directory.file("many"), maxShardBytes: 4)
        try write(sources.reversed(), to: directory.file("reversed"), maxShardBytes: 20)
        let fingerprints = try ["one", "many", "reversed"].map { name in
            try Checkpoint(directory: directory.file(name)).modelFingerprint(numericFields: ["eps": .number(1e-5)])
        }
        #expect(Set(fingerprints).count == 1)
    }

    @Test func fingerprintDependsOnNamesTypesShapesBytesAndFields() throws {
        let directory = try TemporaryDirectory()
        let reshaped = SafetensorsWriter.Source(
            name: "c", elementType: .f32, shape: [2, 1], bytes: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        let retyped = SafetensorsWriter.Source(
            name: "c", elementType: .i32, shape: [2], bytes: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        let variants: [[SafetensorsWriter.Source]] = [
            [source("c", [1, 2])], [source("c2", [1, 2])], [source("c", [1, 3])], [reshaped], [retyped],
            [source("c", [1, 2]), source("d", [])],
        ]
        var seen: Set<String> = []
        for (at, sources) in variants.enumerated() {
            try write(sources, to: directory.file("\(at)"))
            let checkpoint = try Checkpoint(directory: directory.file("\(at)"))
            seen.insert(try checkpoint.modelFingerprint(numericFields: ["theta": .integer(10000)]).hex)
            if at == 0 {
                seen.insert(try checkpoint.modelFingerprint(numericFields: ["theta": .integer(10001)]).hex)
                // 10000 and 10000.0 are one number.
                seen.insert(try checkpoint.modelFingerprint(numericFields: ["theta": .number(10000)]).hex)
            }
        }
        #expect(seen.count == variants.count + 1)
    }

    @Test func missingTensorWrongShapeWrongType() throws {
        let directory = try TemporaryDirectory()
        try write(
            sources + [.init(name: "i", elementType: .i32, shape: [1], bytes: [1, 0, 0, 0])], to: directory.path)
        let checkpoint = try Checkpoint(directory: directory.path)
        let file = directory.file("model.safetensors")
        #expect(
            error { _ = try floats(checkpoint, "z", [2]) }
                == .missingTensor(directory: directory.path, tensor: "z"))
        #expect(
            error { _ = try floats(checkpoint, "c", [1, 2]) }
                == .wrongShape(file: file, tensor: "c", expected: [1, 2], got: [2]))
        #expect(
            error { _ = try floats(checkpoint, "i", [1]) }
                == .wrongElementType(file: file, tensor: "i", expected: [.f32, .bf16, .f16], got: .i32))
    }

    @Test func missingPieces() throws {
        let directory = try TemporaryDirectory()
        #expect(
            throws: ModelDirectoryError.missing(path: directory.file("no"), reason: "No such file or directory")
        ) { try Checkpoint(directory: directory.file("no")) }
        #expect(throws: ModelDirectoryError.missingFile(directory: directory.path, file: "config.json", hint: "")) {
            try Checkpoint(directory: directory.path)
        }
        try directory.write("config.json", Array("{}".utf8))
        try directory.write("pytorch_model.bin", [])
        let weightless = error { _ = try Checkpoint(directory: directory.path) }
        guard case .noWeights(directory.path, _, let hint) = weightless else {
            Issue.record("\(String(describing: weightless))")
            return
        }
        #expect(hint.contains("pytorch_model.bin"))
    }

    @Test func indexErrors() throws {
        let directory = try TemporaryDirectory()
        let index = directory.file("model.safetensors.index.json")
        try directory.write("config.json", Array("{}".utf8))
        try SafetensorsWriter([source("a", [1])]).write(to: directory.file("s1.safetensors"))
        try SafetensorsWriter([source("b", [2])]).write(to: directory.file("s2.safetensors"))
        func open(_ map: String) -> CheckpointError? {
            error {
                try directory.write(
                    "model.safetensors.index.json", Array(#"{"metadata":{},"weight_map":\#(map)}"#.utf8))
                _ = try Checkpoint(directory: directory.path)
            }
        }
        #expect(open(#"{"a":"s1.safetensors","b":"s2.safetensors"}"#) == nil)
        #expect(
            open(#"{"a":"s1.safetensors","b":"s3.safetensors"}"#)
                == .missingShard(file: index, shard: "s3.safetensors"))
        #expect(
            open(#"{"a":"s2.safetensors","b":"s1.safetensors"}"#)
                == .tensorInWrongShard(
                    file: index, tensor: "a", expected: "s2.safetensors", got: "s1.safetensors"))
        #expect(
            open(#"{"a":"s1.safetensors","b":"s2.safetensors","c":"s2.safetensors"}"#)
                == .tensorNotInShard(file: index, tensor: "c", shard: "s2.safetensors"))
        #expect(
            open(#"{"c":"s1.safetensors","b":"s2.safetensors"}"#)
                == .tensorNotInIndex(file: index, tensor: "a", shard: "s1.safetensors"))
        for name in ["../s1.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..", "", "s1", ".safetensors"] {
            #expect(open(#"{"a":"\#(name)"}"#) == .unsafeShardName(file: index, tensor: "a", got: name))
        }
        guard case .invalidIndex(index, _) = open(#"{"a":1}"#) else {
            Issue.record("a number for a shard")
            return
        }
        guard case .invalidIndex(index, _) = open(#"[]"#) else {
            Issue.record("an array for a map")
            return
        }
        try directory.write("model.safetensors.index.json", Array(#"{"metadata":{}}"#.utf8))
        #expect(
            error { _ = try Checkpoint(directory: directory.path) }
                == .invalidIndex(file: index, reason: .missingField(path: "weight_map")))
    }

    @Test func aTensorInTwoShardsIsRefused() throws {
        let directory = try TemporaryDirectory()
        try directory.write("config.json", Array("{}".utf8))
        try SafetensorsWriter([source("a", [1]), source("b", [2])]).write(to: directory.file("s1.safetensors"))
        try SafetensorsWriter([source("b", [3])]).write(to: directory.file("s2.safetensors"))
        let map = #"{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}}"#
        try directory.write("model.safetensors.index.json", Array(map.utf8))
        #expect(
            error { _ = try Checkpoint(directory: directory.path) }
                == .tensorInWrongShard(
                    file: directory.file("model.safetensors.index.json"), tensor: "b", expected: "s2.safetensors",
                    got: "s1.safetensors"))
    }

    @Test func shardsReplaceASingleFile() throws {
        let directory = try TemporaryDirectory()
        try write([source("a", [1])], to: directory.path)
        try write(sources, to: directory.path, maxShardBytes: 12)
        #expect(try floats(Checkpoint(directory: directory.path), "a", [3]) == [3, 4, 5])
        try write([source("a", [1])], to: directory.path)
        #expect(try floats(Checkpoint(directory: directory.path), "a", [1]) == [1])
    }

    /// As where a disk is full, or the process is killed: the first shard is new, the second as before. It was loaded as a model.
    @Test func aWritingThatEndsAmongShardsLeavesNoModel() throws {
        let directory = try TemporaryDirectory()
        let (old, new) = ([source("a", [1]), source("b", [2])], [source("a", [3]), source("b", [4])])
        try write(old, to: directory.path, maxShardBytes: 4)
        let second = directory.file("model-00002-of-00002.safetensors")
        try FileManager.default.moveItem(atPath: second, toPath: directory.file("kept"))
        try directory.write("model-00002-of-00002.safetensors/in the way", [])
        #expect(throws: (any Error).self) { try write(new, to: directory.path, maxShardBytes: 4) }
        try FileManager.default.removeItem(atPath: second)
        try FileManager.default.moveItem(atPath: directory.file("kept"), toPath: second)
        #expect(throws: ModelDirectoryError.self) { try Checkpoint(directory: directory.path) }

        try write(new, to: directory.path, maxShardBytes: 4)
        let checkpoint = try Checkpoint(directory: directory.path)
        #expect(try floats(checkpoint, "a", [1]) == [3] && floats(checkpoint, "b", [1]) == [4])
    }

    /// Nothing of the old model is written over: it stays one until the new one is whole.
    @Test(arguments: [1 << 30, 8, 4])
    func aWritingInOtherShardsThatFailsLeavesTheOldModel(_ maxShardBytes: Int) throws {
        let directory = try TemporaryDirectory()
        let (old, new) = (["a", "b", "c"].map { source($0, [1]) }, ["a", "b", "c"].map { source($0, [2]) })
        try write(old, to: directory.path, maxShardBytes: maxShardBytes)
        let inTheWay = maxShardBytes == 4 ? "model.safetensors" : "model-00003-of-00003.safetensors"
        try directory.write(inTheWay + "/file", [])
        #expect(throws: (any Error).self) {
            try write(new, to: directory.path, maxShardBytes: maxShardBytes == 4 ? 1 << 30 : 4)
        }
        try FileManager.default.removeItem(atPath: directory.file(inTheWay))
        for name in ["a", "b", "c"] {
            #expect(try floats(Checkpoint(directory: directory.path), name, [1]) == [1])
        }
    }

    @Test func elementsNeedNotBeAligned() throws {
        let directory = try TemporaryDirectory()
        try directory.write("config.json", Array("{}".utf8))
        // Three bytes first, so that the floats stand at odd places.
        let json =
            #"{"m":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
            + #""h":{"dtype":"F16","shape":[2],"data_offsets":[3,7]},"#
            + #""b":{"dtype":"BF16","shape":[1],"data_offsets":[7,9]},"#
            + #""f":{"dtype":"F32","shape":[1],"data_offsets":[9,13]}}"#
        let length = withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Array($0) }
        let data: [UInt8] = [9, 9, 9, 0x00, 0x3E, 0x00, 0xC0, 0x40, 0x40, 0xCD, 0xCC, 0xCC, 0x3D]
        try directory.write("model.safetensors", length + Array(json.utf8) + data)
        let checkpoint = try Checkpoint(directory: directory.path)
        #expect(try floats(checkpoint, "h", [2]) == [1.5, -2])
        #expect(try floats(checkpoint, "b", [1]) == [3])
        #expect(try floats(checkpoint, "f", [1]) == [0.1])
    }
}

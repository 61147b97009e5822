import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that somebody writes to while they are read: an error of the one who reads, never the end of the process.
@Suite struct ChangingCheckpointTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let file: SafetensorsFile
    private let entry: SafetensorsHeader.Entry

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("model.safetensors")
        // More than a page, so that a mapping would fault behind a new end.
        let source = SafetensorsWriter.Source(
            name: "a", elementType: .u8, shape: [1 << 20], bytes: [UInt8](repeating: 7, count: 1 << 20))
        try SafetensorsWriter([source]).write(to: path)
        // A change within the tick of a clock in which it was written would leave no trace.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: path)
        file = try SafetensorsFile(path: path)
        entry = try #require(file.entry("a"))
    }

    @Test func oneThatWasCutShort() throws {
        #expect(truncate(path, 4096) == 0)
        #expect(throws: SafetensorsError.changedWhileRead(file: path)) { try file.withBytes(of: entry) { _ in } }
    }

    @Test func oneThatWasWrittenOver() throws {
        #expect(try file.withBytes(of: entry) { $0.allSatisfy { $0 == 7 } })
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seek(toOffset: 1 << 19)
        try handle.write(contentsOf: Data([8]))
        try handle.close()
        #expect(throws: SafetensorsError.changedWhileRead(file: path)) { try file.withBytes(of: entry) { _ in } }
    }

    /// What is replaced by rename, as every program here does, stays whole for who has it open.
    @Test func oneThatWasReplaced() throws {
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path), options: .atomic)
        #expect(try file.withBytes(of: entry) { $0.count } == 1 << 20)
    }

    /// Tensors are compared a piece at a time, as far as they agree, and once.
    @Test func comparedTensorsAreReadOnce() throws {
        _ = try directory.write("config.json", Array("{}".utf8))
        let (count, weights) = (150_000, directory.file("model.safetensors"))
        func bf16(_ changed: Int?) -> [UInt8] { (0..<2 * count).map { $0 == changed ? 1 : UInt8($0 / 2 % 61) } }
        func f32(_ values: [UInt8]) -> [UInt8] { (0..<count).flatMap { [0, 0, values[2 * $0], values[2 * $0 + 1]] } }
        let sources = [("a", bf16(nil)), ("first", bf16(1)), ("last", bf16(2 * count - 1))].map {
            SafetensorsWriter.Source(name: $0.0, elementType: .bf16, shape: [count], bytes: $0.1)
        }
        let wide = SafetensorsWriter.Source(name: "wide", elementType: .f32, shape: [count], bytes: f32(bf16(nil)))
        try SafetensorsWriter(sources + [wide]).write(to: weights)
        let checkpoint = try Checkpoint(directory: directory.path)
        func answers() throws -> [Bool] {
            try ["a", "wide", "first", "last"].map { try checkpoint.holdsSameValues("a", $0) }
        }
        #expect(try answers() == [true, true, false, false])
        #expect(truncate(weights, 0) == 0)
        #expect(try answers() == [true, true, false, false])
        #expect(throws: SafetensorsError.changedWhileRead(file: weights)) {
            try checkpoint.holdsSameValues("first", "last")
        }
    }

    /// What was opened has a state that a replacement has not, though it still reads as it was.
    @Test func aReplacedFileHasAnotherState() throws {
        _ = try directory.write("config.json", Array("{}".utf8))
        let opened = try Checkpoint(directory: directory.path)
        #expect(try Checkpoint(directory: directory.path).openedState == opened.openedState)
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        try contents.write(to: URL(fileURLWithPath: path), options: .atomic)
        #expect(try Checkpoint(directory: directory.path).openedState != opened.openedState)
    }

    /// What is packed is what is fingerprinted, in one read.
    @Test func whatWasReadIsNotReadAgainForTheFingerprint() throws {
        _ = try directory.write("config.json", Array("{}".utf8))
        let weights = directory.file("model.safetensors")
        let source = SafetensorsWriter.Source(
            name: "a", elementType: .f32, shape: [2], bytes: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        try SafetensorsWriter([source]).write(to: weights)
        let checkpoint = try Checkpoint(directory: directory.path)
        let sound = try Checkpoint(directory: directory.path).modelFingerprint(numericFields: [:])
        var values = [Float](repeating: 0, count: 2)
        try values.withUnsafeMutableBufferPointer { try checkpoint.read("a", shape: [2], hashing: true, into: $0) }
        #expect(values == [1, 2])
        #expect(truncate(weights, 0) == 0)
        #expect(try checkpoint.modelFingerprint(numericFields: [:]) == sound)
    }
}

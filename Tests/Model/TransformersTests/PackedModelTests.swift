import Checkpoints
import Dispatch
import Foundation
import Sequences
import System
import Tensors
import TestSupport
import Testing
import Transformers

/// Models from packed files: the bits of those that are packed into memory, from files that are found to be theirs and whole.
@Suite struct PackedModelTests {
    /// What was said of the files.
    private final class Remarks: Sendable {
        let lines = Locked<[String]>([])

        func taken() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    private static let workers = WorkerPool(threads: 2)

    private func load(
        _ directory: String, _ cache: String, _ remarks: Remarks, precision: Precision = .f32,
        path: KernelPath = .best
    ) throws -> FrozenTransformer {
        try FrozenTransformer(
            checkpoint: Checkpoint(model: directory), precision: precision,
            workers: path == .best ? Self.workers : WorkerPool(threads: 1, path: path),
            packed: PackedModelCache(cache) { line in remarks.lines.withLock { $0.append(line) } })
    }

    private func copy(_ golden: Golden, in directory: TemporaryDirectory) throws -> String {
        let path = directory.file("model")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(
                atPath: golden.checkpoint.directory + "/" + name, toPath: path + "/" + name)
        }
        return path
    }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    private func packedFiles(_ cache: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: cache).sorted().map { cache + "/" + $0 }
    }

    @Test(arguments: Golden.names, Precision.allCases)
    func givesTheBitsOfTheModelInMemory(_ name: String, _ precision: Precision) async throws {
        try await onThread {
            let golden = try Golden(name)
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            let inMemory = try FrozenTransformer(
                checkpoint: golden.checkpoint, precision: precision, workers: Self.workers)
            let expected = bits(try inMemory.logProbs(golden.batch))
            for line in ["packing", nil] as [String?] {
                let model = try load(golden.checkpoint.directory, cache, remarks, precision: precision)
                #expect(bits(try model.logProbs(golden.batch)) == expected)
                #expect(model.modelFingerprint == inMemory.modelFingerprint)
                #expect(model.scoresFingerprint == inMemory.scoresFingerprint)
                #expect(model.parameterByteCount == inMemory.parameterByteCount)
                #expect(remarks.taken().map { $0.hasPrefix(line ?? "none") } == (line == nil ? [] : [true]))
                _ = try model.checkRows()
            }
            #expect(try packedFiles(cache).count == 1)
        }
    }

    @Test func precisionsAndKernelsHaveFilesOfTheirOwn() async throws {
        try await onThread {
            let golden = try Golden("llama-tied")
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            for path in KernelPath.supported {
                for precision in Precision.allCases {
                    let model = try load(golden.checkpoint.directory, cache, remarks, precision: precision, path: path)
                    let inMemory = try FrozenTransformer(
                        checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: 1, path: path)
                    )
                    #expect(
                        bits(try model.logProbs(golden.batch)) == bits(try inMemory.logProbs(golden.batch)),
                        "\(path) \(precision)")
                }
            }
            #expect(remarks.taken().allSatisfy { $0.hasPrefix("packing") })
        }
    }

    @Test func aModelThatWasWrittenToIsPackedAnew() async throws {
        try await onThread {
            let (golden, other) = (try Golden("llama-bias"), try Golden("qwen3-tied"))
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            let model = try copy(golden, in: directory)
            _ = try load(model, cache, remarks)
            _ = remarks.taken()
            // The same bytes, written anew; then another model's.
            let path = model + "/model.safetensors"
            let contents = try Data(contentsOf: URL(fileURLWithPath: path))
            try FileManager.default.removeItem(atPath: path)
            try contents.write(to: URL(fileURLWithPath: path))
            _ = try load(model, cache, remarks)
            let said = remarks.taken()
            #expect(said.count == 1 && said[0].contains("the model has been written to since"), "\(said)")
            for name in ["config.json", "model.safetensors"] {
                try FileManager.default.removeItem(atPath: model + "/" + name)
                try FileManager.default.copyItem(
                    atPath: other.checkpoint.directory + "/" + name, toPath: model + "/" + name)
            }
            let changed = try load(model, cache, remarks)
            let expected = try FrozenTransformer(checkpoint: other.checkpoint, workers: Self.workers)
            #expect(changed.modelFingerprint == expected.modelFingerprint)
            #expect(bits(try changed.logProbs(other.batch)) == bits(try expected.logProbs(other.batch)))
        }
    }

    /// Put in the model's place after it was opened and before it is packed: the file is of what was read, and is not taken for the other.
    @Test func aModelThatIsReplacedWhileItIsOpenIsNotKeptUnderTheOthersName() async throws {
        try await onThread {
            let golden = try Golden("llama-bias")
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            let model = try copy(golden, in: directory)
            let opened = try Checkpoint(model: model)
            let path = model + "/model.safetensors"
            var contents = try Data(contentsOf: URL(fileURLWithPath: path))
            contents[contents.count - 1] ^= 1
            try contents.write(to: URL(fileURLWithPath: path), options: .atomic)
            let cached = PackedModelCache(cache) { line in remarks.lines.withLock { $0.append(line) } }
            let first = try FrozenTransformer(checkpoint: opened, workers: Self.workers, packed: cached)
            let expected = try FrozenTransformer(checkpoint: golden.checkpoint, workers: Self.workers)
            #expect(first.modelFingerprint == expected.modelFingerprint)
            let second = try load(model, cache, remarks)
            let changed = try FrozenTransformer(checkpoint: Checkpoint(model: model), workers: Self.workers)
            #expect(second.modelFingerprint == changed.modelFingerprint)
            #expect(second.modelFingerprint != first.modelFingerprint)
        }
    }

    /// Who packs waits for the workers; who compares a file that is there does not, and scoring goes on meanwhile.
    @Test func aPackedFileIsCheckedWithoutTheWorkers() async throws {
        try await onThread {
            let golden = try Golden("llama-tied")
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            _ = try load(golden.checkpoint.directory, cache, remarks)
            let (workers, held) = (WorkerPool(threads: 2), DispatchSemaphore(value: 0))
            let begun = DispatchSemaphore(value: 0)
            let busy = Thread {
                workers.forEach(2) { _ in
                    begun.signal()
                    held.wait()
                }
            }
            busy.start()
            begun.wait()
            defer { for _ in 0..<2 { held.signal() } }
            _ = try FrozenTransformer(
                checkpoint: Checkpoint(model: golden.checkpoint.directory), workers: workers,
                packed: PackedModelCache(cache) { line in remarks.lines.withLock { $0.append(line) } })
        }
    }

    /// Every place of the file matters, and damage anywhere is found before a number is used.
    @Test func damageIsFound() async throws {
        try await onThread {
            let golden = try Golden("llama-tied")
            let directory = try TemporaryDirectory()
            let (cache, remarks) = (directory.file("cache"), Remarks())
            let expected = bits(try load(golden.checkpoint.directory, cache, remarks).logProbs(golden.batch))
            let file = try #require(try packedFiles(cache).first)
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            _ = remarks.taken()
            var damaged: [Data] = [
                Data(), whole.prefix(40), whole.prefix(whole.count / 2), whole.dropLast(), whole + [0],
            ]
            for place in [0, 9, 17, 30, 4096, whole.count / 2, whole.count - 10] {
                var turned = whole
                turned[place] ^= 0x10
                damaged.append(turned)
            }
            for contents in damaged {
                try contents.write(to: URL(fileURLWithPath: file), options: .atomic)
                let model = try load(golden.checkpoint.directory, cache, remarks)
                #expect(bits(try model.logProbs(golden.batch)) == expected)
                let said = remarks.taken()
                #expect(said.count == 1 && said[0].contains("is made anew"), "\(said)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count == whole.count)
            }
            _ = try load(golden.checkpoint.directory, cache, remarks)
            #expect(remarks.taken().isEmpty)
        }
    }

    @Test func withoutAFolderTheModelIsPackedIntoMemory() async throws {
        try await onThread {
            let golden = try Golden("llama-tied")
            let directory = try TemporaryDirectory()
            let remarks = Remarks()
            let cache = try directory.write("file", [1, 2, 3])
            let model = try load(golden.checkpoint.directory, cache, remarks)
            let expected = try FrozenTransformer(checkpoint: golden.checkpoint, workers: Self.workers)
            #expect(bits(try model.logProbs(golden.batch)) == bits(try expected.logProbs(golden.batch)))
            #expect(remarks.taken().contains { $0.contains("is not used") || $0.contains("packed into memory") })
        }
    }

    /// A folder that the disk has no room for leaves nothing behind.
    @Test func aFileThatCannotBeWrittenIsNotKept() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let tests = PackedModelTests()
                let golden = try Golden("llama-tied")
                let directory = try TemporaryDirectory()
                let (cache, remarks) = (directory.file("cache"), Remarks())
                limitFiles(to: 20_000)
                let model = try tests.load(golden.checkpoint.directory, cache, remarks)
                #expect(try model.logProbs(golden.batch).count == golden.batch.tokenCount)
                #expect(remarks.taken().contains { $0.contains("packed into memory") })
                #expect(try tests.packedFiles(cache).isEmpty)
            }
        }
    }
}

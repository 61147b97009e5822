import Foundation
import System
import TestSupport
import Testing

@Suite struct FileTests {
    private struct Interrupted: Error {}

    private func names(_ directory: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
    }

    @Test func replacesAFileAndLeavesNothingBeside() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a")
        try AtomicFile.write(path, contents: [1, 2, 3])
        try AtomicFile.write(path, contents: [4])
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [4])
        #expect(try names(directory) == ["a"])
    }

    @Test func anErrorLeavesTheOldFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a")
        try AtomicFile.write(path, contents: [1, 2, 3])
        #expect(throws: Interrupted.self) {
            try AtomicFile.write(path) { sink in
                try [UInt8](repeating: 9, count: 100).withUnsafeBytes { try sink.write($0) }
                throw Interrupted()
            }
        }
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2, 3])
        #expect(try names(directory) == ["a"])
    }

    @Test func aWholeFileGetsItsName() throws {
        let directory = try TemporaryDirectory()
        let (written, path) = (try directory.write("a.partial", [1, 2]), try directory.write("a", [9]))
        try AtomicFile.place(written, at: path)
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2])
        #expect(try names(directory) == ["a"])
        let error = #expect(throws: SystemError.self) { try AtomicFile.place(written, at: path) }
        #expect(error?.code == ENOENT && error?.path == written)
        #expect(try names(directory) == ["a"])
    }

    /// Temporary files of this target that nobody writes to any more go; a writer's own, another target's and other files stay.
    @Test func leftoversOfKilledWritersAreRemoved() throws {
        let directory = try TemporaryDirectory()
        let (old, fresh) = (".a.1-x.tmp", ".a.2-y.tmp")
        for name in [old, fresh, ".ab.3-z.tmp", ".a.note", "a"] { _ = try directory.write(name, [1]) }
        for name in try names(directory) where name != fresh {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: directory.file(name))
        }
        try AtomicFile.removeLeftovers(of: directory.file("a"), olderThan: 3600)
        #expect(try names(directory).sorted() == [".a.2-y.tmp", ".a.note", ".ab.3-z.tmp", "a"])
    }

    /// Where nobody else writes: at once, of these targets alone, and neither links nor directories.
    @Test func leftoversInADirectoryAreRemoved() throws {
        let directory = try TemporaryDirectory()
        let others = ["a", ".a.tmp", "a.1-x.tmp", ".b.1-x.tmp", ".a.b.1-x.tmp", ".a.2-y.tmp/c"]
        for name in [".a.1-x.tmp", ".a.1-z.tmp"] + others { _ = try directory.write(name, [1]) }
        try FileManager.default.createSymbolicLink(
            atPath: directory.file(".a.3-l.tmp"), withDestinationPath: directory.file("a"))
        AtomicFile.removeLeftovers(in: directory.path) { $0 == "a" }
        let left = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        #expect(Set(left) == Set(others + [".a.2-y.tmp", ".a.3-l.tmp"]))
        AtomicFile.removeLeftovers(in: directory.file("nowhere")) { _ in true }
    }

    @Test func aMissingDirectoryIsNamed() throws {
        let directory = try TemporaryDirectory()
        let error = try #require(throws: SystemError.self) {
            try AtomicFile.write(directory.file("no/a"), contents: [1])
        }
        #expect(
            error.operation == "create" && error.code == ENOENT && error.path?.hasPrefix(directory.file("no/")) == true)
    }

    @Test func aDirectoryThatTakesNoFilesIsNamed() throws {
        let error = try #require(throws: SystemError.self) {
            try AtomicFile.write("/proc/self/remit-test", contents: [1])
        }
        #expect(error.description.hasPrefix("/proc/self/"))
    }

    @Test func aMappingOutlivesTheReplacementOfItsFile() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a", Array("old contents".utf8))
        let mapped = try MappedFile(path: path)
        try AtomicFile.write(path, contents: [])
        #expect(mapped.withBytes { Array($0) } == Array("old contents".utf8))
        #expect(try MappedFile.contents(ofFile: path).isEmpty)
    }

    @Test func onlyRegularFilesAreMapped() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: SystemError.self) { try MappedFile(path: directory.path) }
        let error = try #require(throws: SystemError.self) { try MappedFile(path: directory.file("none")) }
        #expect(error.description == "\(directory.file("none")): cannot open: No such file or directory")
    }

    @Test func directoriesAreMadeWithThoseAboveThem() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("x/y/z")
        for _ in 0..<2 { try Directory.create(path + "/") }
        #expect(FileIdentity(path)?.isDirectory == true)
        try directory.write("file", [])
        #expect(throws: SystemError.self) { try Directory.create(directory.file("file")) }
        #expect(throws: SystemError.self) { try Directory.create(directory.file("file/in")) }
        #expect(try Directory.names(in: directory.path).sorted() == [".", "..", "file", "x"])
    }

    /// Nobody writes to it: whoever waited for that would wait for ever.
    @Test func aPipeIsRefusedAndNotWaitedFor() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let refusal = SystemError("read", path, code: EINVAL, reason: "it is not a regular file")
        await #expect(throws: refusal) { try await onThread { _ = try OpenFile(path: path) } }
        await #expect(throws: refusal) { try await onThread { _ = try MappedFile(path: path) } }
    }

    @Test func aFileIsReadToItsEndAndNoFurther() throws {
        let directory = try TemporaryDirectory()
        let file = try OpenFile(path: try directory.write("a", [1, 2, 3, 4, 5]))
        var bytes: [UInt8] = [0]
        try file.read(1, atMost: 2, into: &bytes)
        try file.read(3, atMost: 100, into: &bytes)
        try file.read(5, atMost: 100, into: &bytes)
        #expect(bytes == [0, 2, 3, 4, 5])
        #expect(try file.bytes(1..<5) == [2, 3, 4, 5])
        let error = try #require(throws: SystemError.self) { try file.bytes(3..<6) }
        #expect(error.description == "\(file.path): cannot read byte 5 of: the file ends before it")
    }

    @Test func aStateTellsAFileFromItselfAfterAChange() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a", [1])
        let file = try OpenFile(path: path)
        let before = try file.state()
        try AtomicFile.write(path, contents: [2])
        #expect(FileIdentity(path) != before.identity, "another file has the name")
        #expect(try file.state().byteCount == 1)
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        let other = try OpenFile(path: path)
        let whole = try other.state()
        #expect(ftruncate(descriptor, 0) == 0)
        #expect(try other.state() != whole)
        #expect(try other.state().identity == whole.identity)
    }

    /// Two hosts that mount one folder give its device other numbers.
    @Test func theNumbersOfAStateHaveNoDevice() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a", [1, 2, 3])
        var status = stat()
        #expect(stat(path, &status) == 0)
        let times = [status.st_mtim, status.st_ctim].map { UInt64($0.tv_sec * 1_000_000_000 + $0.tv_nsec) }
        let state = try #require(FileState(path))
        #expect(state.numbers == [UInt64(status.st_ino), 3] + times)
        #expect(try OpenFile(path: path).state() == state)
        #expect(FileState(directory.file("b")) == nil)
    }

    @Test func whatIsKeptOfAFileIsWhatItBeginsWith() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a", [1, 2, 3])
        do {
            let sink = try FileSink(path, .keeping(bytes: 2))
            try sink.write([9, 9])
            try sink.synchronize()
        }
        #expect(try MappedFile.contents(ofFile: path) == [1, 2, 9, 9])
        do {
            let sink = try FileSink(path, .replacing)
            try sink.write([5, 6, 7])
            try withUnsafeBytes(of: UInt8(8)) { try sink.overwrite($0, at: 1) }
        }
        #expect(try MappedFile.contents(ofFile: path) == [5, 8, 7])
        let error = try #require(throws: SystemError.self) { _ = try FileSink(path, .new) }
        #expect(error.code == EEXIST)
    }

    /// A limit on the size of files stands in for a full disk: a part of the bytes fits, and the system says why only of the rest.
    @Test func aWriteOfWhichAPartFitsSaysWhy() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.file("a") as String] in
            limitFiles(to: 100)
            let sink = try FileSink(path, .new)
            try sink.write([UInt8](repeating: 1, count: 60))
            errno = 0
            let error = try #require(throws: SystemError.self) { try sink.write([UInt8](repeating: 2, count: 60)) }
            precondition(error == SystemError("write", path, code: EFBIG), "\(error)")
        }
        withExtendedLifetime(directory) {}
    }
}

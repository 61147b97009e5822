import Foundation
import System
import TestSupport
import Testing

@Suite struct AtomicFileTests {
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

    @Test func aMissingDirectoryIsNamed() throws {
        let directory = try TemporaryDirectory()
        let error = try #require(throws: FileError.self) {
            try AtomicFile.write(directory.file("no/a"), contents: [1])
        }
        #expect(error.operation == "create" && error.code == ENOENT && error.path.hasPrefix(directory.file("no/")))
    }

    @Test func aDirectoryThatTakesNoFilesIsNamed() throws {
        let error = try #require(throws: FileError.self) {
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
        #expect(throws: FileError.self) { try MappedFile(path: directory.path) }
        let error = try #require(throws: FileError.self) { try MappedFile(path: directory.file("none")) }
        #expect(error.description == "\(directory.file("none")): cannot open: No such file or directory")
    }
}

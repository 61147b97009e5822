import CommandLines
import Foundation
import TestSupport
import Testing

struct PathCheckTests {
    private func reason(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func whatIsReadIsThereAndOfItsKind() throws {
        let directory = try TemporaryDirectory()
        let (file, folder) = (try directory.write("a", Data()), directory.file("."))
        #expect(reason { try PathCheck.input(file: nil, "--x") } == nil)
        #expect(reason { try PathCheck.input(file: file, "--x") } == nil)
        #expect(reason { try PathCheck.input(directory: folder, "--x") } == nil)
        #expect(reason { try PathCheck.input(path: folder, "--x") } == nil)
        #expect(
            reason { try PathCheck.input(file: folder, "--x") }?.contains("is a directory, expected a file") == true)
        #expect(
            reason { try PathCheck.input(directory: file, "--x") }?.contains("is a file, expected a directory") == true)
        #expect(reason { try PathCheck.input(path: file + "b", "--x") } == "--x \(file)b: it is not there")
    }

    @Test func whatIsWrittenCanBeMade() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("a", Data())
        for path in [directory.file("."), directory.file("b"), directory.file("b/c/d"), "relative", "/"] {
            #expect(reason { try PathCheck.output(directory: path, "--x") } == nil, "\(path)")
        }
        for path in [file, file + "/b", file + "/b/c", ""] {
            #expect(reason { try PathCheck.output(directory: path, "--x") } != nil, "\(path)")
        }
        for path in [file, directory.file("b"), directory.file("b/c"), "relative"] {
            #expect(reason { try PathCheck.output(file: path, "--x") } == nil, "\(path)")
        }
        for path in [directory.file("."), file + "/b", "", directory.file("b/")] {
            #expect(reason { try PathCheck.output(file: path, "--x") } != nil, "\(path)")
        }
        // Nothing is made by looking.
        #expect(!FileManager.default.fileExists(atPath: directory.file("b")))
    }
}

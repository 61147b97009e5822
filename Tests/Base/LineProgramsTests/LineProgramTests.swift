import Foundation
import LinePrograms
import System
import TestSupport
import Testing

@Suite struct LineProgramTests {
    /// `cat` and its like for the shell: a program that says what is said here.
    private func program(_ command: String, longestLine: Int = 1 << 20) throws -> LineProgram {
        _ = signal(SIGPIPE, SIG_IGN)
        return try LineProgram(command, longestLine: longestLine)
    }

    @Test func answersLineForLine() async throws {
        try await onThread {
            let program = try program("while read -r line; do echo \"<$line>\"; done")
            for question in ["one", "two", ""] {
                let answer = try program.answer(to: Array((question + "\n").utf8)) {}
                #expect(String(decoding: answer, as: UTF8.self) == "<\(question)>")
            }
            #expect(!program.hasUnread && program.nextLine() == nil)
        }
    }

    /// More than pipes hold, both ways at the same time.
    @Test func neitherSideWaitsForAFullPipe() async throws {
        try await onThread {
            let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            let program = try program("cat", longestLine: 1 << 21)
            for _ in 0..<3 {
                #expect(try Array(program.answer(to: line + [10]) {}) == line)
            }
        }
    }

    @Test func linesComeWholeHoweverTheyArrive() async throws {
        try await onThread {
            let program = try program("printf 'a\\nb'; sleep 0.05; printf 'c\\n\\n'; sleep 0.05; printf 'end'; read x")
            var lines: [String] = []
            while lines.count < 3 {
                while let line = program.nextLine() { lines.append(String(decoding: line, as: UTF8.self)) }
                _ = try program.wait(writing: false)
                _ = try program.read()
            }
            #expect(lines == ["a", "bc", ""])
            while program.unread.count < 3 { if try program.wait(writing: false).toRead { _ = try program.read() } }
            #expect(Array(program.unread) == Array("end".utf8) && program.nextLine() == nil)
            program.dropUnread()
            #expect(!program.hasUnread)
        }
    }

    /// The limit is a line's, wherever blocks end and however much waits.
    @Test func linesThatWaitAreNoLongLine() async throws {
        try await onThread {
            let program = try program("yes $(printf 'x%.0s' $(seq 1000)) | head -n 300; read x", longestLine: 1000)
            while program.unread.count < 300 * 1001 {
                if try program.wait(writing: false).toRead { _ = try program.read() }
            }
            for _ in 0..<300 { #expect(program.nextLine()?.count == 1000) }
            #expect(program.nextLine() == nil && !program.hasUnread)
        }
    }

    @Test(arguments: [
        ("read x; exit 3", LineProgram.Fault.ended(.status(3), isInLine: false)),
        ("read x; printf half; exit 0", .ended(.status(0), isInLine: true)),
        ("read x; kill -TERM $$", .ended(.signal(SIGTERM), isInLine: false)),
        ("read x; exec 1>&-; sleep 100", .closedOutput(isInLine: false)),
        ("read x; yes | tr -d '\\n'", .longLine(limit: 1 << 16)),
        ("/nowhere/program 2>/dev/null", .ended(.status(127), isInLine: false)),
    ])
    func whatEndsAConversationIsTold(_ command: String, _ fault: LineProgram.Fault) async throws {
        try await onThread {
            let program = try program(command, longestLine: 1 << 16)
            #expect(throws: fault) { try program.answer(to: Array("a\n".utf8)) {} }
        }
    }

    @Test func aWaitIsEndedFromOutside() async throws {
        struct Enough: Error {}
        try await onThread {
            let program = try program("sleep 100")
            var waits = 0
            #expect(throws: Enough.self) {
                try program.answer(to: Array("a\n".utf8)) {
                    waits += 1
                    if waits == 3 { throw Enough() }
                }
            }
            #expect(waits == 3)
        }
    }
}

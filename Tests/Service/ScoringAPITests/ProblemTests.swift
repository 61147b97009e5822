import JSONValues
import ScoringAPI
import Testing

@Suite struct ProblemTests {
    @Test(arguments: ProblemKind.allCases) func everyKindHasItsOwnTypeAndReadsBack(_ kind: ProblemKind) throws {
        let problem = Problem(
            kind, detail: "limit 5, got \"7\"", instance: "req-1",
            extensions: ["limit": .integer(5), "actual": .integer(7), "expected": .string("ab")])
        let read = try Problem(json: problem.json())
        #expect(read == problem && read.kind == kind)
        #expect(kind.type == "urn:remit:problem:\(kind.rawValue)")
        #expect((400..<600).contains(kind.status) && !kind.title.isEmpty)
    }

    @Test func extensionsCannotReplaceOwnMembers() throws {
        let problem = Problem(.queueFull, detail: "x", extensions: ["status": .integer(200), "limit": .integer(1)])
        #expect(
            String(decoding: problem.json(), as: UTF8.self)
                == #"{"type":"urn:remit:problem:queue-full","title":"The queue is full","status":429,"#
                + #""detail":"x","limit":1}"#)
    }

    @Test func anothersProblemIsUnderstood() throws {
        let foreign = try Problem(json: Array(#"{"title":"Bad Gateway","status":502}"#.utf8))
        #expect(foreign.status == 502 && foreign.kind == nil && foreign.type == "about:blank")
        #expect(throws: WireError.self) { try Problem(json: Array("<html>".utf8)) }
    }
}

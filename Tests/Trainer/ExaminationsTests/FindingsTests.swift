import Examinations
import Testing

struct FindingsTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "no such file"
    }

    /// The worst first, and those of one grade as they came.
    @Test func findingsStandByGrade() {
        var findings = Findings()
        findings.add(.fine, "student", "1")
        findings.add(.doubtful, "time", "2")
        findings.add(.wrong, "disk", "3")
        findings.add(.fine, "corpus", "4")
        findings.add(.wrong, "memory", "5")
        let expected = """
            WRONG  disk     3
            WRONG  memory   5
            look   time     2
            ok     student  1
            ok     corpus   4

            2 things are wrong
            """
        #expect(findings.text == expected && !findings.isHealthy)
    }

    @Test func theVerdictCountsWhatIsWrong() {
        var findings = Findings()
        findings.add(.doubtful, "time", "long")
        #expect(findings.isHealthy && findings.text.hasSuffix("\n\nnothing is wrong: the run can begin"))
        findings.histogram = ["0.2 ###"]
        #expect(findings.text.hasSuffix("long\n\n0.2 ###\n\nnothing is wrong: the run can begin"))
        findings.add(.wrong, "disk", "full")
        #expect(!findings.isHealthy && findings.text.hasSuffix("\n\n1 thing is wrong"))
    }

    /// What it found before stays.
    @Test func aCheckThatThrowsIsAFinding() {
        var findings = Findings()
        let size: Int? = findings.examining("corpus") { findings in
            findings.add(.fine, "corpus", "3 files")
            throw Failure()
        }
        #expect(size == nil && !findings.isHealthy)
        #expect(findings.text.hasPrefix("WRONG  corpus  no such file\nok     corpus  3 files\n"), "\(findings.text)")
        #expect(findings.examining("student") { _ in 7 } == 7)
    }
}

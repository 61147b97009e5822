import Sequences
import Testing

struct LogProbFaultTests {
    private func fault(_ values: [Float], _ starts: [Int] = [0]) -> LogProbFault? {
        LogProbFault(in: values[...], documentStarts: starts)
    }

    @Test func whatALogProbCanBe() {
        #expect(fault([]) == nil && fault([.nan]) == nil)
        #expect(fault([.nan, -1.5, 0, -0.0, -.leastNonzeroMagnitude, -.greatestFiniteMagnitude]) == nil)
        #expect(fault([.nan, -1, .nan, -2], [0, 2]) == nil)
        // Of a slice positions count from its own start.
        let all: [Float] = [7, .nan, -1, 3]
        #expect(LogProbFault(in: all[1..<3], documentStarts: [0]) == nil)
        #expect(LogProbFault(in: all[1..<4], documentStarts: [0])?.position == 2)
    }

    @Test(arguments: [0.5, .leastNonzeroMagnitude, 1e-7, .infinity, -.infinity, .nan, .signalingNaN] as [Float])
    func whatItCannot(_ bad: Float) {
        let fault = fault([.nan, -1, bad, -2])
        #expect(fault?.position == 2 && fault?.isFirstOfDocument == false)
        #expect(fault?.description.hasPrefix("position 2: expected a finite log-prob of at most 0, got ") == true)
    }

    @Test(arguments: [-1, 0, 3, .infinity] as [Float])
    func aNumberWhereADocumentBegins(_ bad: Float) {
        for (values, starts, position) in [([bad, -1], [0], 0), ([.nan, -1, bad, -2], [0, 2], 2)]
            as [([Float], [Int], Int)]
        {
            let fault = fault(values, starts)
            #expect(fault?.position == position && fault?.isFirstOfDocument == true)
        }
        // And none where none begins.
        #expect(fault([.nan, -1, .nan, -2])?.position == 2)
    }

    @Test func whatIsNotReadMayBeAnything() {
        let values: [Float] = [3, .nan, -1, 0.5]
        #expect(LogProbFault(in: values[...], scored: [false, false, true, false]) == nil)
        #expect(LogProbFault(in: values[...], scored: [false, false, true, true])?.position == 3)
        #expect(LogProbFault(in: values[...], scored: [false, true, true, true])?.got.isNaN == true)
    }
}

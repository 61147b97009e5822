import Sequences
import Testing

struct LogProbFaultTests {
    /// - Parameter lengths: of the documents; nil for one.
    private func fault(_ values: [Float], _ lengths: [Int]? = nil) -> LogProbFault? {
        LogProbFault(in: values[...], documents: lengths.map { Spans(lengths: $0) } ?? Spans(whole: values.count))
    }

    @Test func whatALogProbCanBe() {
        #expect(fault([]) == nil && fault([.nan]) == nil)
        #expect(fault([.nan, -1.5, 0, -0.0, -.leastNonzeroMagnitude, -.greatestFiniteMagnitude]) == nil)
        #expect(fault([.nan, -1, .nan, -2], [2, 2]) == nil)
        // Of a slice positions count from its own start.
        let all: [Float] = [7, .nan, -1, 3]
        #expect(LogProbFault(ofSegment: all[1..<3]) == nil)
        #expect(LogProbFault(ofSegment: all[1..<4])?.position == 2)
    }

    @Test(arguments: [0.5, .leastNonzeroMagnitude, 1e-7, .infinity, -.infinity, .nan, .signalingNaN] as [Float])
    func whatItCannot(_ bad: Float) {
        let fault = fault([.nan, -1, bad, -2])
        #expect(fault?.position == 2 && fault?.isFirstOfDocument == false)
        #expect(fault?.description.hasPrefix("position 2: expected a finite log-prob of at most 0, got ") == true)
    }

    @Test(arguments: [-1, 0, 3, .infinity] as [Float])
    func aNumberWhereADocumentBegins(_ bad: Float) {
        for (values, lengths, position) in [([bad, -1], [2], 0), ([.nan, -1, bad, -2], [2, 2], 2)]
            as [([Float], [Int], Int)]
        {
            let fault = fault(values, lengths)
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

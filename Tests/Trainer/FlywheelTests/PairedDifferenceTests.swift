import Flywheel
import Testing

struct PairedDifferenceTests {
    @Test func differencesArePairedByBase() {
        let difference = PairedDifference([1: 0.5, 2: 0.7, 4: 1], to: [2: 0.5, 1: 0.4, 3: 9])
        #expect(difference.differences.count == 2)
        #expect(abs(difference.differences[0] - 0.1) < 1e-12 && abs(difference.differences[1] - 0.2) < 1e-12)
    }

    private func words(_ values: [Double], higherIsBetter: Bool = true) -> String {
        let own = Dictionary(uniqueKeysWithValues: values.enumerated().map { (UInt64($0.offset), $0.element) })
        return PairedDifference(own, to: own.mapValues { _ in 0 }).words(
            "x", format: { "\($0)" }, higherIsBetter: higherIsBetter)
    }

    @Test func wordsSayWhereNothingIsShown() {
        #expect(words([-1, 1, 2, -1.5]).contains("covers zero: no difference is shown"))
        let six = [1, 1, 2, 1.5, 1.2, 1]
        #expect(words(six).contains(": better, as far as 6 bases tell"))
        #expect(words(six, higherIsBetter: false).contains(": worse, as far as 6 bases tell"))
        #expect(words([1]).contains("Too few bases"))
        #expect(words([]).contains("no base has both"))
    }

    /// One base has no p, nor have so many that the exact test ends: of those it is said why.
    @Test func whereThereIsNoPNothingIsTested() {
        #expect(PairedDifference([1: 2.0], to: [1: 1]).p == nil)
        let many = (0..<49).map { 1 + Double($0 % 5) / 10 }
        #expect(words(many).contains("p not computed above 48 bases: it is not tested"), "\(words(many))")
        #expect(!words(many).contains("no difference is shown"))
        #expect(PairedDifference.procedure(bases: 49).contains("not computed above 48 bases"))
        #expect(words(Array(many.prefix(20))).contains("as far as 20 bases tell"))
    }

    /// Two bases that agree, or five, leave an interval without zero, and show nothing.
    @Test(arguments: [[1.0, 1], [1, 1.05, 1.1, 1, 0.9]])
    func fewBasesShowNothing(_ values: [Double]) {
        #expect(words(values).contains("p is not below 0.05: no difference is shown"), "\(words(values))")
    }

    /// What once stood in the documentation as shown, from its own numbers: it is not.
    @Test func theClaimOfTheCleanCorpusIsNotShown() {
        let said = words([0.34, 1.43, 0.82, -0.18, 0.55, 0.13])
        #expect(said.contains("covers zero") && said.contains("sign-flip p 0.094"), "\(said)")
    }

    /// Wherever an interval is printed, it says how it was made.
    @Test func theProcedureIsNamed() {
        let said = PairedDifference.procedure(bases: 6)
        for word in ["paired t test", "5 degrees of freedom", "sign-flip", "0.0312"] {
            #expect(said.contains(word), "\(said)")
        }
        #expect(words([1, 1, 2, 1.5, 1.2, 1]).contains("95 % interval of paired t"))
    }
}
